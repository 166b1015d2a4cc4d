"""Writes the same records with every codec of fastavro, in small blocks and large, into a folder.

Prints the names of the files and the values that stand in each of them, as `../parquet/read_files.py` spells values.
"""

import datetime
import decimal
import json
import struct
import sys
import uuid

import fastavro

folder = sys.argv[1]
ROWS = 3000
UTC = datetime.timezone.utc
START = datetime.datetime(1950, 1, 1, 1, 2, 3, 4000)


def logical(kind, name, **more):
    return {"type": kind, "logicalType": name, **more}


def text(value):
    return "text:" + value


def whole(value):
    return f"int:{value}"


def double(value):
    return "double:" + struct.pack(">d", value).hex()


def single(value):
    return double(struct.unpack("f", struct.pack("f", value))[0])


def raw(value):
    return "bytes:" + value.hex()


def number(value):
    return "decimal:" + format(value, "f")


def stamp(value):
    zone = "" if value.tzinfo is None else "Z"
    return "stamp:" + value.replace(tzinfo=None).isoformat(timespec="microseconds") + zone


def entries(value):
    return [{"key": text(key), "value": whole(member)} for key, member in value.items()]


# Name, type, the value of a record, its spelling.
COLUMNS = [
    ("whole", "long", lambda i: (-1) ** i * (2**62 + i), whole),
    ("small", "int", lambda i: i - 1500, whole),
    ("real", "double", lambda i: i / 7, double),
    ("single", "float", lambda i: i / 7, single),
    ("truth", "boolean", lambda i: i % 3 == 0, lambda value: "bool:" + str(value).lower()),
    ("text", "string", lambda i: "größe 🙂 \0" * (i % 4) + str(i), text),
    ("bytes", "bytes", lambda i: bytes([i % 256, 0, 255]) * (i % 3), raw),
    ("fixed", {"type": "fixed", "name": "F", "size": 3}, lambda i: bytes([i % 256, 0, 255]), raw),
    ("colour", {"type": "enum", "name": "E", "symbols": ["RED", "BLUE"]}, lambda i: ["RED", "BLUE"][i % 2], text),
    ("money", logical("bytes", "decimal", precision=9, scale=2), lambda i: decimal.Decimal(i - 1500).scaleb(-2), number),
    (
        "mass",
        {"type": "fixed", "name": "M", "size": 16, "logicalType": "decimal", "precision": 38, "scale": 9},
        lambda i: decimal.Decimal(f"-{10**28 + i}E-9"),
        number,
    ),
    (
        "day",
        logical("int", "date"),
        lambda i: datetime.date(1, 1, 1) + datetime.timedelta(days=i * 1000),
        lambda value: "date:" + value.isoformat(),
    ),
    (
        "clock",
        logical("long", "time-micros"),
        lambda i: datetime.time(i % 24, i % 60, i % 60, i),
        lambda value: "time:" + value.isoformat(timespec="microseconds"),
    ),
    (
        "coarse",
        logical("int", "time-millis"),
        lambda i: datetime.time(i % 24, i % 60, i % 60, i % 1000 * 1000),
        lambda value: "time:" + value.isoformat(timespec="microseconds"),
    ),
    (
        "instant",
        logical("long", "timestamp-micros"),
        lambda i: START.replace(tzinfo=UTC) + datetime.timedelta(days=i * 10, microseconds=i),
        stamp,
    ),
    (
        "second",
        logical("long", "timestamp-millis"),
        lambda i: START.replace(tzinfo=UTC) + datetime.timedelta(milliseconds=i),
        stamp,
    ),
    (
        "local",
        logical("long", "local-timestamp-micros"),
        lambda i: START + datetime.timedelta(days=i * 10, microseconds=i),
        stamp,
    ),
    ("id", logical("string", "uuid"), lambda i: uuid.UUID(int=i), lambda value: text(str(value))),
    ("list", {"type": "array", "items": ["null", "long"]}, lambda i: [i, None] * (i % 4), None),
    ("map", {"type": "map", "values": "int"}, lambda i: {f"k{j}": j for j in range(i % 3)}, entries),
    (
        "group",
        {
            "type": "record",
            "name": "G",
            "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": ["null", "E"]}],
        },
        lambda i: {"a": i, "b": None if i % 2 else "BLUE"},
        lambda value: {"a": whole(value["a"]), "b": value["b"] and text(value["b"])},
    ),
]


def is_null(i, position):
    return i % 7 == position % 7


def spelled(position):
    _, _, make, spell = COLUMNS[position]
    spell = spell or (lambda value: [item if item is None else whole(item) for item in value])
    return [None if is_null(i, position) else spell(make(i)) for i in range(ROWS)]


schema = fastavro.parse_schema(
    {
        "type": "record",
        "name": "R",
        "namespace": "n.s",
        "doc": "all types",
        "fields": [{"name": name, "type": ["null", kind], "default": None} for name, kind, _, _ in COLUMNS],
    }
)
records = [
    {name: None if is_null(i, position) else make(i) for position, (name, _, make, _) in enumerate(COLUMNS)}
    for i in range(ROWS)
]
names = []
for codec in ["null", "deflate", "snappy", "zstandard"]:
    for interval in [500, 16_000, 10_000_000]:
        names.append(f"{codec}-{interval}.avro")
        with open(f"{folder}/{names[-1]}", "wb") as out:
            fastavro.writer(out, schema, records, codec=codec, sync_interval=interval)
values = {name: spelled(position) for position, (name, _, _, _) in enumerate(COLUMNS)}
json.dump({"names": names, "values": values}, sys.stdout)
