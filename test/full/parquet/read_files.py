"""Reads Parquet files with PyArrow or Polars and prints what they saw, one JSON document for all files.

Usage: read_files.py READER,READER... FILE...

Every value is spelled so that nothing is lost on the way: a letter for its type, then its digits.
"""

import datetime
import decimal
import json
import struct
import sys

import polars
import pyarrow.parquet


def spell(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return "bool:" + str(value).lower()
    if isinstance(value, int):
        return f"int:{value}"
    if isinstance(value, float):
        return "double:" + struct.pack(">d", value).hex()
    if isinstance(value, decimal.Decimal):
        return "decimal:" + format(value, "f")
    if isinstance(value, str):
        return "text:" + value
    if isinstance(value, bytes):
        return "bytes:" + value.hex()
    if isinstance(value, datetime.datetime):
        zone = "" if value.tzinfo is None else "Z"
        if zone:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return "stamp:" + value.isoformat(timespec="microseconds") + zone
    if isinstance(value, datetime.date):
        return "date:" + value.isoformat()
    if isinstance(value, datetime.time):
        return "time:" + value.isoformat(timespec="microseconds")
    if isinstance(value, list):
        return [spell(item) for item in value]
    if isinstance(value, dict):
        return {name: spell(member) for name, member in value.items()}
    raise TypeError(f"no spelling for {type(value)}")


def by_pyarrow(path):
    table = pyarrow.parquet.read_table(path)
    return {name: [spell(value) for value in table.column(name).to_pylist()] for name in table.column_names}


def by_polars(path):
    frame = polars.read_parquet(path)
    return {name: [spell(value) for value in frame.get_column(name).to_list()] for name in frame.columns}


def nullable_by_pyarrow(path):
    schema = pyarrow.parquet.read_schema(path)
    return {field.name: field.nullable for field in schema}


READERS = {"pyarrow": by_pyarrow, "polars": by_polars, "nullable": nullable_by_pyarrow}

wanted = sys.argv[1].split(",")
json.dump({path: {name: READERS[name](path) for name in wanted} for path in sys.argv[2:]}, sys.stdout)
