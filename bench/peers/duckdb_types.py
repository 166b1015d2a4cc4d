"""Types of a contract as DuckDB names them."""

PLAIN = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}


def duckdb_type(field):
    if field.kind == "decimal":
        return f"DECIMAL({field.precision},{field.scale})"
    return PLAIN[field.kind]


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def csv_of(path, fields):
    """A table function over the file: the dialect and the types are said, so that nothing is sniffed."""
    columns = ", ".join(f"{quoted(field.name)}: {quoted(duckdb_type(field))}" for field in fields)
    return (
        f"read_csv({quoted(path)}, auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', "
        f"columns = {{{columns}}})"
    )
