"""Writes the same table with every setting of PyArrow, and once with Polars, into a folder.

Prints the names of the files and the values that stand in each of them, as `read_files.py` spells values.
"""

import datetime
import decimal
import json
import sys

import polars
import pyarrow
import pyarrow.parquet

folder = sys.argv[1]
ROWS = 5000


def column(make, every_null=7):
    return [None if i % every_null == every_null - 1 else make(i) for i in range(ROWS)]


day = datetime.date(1950, 1, 1)
start = datetime.datetime(1950, 1, 1, 1, 2, 3, 4)
utc = datetime.timezone.utc

table = pyarrow.table(
    {
        "whole": pyarrow.array(column(lambda i: (-1) ** i * (2**62 + i)), pyarrow.int64()),
        "small": pyarrow.array(column(lambda i: i % 200 - 100), pyarrow.int8()),
        "unsigned": pyarrow.array(column(lambda i: 2**32 - 1 - i), pyarrow.uint32()),
        "real": pyarrow.array(column(lambda i: i / 7), pyarrow.float64()),
        "single": pyarrow.array(column(lambda i: i / 8), pyarrow.float32()),
        "truth": pyarrow.array(column(lambda i: i % 3 == 0), pyarrow.bool_()),
        "money": pyarrow.array(column(lambda i: decimal.Decimal(i - 2500) / 100), pyarrow.decimal128(9, 2)),
        "mass": pyarrow.array(column(lambda i: decimal.Decimal(10**28 + i) / 10**9), pyarrow.decimal128(38, 9)),
        "text": pyarrow.array(column(lambda i: "größe 🙂 " * (i % 4) + str(i)), pyarrow.string()),
        "colour": pyarrow.array(column(lambda i: ["red", "green", "blue"][i % 3]), pyarrow.large_string()),
        "bytes": pyarrow.array(column(lambda i: bytes([i % 256, 0, 255])), pyarrow.binary()),
        "fixed": pyarrow.array(column(lambda i: bytes([i % 256, 0, 255])), pyarrow.binary(3)),
        "day": pyarrow.array(column(lambda i: day + datetime.timedelta(days=i)), pyarrow.date32()),
        "clock": pyarrow.array(column(lambda i: datetime.time(i % 24, i % 60, i % 60, i)), pyarrow.time64("us")),
        "local": pyarrow.array(column(lambda i: start + datetime.timedelta(seconds=i)), pyarrow.timestamp("us")),
        "instant": pyarrow.array(
            column(lambda i: start.replace(tzinfo=utc) + datetime.timedelta(seconds=i)), pyarrow.timestamp("us", "UTC")
        ),
        "list": pyarrow.array(column(lambda i: [i, None] * (i % 4)), pyarrow.list_(pyarrow.int64())),
        "group": pyarrow.array(
            column(lambda i: {"a": i, "b": [] if i % 2 else ["x", None]}),
            pyarrow.struct([("a", pyarrow.int64()), ("b", pyarrow.list_(pyarrow.string()))]),
        ),
    }
)

fixed_width = ["whole", "small", "unsigned", "real", "single", "money", "fixed", "day", "local"]
settings = {
    "usual": {},
    "v1-checksums": {"version": "1.0", "write_page_checksum": True, "compression": "gzip"},
    "v2-pages": {"data_page_version": "2.0", "compression": "zstd"},
    "v2-checksums": {"data_page_version": "2.0", "write_page_checksum": True, "compression": "none"},
    "small-pages": {"data_page_size": 1000, "row_group_size": 1234, "write_batch_size": 100},
    "plain": {"use_dictionary": False, "compression": "lz4"},
    "brotli": {"compression": "brotli"},
    "int96": {"use_deprecated_int96_timestamps": True},
    "indexes": {"write_page_index": True, "data_page_size": 2000},
    "byte-decimals": {"store_decimal_as_integer": True},
    "old-lists": {"use_compliant_nested_type": False},
    "deltas": {
        "use_dictionary": False,
        "column_encoding": {
            **{name: "DELTA_BINARY_PACKED" for name in ["whole", "small", "unsigned", "day", "local"]},
            "text": "DELTA_BYTE_ARRAY",
            "bytes": "DELTA_LENGTH_BYTE_ARRAY",
            "fixed": "DELTA_BYTE_ARRAY",
            "truth": "RLE",
        },
        "data_page_version": "2.0",
    },
    "split": {
        "use_dictionary": False,
        "column_encoding": {name: "BYTE_STREAM_SPLIT" for name in fixed_width},
    },
}
for name, options in settings.items():
    pyarrow.parquet.write_table(table, f"{folder}/pyarrow-{name}.parquet", **options)

frame = polars.from_arrow(table)
frame.write_parquet(f"{folder}/polars-zstd.parquet", compression="zstd", row_group_size=1500)
frame.write_parquet(f"{folder}/polars-lz4.parquet", compression="lz4", data_page_size=2000, statistics="full")

names = [f"pyarrow-{name}.parquet" for name in settings] + ["polars-zstd.parquet", "polars-lz4.parquet"]
json.dump(names, sys.stdout)
