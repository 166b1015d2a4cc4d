"""Types of a contract as PyArrow names them."""

import pyarrow

PLAIN = {
    "string": pyarrow.string(),
    "integer": pyarrow.int64(),
    "double": pyarrow.float64(),
    "boolean": pyarrow.bool_(),
    "date": pyarrow.date32(),
    "timestamp": pyarrow.timestamp("us"),
}


def arrow_type(field):
    if field.kind == "decimal":
        return pyarrow.decimal128(field.precision, field.scale)
    return PLAIN[field.kind]
