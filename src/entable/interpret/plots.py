"""The palette and style of `entable._plots`, which pictures of data share."""

from entable._plots import (
    ACCENT,
    COLD_WARM,
    GROUPS,
    INK,
    MUTED,
    PALE,
    PAPER,
    WARM,
    canvas,
    cold_warm,
    rated,
    short,
)  # fmt: skip

__all__ = [
    "ACCENT", "COLD_WARM", "GROUPS", "INK", "MUTED", "PALE", "PAPER", "WARM", "canvas",
    "cold_warm", "rated", "short",
]  # fmt: skip
