"""Spells values so that nothing is lost on the way: a word for the type, then its digits."""

import datetime
import decimal
import struct


def spell(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return "bool:" + str(value).lower()
    if isinstance(value, int):
        return f"int:{value}"
    if isinstance(value, float):
        return "double:" + struct.pack(">d", value).hex()
    if isinstance(value, decimal.Decimal):
        return "decimal:" + format(value, "f")
    if isinstance(value, str):
        return "text:" + value
    if isinstance(value, bytes):
        return "bytes:" + value.hex()
    if isinstance(value, datetime.datetime):
        zone = "" if value.tzinfo is None else "Z"
        if zone:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return "stamp:" + value.isoformat(timespec="microseconds") + zone
    if isinstance(value, datetime.date):
        return "date:" + value.isoformat()
    if isinstance(value, datetime.time):
        return "time:" + value.isoformat(timespec="microseconds")
    if isinstance(value, list):
        return [spell(item) for item in value]
    if isinstance(value, dict):
        return {name: spell(member) for name, member in value.items()}
    raise TypeError(f"no spelling for {type(value)}")
