"""What was asked for, checked: sizes, channels, fitting, and what becomes of broken pictures."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from entable.data.images.decode import FITS, Header
from entable.errors import BadInput

__all__ = ["Broken", "Size", "channels", "common", "fit", "refuse", "size"]

Size = int | tuple[int, int] | None
Broken = Literal["refuse", "skip"]
_TOLD = 5  # broken pictures named in an error


def size(given: Size) -> tuple[int, int] | None:
    "Height and width; BadInput for anything else."
    if given is None:
        return None
    pair = tuple(given) if isinstance(given, (tuple, list)) else (given, given)
    whole = all(isinstance(n, (int, np.integer)) and 1 <= n <= 1 << 14 for n in pair)
    if len(pair) != 2 or not whole or isinstance(given, bool):
        raise BadInput(f"size={given!r} came; a number of pixels or (height, width) was wanted")
    return int(pair[0]), int(pair[1])


def channels(given: Any) -> int:
    "1 or 3; BadInput for anything else."
    if given not in (1, 3):
        raise BadInput(f"channels={given!r} came; 1 (gray) or 3 (colour) was wanted")
    return int(given)


def fit(given: str) -> str:
    "How pictures are fitted; BadInput for an unknown way."
    if given not in FITS:
        raise BadInput(f"fit={given!r} came; one of {', '.join(FITS)} was wanted")
    return given


def common(good: Sequence[Header], names: Sequence[str], seen: Sequence[Any]) -> tuple[int, int]:
    "The one size of all pictures; BadInput where there are several."
    every = {one[:2] for one in good}
    if len(every) == 1:
        return next(iter(every))
    first = next(k for k, one in enumerate(seen) if isinstance(one, Header))
    other = next(
        k for k, one in enumerate(seen) if isinstance(one, Header) and one[:2] != seen[first][:2]
    )
    told = " and ".join(
        f"{names[k]} has {seen[k].height} x {seen[k].width}" for k in (first, other)
    )
    raise BadInput(
        f"the pictures have {len(every):,} different sizes ({told}); say what they shall have: "
        "size=(height, width), or one number for both"
    )


def refuse(bad: dict[int, str], names: Sequence[str], broken: Broken, good: int) -> None:
    "BadInput that names the broken pictures, unless they are to be skipped and some are left."
    if broken not in ("refuse", "skip"):
        raise BadInput(f"broken={broken!r} came; 'refuse' or 'skip' was wanted")
    if not bad or (broken == "skip" and good):
        return
    told = "; ".join(f"{names[k]}: {bad[k]}" for k in sorted(bad)[:_TOLD])
    more = f"; and {len(bad) - _TOLD:,} more" if len(bad) > _TOLD else ""
    what = f"{len(bad):,} of {len(names):,} pictures" if len(names) > 1 else "the picture"
    out = 'mend or remove them, or leave them out by broken="skip"' if good else "none is left"
    raise BadInput(f"{what} cannot be read: {told}{more}. {out[0].upper()}{out[1:]}")
