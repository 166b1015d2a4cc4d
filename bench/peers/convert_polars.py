"""CSV to Parquet by Polars: convert_polars.py IN.csv CONTRACT.json OUT.parquet THREADS

The streaming engine, with row groups of its own choice: rows in any order and row groups of 122,880 or 500,000 rows took
as much CPU time and no less memory, whole tables more of both.
"""

import os
import sys

source, contract, target, threads = sys.argv[1:]
# Read when the library is loaded.
os.environ["POLARS_MAX_THREADS"] = threads

import polars  # noqa: E402
from contract import load_fields  # noqa: E402

PLAIN = {
    "string": polars.String,
    "integer": polars.Int64,
    "double": polars.Float64,
    "boolean": polars.Boolean,
    "date": polars.Date,
    "timestamp": polars.Datetime("us"),
}


def polars_type(field):
    return polars.Decimal(field.precision, field.scale) if field.kind == "decimal" else PLAIN[field.kind]


schema = {field.name: polars_type(field) for field in load_fields(contract)}
polars.scan_csv(source, schema=schema).sink_parquet(target, compression="zstd", compression_level=1)
