"""CSV to Parquet by PyArrow: convert_pyarrow.py IN.csv CONTRACT.json OUT-FOLDER THREADS

A dataset is read and written at the same time. Settings that were fastest, of those tried: blocks of 1 MiB, row groups of
131,072 rows (2^20: twice the memory), dictionaries for the columns where they pay and no others (a quarter less CPU
time). One batch after another (`open_csv`) takes less memory and more time; a whole table takes more of both.
"""

import sys

import pyarrow
import pyarrow.csv
import pyarrow.dataset
from arrow_types import arrow_type
from contract import load_few_values, load_fields

source, contract, target, threads = sys.argv[1:]
pyarrow.set_cpu_count(int(threads))
pyarrow.set_io_thread_count(int(threads))
BLOCK_BYTES = 1 << 20
GROUP_ROWS = 1 << 17

csv = pyarrow.dataset.CsvFileFormat(
    parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
    read_options=pyarrow.csv.ReadOptions(block_size=BLOCK_BYTES),
    convert_options=pyarrow.csv.ConvertOptions(
        column_types={field.name: arrow_type(field) for field in load_fields(contract)},
        null_values=[""],
        strings_can_be_null=True,
    ),
)
parquet = pyarrow.dataset.ParquetFileFormat()
pyarrow.dataset.write_dataset(
    pyarrow.dataset.dataset(source, format=csv),
    target,
    format=parquet,
    file_options=parquet.make_write_options(
        compression="zstd", compression_level=1, use_dictionary=load_few_values(contract)
    ),
    min_rows_per_group=GROUP_ROWS,
    max_rows_per_group=GROUP_ROWS,
)
