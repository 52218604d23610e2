"Event files are, byte for byte, what TensorBoard's own code writes."

import math
import struct

import pytest

from entable.train import events

WALL = 1763737000.25


# written once by tensorboardX 2.6.5: its Event, its RecordWriter
@pytest.mark.parametrize(
    ("event", "written"),
    [
        (
            events.version(WALL),
            "1800000000000000a37f4b22090000106a1f48da411a0d627261696e2e4576656e743a32d989184e",
        ),
        (
            events.goes_on(WALL, 300),
            "100000000000000095fbfe18090000106a1f48da4110ac023a0208010d14af1d",
        ),
    ],
)
def test_records_are_those_of_the_format(event, written):
    assert events.record(event).hex() == written


def test_scalars_have_names_and_values_of_32_bits():
    event = events.scalars(WALL, 70_000, {"step/loss": 0.5, "x" * 200: 0.1})
    assert event.startswith(struct.pack("<Bd", 9, WALL) + b"\x10\xf0\xa2\x04\x2a")
    assert b"\x0a\x10\x0a\x09step/loss\x15" + struct.pack("<f", 0.5) in event
    assert b"\x0a\xd0\x01\x0a\xc8\x01" + b"x" * 200 + b"\x15" + struct.pack("<f", 0.1) in event


@pytest.mark.parametrize(
    ("value", "kept"),
    [(1e300, math.inf), (-1e39, -math.inf), (math.inf, math.inf), (1e-300, 0.0), (3.4e38, 3.4e38)],
)
def test_what_32_bits_cannot_hold_is_infinite_or_zero(value, kept):
    event = events.scalars(WALL, 1, {"a": value})
    assert struct.unpack("<f", event[-4:])[0] == pytest.approx(kept)
