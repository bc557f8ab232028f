"""Names for what is made: UUIDs that sort by time."""

import os
import uuid
from datetime import datetime


def uuid7(moment: datetime) -> str:
    """Return a UUID of version 7 (RFC 9562): sortable by time."""
    milliseconds = int(moment.timestamp() * 1000)
    tail = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | (tail >> 68) << 64 | 0b10 << 62 | tail & (1 << 62) - 1
    return str(uuid.UUID(int=value))
