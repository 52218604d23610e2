"""Event files as TensorBoard reads them: records of protocol buffers, written without either.

A record is its length (8 bytes), a checksum of that, its bytes, and a checksum of those. What is in
it are the few fields of `Event` that scalars need (github.com/tensorflow/tensorboard, event.proto).
"""

import math
import struct
from collections.abc import Mapping

__all__ = ["goes_on", "record", "scalars", "version"]

_POLYNOMIAL = 0x82F63B78  # CRC-32C (Castagnoli), its bits turned round
_DELTA = 0xA282EAD8  # added so that checksums of what holds checksums stay apart
_WALL, _STEP, _VERSION, _SUMMARY, _SESSION = 1, 2, 3, 5, 7  # fields of Event
_LARGEST = 3.4028234663852886e38  # of 32 bits
_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5  # ways to write a field


def version(wall: float) -> bytes:
    "The event that begins every file; wall: seconds since 1970."
    return _double(_WALL, wall) + _bytes(_VERSION, b"brain.Event:2")


def goes_on(wall: float, step: int) -> bytes:
    "The event that hides what earlier files have of this step and later ones."
    return _double(_WALL, wall) + _whole(_STEP, step) + _bytes(_SESSION, _whole(1, 1))


def scalars(wall: float, step: int, values: Mapping[str, float]) -> bytes:
    "The event of some numbers by name."
    each = (_bytes(1, name.encode()) + _float(2, value) for name, value in values.items())
    summary = b"".join(_bytes(1, one) for one in each)
    return _double(_WALL, wall) + _whole(_STEP, step) + _bytes(_SUMMARY, summary)


def record(event: bytes) -> bytes:
    "An event with its length and checksums, ready for a file."
    length = struct.pack("<Q", len(event))
    return length + _checksum(length) + event + _checksum(event)


def _table() -> list[int]:
    found = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
        found.append(byte)
    return found


_CRC = _table()


def _checksum(data: bytes) -> bytes:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", (crc >> 15 | crc << 17) + _DELTA & 0xFFFFFFFF)


def _varint(n: int) -> bytes:
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes([*out, n])


def _whole(field: int, n: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(n)


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | _DOUBLE) + struct.pack("<d", value)


def _float(field: int, value: float) -> bytes:
    if abs(value) > _LARGEST:
        value = math.copysign(math.inf, value)
    return _varint(field << 3 | _FLOAT) + struct.pack("<f", value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | _BYTES) + _varint(len(value)) + value
