"""What stands in files, whatever their order: digest.py CONTRACT.json csv|parquet PATH

Prints rows, per column how many values there are and the sum of their hashes, and the sum of the hashes of whole rows,
which tells values that went to another row. PATH may be a pattern. Read by DuckDB, with the types of the contract.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "peers"))

import duckdb  # noqa: E402
from contract import load_fields  # noqa: E402
from duckdb_types import csv_of, duckdb_type, quoted  # noqa: E402

contract, format_name, path = sys.argv[1:]
fields = load_fields(contract)
table = csv_of(path, fields) if format_name == "csv" else f"read_parquet({quoted(path)})"
connection = duckdb.connect()
connection.execute("SET TimeZone = 'UTC'")
connection.execute("SET preserve_insertion_order = false")
if format_name == "parquet":
    found = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()]
    wanted = [field.name for field in fields]
    if found != wanted:
        sys.exit(f"the columns are {found}, not {wanted}")

columns = [f'CAST("{field.name}" AS {duckdb_type(field)})' for field in fields]
sums = ", ".join(f"count({column}), sum(hash({column}))" for column in columns)
rows, whole, *parts = connection.execute(
    f"SELECT count(*), sum(hash({', '.join(columns)})), {sums} FROM {table}"
).fetchone()
print(
    json.dumps(
        {
            "rows": rows,
            "whole_rows": str(whole),
            "columns": {
                field.name: {"values": parts[2 * i], "sum": str(parts[2 * i + 1])} for i, field in enumerate(fields)
            },
        }
    )
)
