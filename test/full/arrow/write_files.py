"""Writes Arrow files and streams with PyArrow and Polars, of every type and in every way that they know, into a folder.

Prints, for each file, what `read_files.py` of the Parquet tests would say of its values.
"""

import datetime
import decimal
import json
import os
import sys
import uuid

import polars
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "parquet"))
from spelling import spell  # noqa: E402

folder = sys.argv[1]
ROWS = 1000


def column(make, kind, every_null=7):
    return pa.array([None if i % every_null == every_null - 1 else make(i) for i in range(ROWS)], kind)


day = datetime.date(1950, 1, 1)
start = datetime.datetime(1950, 1, 1, 1, 2, 3, 4)
utc = datetime.timezone.utc


def sign(i):
    return (-1) ** i


def text(i):
    return "größe 🙂 " * (i % 4) + str(i)


def clock(i):
    return datetime.time(i % 24, i % 60, i % 60)


def money(i):
    return decimal.Decimal(i - 500) / 100


def stamp(i):
    return start + datetime.timedelta(seconds=i)


def whole_second(i):
    return stamp(i).replace(microsecond=0)


table = pa.table(
    {
        "i8": column(lambda i: i % 200 - 100, pa.int8()),
        "u8": column(lambda i: i % 256, pa.uint8()),
        "i16": column(lambda i: sign(i) * i * 30, pa.int16()),
        "u16": column(lambda i: 65535 - i, pa.uint16()),
        "i32": column(lambda i: sign(i) * (2**31 - 1 - i), pa.int32()),
        "u32": column(lambda i: 2**32 - 1 - i, pa.uint32()),
        "i64": column(lambda i: sign(i) * (2**62 + i), pa.int64()),
        "u64": column(lambda i: 2**63 - 1 - i, pa.uint64()),
        "f16": column(lambda i: i / 8, pa.float16()),
        "f32": column(lambda i: i / 8, pa.float32()),
        "f64": column(lambda i: i / 7, pa.float64()),
        "truth": column(lambda i: i % 3 == 0, pa.bool_()),
        "d32": column(money, pa.decimal32(7, 2)),
        "d64": column(money, pa.decimal64(12, 2)),
        "d128": column(lambda i: sign(i) * decimal.Decimal(10**28 + i) / 10**9, pa.decimal128(38, 9)),
        "d256": column(lambda i: sign(i) * decimal.Decimal(10**28 + i) / 10**9, pa.decimal256(38, 9)),
        "day": column(lambda i: day + datetime.timedelta(days=i), pa.date32()),
        "day_ms": column(lambda i: day + datetime.timedelta(days=i), pa.date64()),
        "time_s": column(clock, pa.time32("s")),
        "time_ms": column(lambda i: clock(i).replace(microsecond=i * 1000 % 10**6), pa.time32("ms")),
        "time_us": column(lambda i: clock(i).replace(microsecond=i), pa.time64("us")),
        "time_ns": column(lambda i: clock(i).replace(microsecond=i), pa.time64("ns")),
        "stamp_s": column(whole_second, pa.timestamp("s")),
        "stamp_ms": column(lambda i: stamp(i).replace(microsecond=1000), pa.timestamp("ms")),
        "stamp_us": column(stamp, pa.timestamp("us")),
        "stamp_ns": column(stamp, pa.timestamp("ns")),
        "instant": column(lambda i: stamp(i).replace(tzinfo=utc), pa.timestamp("us", "Europe/Vienna")),
        "text": column(text, pa.string()),
        "large_text": column(text, pa.large_string()),
        "text_view": column(text, pa.string_view()),
        "bytes": column(lambda i: bytes([i % 256, 0, 255]) * (i % 9), pa.binary()),
        "large_bytes": column(lambda i: bytes([i % 256, 0, 255]), pa.large_binary()),
        "bytes_view": column(lambda i: bytes([i % 256, 0, 255]) * (i % 9), pa.binary_view()),
        "fixed": column(lambda i: bytes([i % 256, 0, 255]), pa.binary(3)),
        "list": column(lambda i: [i, None] * (i % 4), pa.list_(pa.int64())),
        "large_list": column(lambda i: [text(i)] * (i % 3), pa.large_list(pa.string_view())),
        "pair": column(lambda i: [i / 4, None], pa.list_(pa.float64(), 2)),
        "group": column(
            lambda i: {"a": i, "b": [] if i % 2 else ["x", None]},
            pa.struct([("a", pa.int64()), ("b", pa.list_(pa.string()))]),
        ),
        "map": column(lambda i: [(f"k{i}", i), ("z", None)][: i % 3], pa.map_(pa.string(), pa.int32())),
        "nothing": pa.nulls(ROWS),
        "word": column(lambda i: ["red", "green", "blue", "größer"][i % 4], pa.string()).dictionary_encode(),
        "word_list": column(
            lambda i: [["red", "green", None][i % 3]] * (i % 3), pa.list_(pa.dictionary(pa.int8(), pa.large_string()))
        ),
        "number_word": column(lambda i: i % 5, pa.int64()).dictionary_encode(),
        "id": pa.ExtensionArray.from_storage(
            pa.uuid(), column(lambda i: uuid.UUID(int=i * 2**100 + i).bytes, pa.binary(16))
        ),
        "json": pa.ExtensionArray.from_storage(
            pa.json_(), column(lambda i: json.dumps({"n": i, "deep": [None, "ž"]}), pa.string())
        ),
    }
)


def spelled(column):
    if column.type == pa.json_():
        return [None if value is None else "json:" + value for value in column.cast(pa.string()).to_pylist()]
    if column.type == pa.uuid():
        return [None if value is None else f"text:{value}" for value in column.to_pylist()]
    if pa.types.is_map(column.type):
        return [
            None if value is None else [{"key": spell(key), "value": spell(item)} for key, item in value]
            for value in column.to_pylist()
        ]
    return [spell(value) for value in column.to_pylist()]


def values(of):
    return {name: spelled(of.column(name)) for name in of.column_names}


def write(name, of, make=pa.ipc.new_file, chunk=None, **options):
    with make(f"{folder}/{name}", of.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(of, chunk)
    said[name] = values(of)


said = {}
write("whole.arrow", table)
write("chunks.arrow", table, chunk=64)
write("chunks.arrows", table, pa.ipc.new_stream, chunk=77)
write("zstd.arrow", table, chunk=300, compression="zstd")
write("lz4.arrow", table, chunk=300, compression="lz4")
write("lz4.arrows", table, pa.ipc.new_stream, compression="lz4")
write("empty.arrow", table.slice(0, 0))
write("empty.arrows", table.slice(0, 0), pa.ipc.new_stream)
write("sliced.arrow", table.slice(13, 500))

# A dictionary that grows: a delta in a file, and a replacement in a stream.
batches = [
    pa.record_batch({"word": pa.array(words).dictionary_encode()})
    for words in (["red", "green", "red"], ["red", "green", "blue", None], ["red", "green", "blue", "pink"])
]
grown = pa.Table.from_batches(batches)
for name, make, deltas in (
    ("deltas.arrow", pa.ipc.new_file, True),
    ("deltas.arrows", pa.ipc.new_stream, True),
    ("replaced.arrows", pa.ipc.new_stream, False),
):
    with make(
        f"{folder}/{name}", grown.schema, options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=deltas)
    ) as writer:
        for batch in batches:
            writer.write_batch(batch)
    said[name] = values(grown)

plain = table.drop_columns(["map", "id", "json", "f16", "d32", "d64", "d256", "word_list", "nothing", "day_ms"])
pyarrow.feather.write_feather(plain, f"{folder}/zstd.feather", compression="zstd", chunksize=400)
said["zstd.feather"] = values(plain)

frame = polars.from_arrow(plain.drop_columns(["bytes_view", "fixed", "pair"]))
seen = {name: [spell(value) for value in frame.get_column(name).to_list()] for name in frame.columns}
frame.write_ipc(f"{folder}/polars.arrow", compression="zstd", record_batch_size=256)
frame.write_ipc(f"{folder}/polars-old.arrow", compression="lz4", compat_level=polars.CompatLevel.oldest())
frame.write_ipc_stream(f"{folder}/polars.arrows")
for name in ("polars.arrow", "polars-old.arrow", "polars.arrows"):
    said[name] = seen

json.dump(said, sys.stdout)
