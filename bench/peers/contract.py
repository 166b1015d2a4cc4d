"""The fields of a contract, for peers that are told the types beforehand."""

import json
import re
from typing import NamedTuple


class Field(NamedTuple):
    name: str
    kind: str
    precision: int = 0
    scale: int = 0


def load_fields(path):
    return [parse_field(field["name"], field["type"]) for field in load(path)["fields"]]


def load_few_values(path):
    """Names of the columns for which a dictionary pays."""
    return load(path)["few_values"]


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def parse_field(name, text):
    decimal = re.fullmatch(r"decimal\((\d+),(\d+)\)", text)
    return Field(name, "decimal", int(decimal[1]), int(decimal[2])) if decimal else Field(name, text)
