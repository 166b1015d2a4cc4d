"""CSV to Parquet by way of a list of row objects: baseline.py IN.csv CONTRACT.json OUT.parquet

What a reader and a writer in Python come to that hand over records as dictionaries, as most ingestion frameworks have
them. Text becomes typed in PyArrow, a column at a time, which is faster and smaller than values of Python in every row.
"""

import csv
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "peers"))

import pyarrow  # noqa: E402
import pyarrow.parquet  # noqa: E402
from arrow_types import arrow_type  # noqa: E402
from contract import load_fields  # noqa: E402

source, contract, target = sys.argv[1:4]
fields = load_fields(contract)
with open(source, newline="", encoding="utf-8") as file:
    rows = [{name: text or None for name, text in record.items()} for record in csv.DictReader(file)]
texts = pyarrow.Table.from_pylist(rows, pyarrow.schema([(field.name, pyarrow.string()) for field in fields]))
table = texts.cast(pyarrow.schema([(field.name, arrow_type(field)) for field in fields]))
pyarrow.parquet.write_table(table, target, compression="zstd", compression_level=1)
