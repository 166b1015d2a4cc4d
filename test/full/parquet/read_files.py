"""Reads Parquet files with PyArrow or Polars, or Avro files with fastavro, and prints what they saw, one JSON document for all files.

Usage: read_files.py READER,READER... FILE...

Every value is spelled as `spelling.py` does.
"""

import json
import sys

import fastavro
import polars
import pyarrow.parquet
from spelling import spell


def by_pyarrow(path):
    table = pyarrow.parquet.read_table(path)
    return {name: [spell(value) for value in table.column(name).to_pylist()] for name in table.column_names}


def by_polars(path):
    frame = polars.read_parquet(path)
    return {name: [spell(value) for value in frame.get_column(name).to_list()] for name in frame.columns}


def by_fastavro(path):
    with open(path, "rb") as file:
        reader = fastavro.reader(file)
        records = list(reader)
        names = [field["name"] for field in reader.writer_schema["fields"]]
    return {name: [spell(record[name]) for record in records] for name in names}


def nullable_by_pyarrow(path):
    schema = pyarrow.parquet.read_schema(path)
    return {field.name: field.nullable for field in schema}


READERS = {
    "pyarrow": by_pyarrow,
    "polars": by_polars,
    "fastavro": by_fastavro,
    "nullable": nullable_by_pyarrow,
}

wanted = sys.argv[1].split(",")
json.dump({path: {name: READERS[name](path) for name in wanted} for path in sys.argv[2:]}, sys.stdout)
