"""Where pixels come from: an array in memory, or files that are decoded when they are asked for."""

import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable._cores import cores
from entable.data.images.decode import Unreadable, decode, header
from entable.errors import BadInput

__all__ = ["Arrays", "Files", "headers"]

Rows = NDArray[np.int64]
Pixels = NDArray[np.uint8]
_TOGETHER = 256  # pictures decoded between two looks at the cache


class Arrays:
    "Pictures that are an array already: uint8 (n, H, W, C), in memory or mapped."

    def __init__(self, pixels: Pixels) -> None:
        self.array = pixels
        self.size, self.channels = (pixels.shape[1], pixels.shape[2]), pixels.shape[3]

    def pixels(self, rows: Rows) -> Pixels:
        "Some pictures, uint8 (m, H, W, C)."
        return np.ascontiguousarray(self.array[rows])


class Files:
    """Pictures decoded from files, as many of them kept as `cache` bytes hold.

    What was kept stays: where rows come in random order, no other rule is better.
    """

    def __init__(
        self,
        sources: Sequence[Any],
        names: Sequence[str],
        size: tuple[int, int],
        channels: int,
        fit: str,
        cache: int,
    ) -> None:
        self.sources, self.names, self.fit = sources, names, fit
        self.size, self.channels = size, channels
        room = min(len(sources), int(cache) // (size[0] * size[1] * channels))
        self.kept = np.empty((room, *size, channels), np.uint8)
        self.slot = np.full(len(sources), -1, np.int64)
        self.used = 0
        self._lock = threading.Lock()

    def pixels(self, rows: Rows) -> Pixels:
        "Some pictures, uint8 (m, H, W, C); BadInput names one that cannot be decoded."
        out = np.empty((len(rows), *self.size, self.channels), np.uint8)
        for place, why in self.into(out, rows):
            raise BadInput(f"the picture {self.names[rows[place]]} cannot be read: {why}")
        return out

    def check(self, every: Rows) -> list[tuple[int, str]]:
        "Decode some pictures once, keeping what fits: (row, why) of those that cannot be."
        found: list[tuple[int, str]] = []
        for a in range(0, len(every), _TOGETHER):
            rows = every[a : a + _TOGETHER]
            out = np.empty((len(rows), *self.size, self.channels), np.uint8)
            found += [(int(rows[place]), why) for place, why in self.into(out, rows)]
        return found

    def into(self, out: Pixels, rows: Rows) -> list[tuple[int, str]]:
        "Fill in the pictures of some rows; (place, why) of those that cannot be decoded."
        slots = self.slot[rows]
        here = slots >= 0
        if here.all():
            np.take(self.kept, slots, 0, out)
            return []
        out[here] = self.kept[slots[here]]
        places = np.flatnonzero(~here).tolist()

        def one(place: int) -> str | None:
            try:
                source = self.sources[rows[place]]
                out[place] = decode(source, self.size, self.channels, self.fit)
            except Unreadable as error:
                return str(error)
            return None

        told = dict(zip(places, _each(one, places), strict=True))
        self._keep(out, rows, [place for place in places if told[place] is None])
        return [(place, why) for place, why in told.items() if why is not None]

    def _keep(self, out: Pixels, rows: Rows, places: list[int]) -> None:
        with self._lock:
            for place in places[: len(self.kept) - self.used]:
                if self.slot[rows[place]] < 0:
                    self.kept[self.used] = out[place]
                    self.slot[rows[place]] = self.used
                    self.used += 1


def headers(sources: Sequence[Any]) -> list[Any]:
    "The header of each picture, or the reason (str) why it has none."

    def one(source: Any) -> Any:
        try:
            return header(source)
        except Unreadable as error:
            return str(error)

    return _each(one, sources)


def _each(work: Callable[[Any], Any], things: Sequence[Any]) -> list[Any]:
    "What work makes of each thing, in order, by as many threads as there are cores."
    with _quiet():
        if len(things) < 16 or cores() == 1:
            return [work(thing) for thing in things]
        with ThreadPoolExecutor(cores()) as pool:
            return list(pool.map(work, things, chunksize=8))


@contextmanager
def _quiet() -> Iterator[None]:
    "Pillow warns of much that does not matter here; what matters it raises."
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
