"""Reads Arrow files and streams with PyArrow and Polars and prints what they saw, one JSON document for all files.

Usage: read_files.py FILE...
"""

import json
import os
import sys

import polars
import pyarrow as pa

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "parquet"))
from spelling import spell  # noqa: E402


def spelled(column):
    if column.type == pa.json_():
        return [None if value is None else json.loads(value) for value in column.cast(pa.string()).to_pylist()]
    return [spell(value) for value in column.to_pylist()]


def by_pyarrow(path):
    with (pa.ipc.open_stream if path.endswith(".arrows") else pa.ipc.open_file)(path) as reader:
        table = reader.read_all()
    table.validate(full=True)
    return {name: spelled(table.column(name)) for name in table.column_names}


def by_polars(path):
    frame = (polars.read_ipc_stream if path.endswith(".arrows") else polars.read_ipc)(path)
    return {name: [spell(value) for value in frame.get_column(name).to_list()] for name in frame.columns}


json.dump({path: {"pyarrow": by_pyarrow(path), "polars": by_polars(path)} for path in sys.argv[1:]}, sys.stdout)
