"""Ratings: who gave what how many stars, read once and turned into integers and floats."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from entable.data import split
from entable.data.content import LATIN, NotUtf8
from entable.data.frames import to_native
from entable.data.pairs import last_of_each_pair
from entable.data.raw import Raw, encoded, numbers, tidy, times
from entable.data.read import read_raw
from entable.data.side import facts, labels, widened
from entable.data.vocab import Vocab
from entable.data.words import counted
from entable.errors import BadInput

__all__ = ["Ratings"]


@dataclass(frozen=True, eq=False, repr=False)
class Ratings:
    """Ratings of items by users, with their names, titles and facts.

    users, items: the vocabs. u, i: positions int32 (n,), a vocab row less 2. r: float32 (n,).
    time: int64 seconds since 1970 (n,) or None. scale: smallest and largest rating of the whole
    source, or the range given. step: the smallest gap between ratings where these are few.
    user_labels, item_labels: titles as objects (str or None) in vocab order, or None.
    user_facts, item_facts: frames of one row per user or item in vocab order, or None.
    notes: sentences about what was found and done. native: the kind of frame that came in.
    """

    users: Vocab
    items: Vocab
    u: NDArray[np.int32]
    i: NDArray[np.int32]
    r: NDArray[np.float32]
    time: NDArray[np.int64] | None = None
    scale: tuple[float, float] = (1.0, 5.0)
    step: float | None = None
    user_labels: NDArray[np.object_] | None = None
    item_labels: NDArray[np.object_] | None = None
    user_facts: pl.DataFrame | None = None
    item_facts: pl.DataFrame | None = None
    notes: tuple[str, ...] = ()
    native: str = "none"

    @classmethod
    def read(
        cls,
        source: Any,
        user: str | None = None,
        item: str | None = None,
        rating: str | None = None,
        time: str | bool | None = None,
        names: Any = None,
        user_facts: Any = None,
        item_facts: Any = None,
        range: tuple[float, float] | None = None,
        unrated: bool = False,
    ) -> "Ratings":
        """Read ratings from a path or pattern, a frame of any library, or tuples.

        user, item, rating, time name the columns; without them usual names are looked for, and in
        a file without header the positions user, item, rating, time. time=False leaves times out.
        names, user_facts and item_facts are tables of titles and facts: a path, a frame, or
        (table, id_column[, title_column]). range=(lo, hi) refuses ratings outside. unrated: users
        and items that only these tables know are kept, too, to be scored by their facts.
        Raises BadInput, which says what was found, where, and the way out.
        """
        raw = read_raw(source, user, item, rating, time)
        found = cls._build(raw, range)
        if unrated:
            found = found._widened(names, user_facts, item_facts)
        found = found._with_tables(names, user_facts, item_facts)
        latin = [note.removesuffix(LATIN) for note in found.notes if note.endswith(LATIN)]
        if latin:
            warnings.warn(", ".join(latin) + LATIN, NotUtf8, stacklevel=2)
        return found

    @classmethod
    def of(
        cls,
        users: Any,
        items: Any,
        ratings: Any,
        time: Any = None,
        range: tuple[float, float] | None = None,
    ) -> "Ratings":
        """Ratings from columns of equal length: names, names, numbers and, if known, times.

        Raises BadInput as `read` does.
        """
        return cls._build(Raw(users, items, ratings, time), range)

    @classmethod
    def _build(cls, raw: Raw, range: tuple[float, float] | None) -> "Ratings":
        r = numbers(raw, _checked(range))
        users, u = encoded(raw.user, "user", raw)
        items, i = encoded(raw.item, "item", raw)
        time = times(raw)
        _same_length(u, i, r, time)
        scale, step = _scale(r, range)
        rows = last_of_each_pair(u, i, time, len(items))
        if rows is not None:
            raw.notes.append(_repeated(len(r) - len(rows), time is not None))
            u, i, r, time = u[rows], i[rows], r[rows], None if time is None else time[rows]
        notes = tuple(raw.notes)
        return cls(users, items, u, i, r, time, scale, step, notes=notes, native=raw.native)

    def _widened(self, names: Any, user_facts: Any, item_facts: Any) -> "Ratings":
        users = widened(user_facts, self.users)
        return replace(self, users=users, items=widened(item_facts, widened(names, self.items)))

    def _with_tables(self, names: Any, user_facts: Any, item_facts: Any) -> "Ratings":
        titles, about_titles = labels(names, self.items)
        of_users, about_users = facts(user_facts, self.users)
        of_items, about_items = facts(item_facts, self.items)
        notes = dict.fromkeys([*self.notes, *about_titles, *about_users, *about_items])
        return replace(
            self, item_labels=titles, user_facts=of_users, item_facts=of_items, notes=tuple(notes)
        )

    def __len__(self) -> int:
        return len(self.r)

    def take(self, rows: ArrayLike) -> "Ratings":
        "Some of the ratings, by mask or row numbers; vocabs, titles, facts and scale stay whole."
        rows = np.asarray(rows)
        time = None if self.time is None else self.time[rows]
        return replace(self, u=self.u[rows], i=self.i[rows], r=self.r[rows], time=time)

    def _parted(self, held: NDArray[np.bool_]) -> tuple["Ratings", "Ratings"]:
        return self.take(~held), self.take(held)

    def split(self, share: float = 0.2, seed: int = 0) -> tuple["Ratings", "Ratings"]:
        "(train, test): a random share is held out, the same for the same seed."
        return self._parted(split.random_share(len(self), share, seed))

    def split_time(self, share: float = 0.2) -> tuple["Ratings", "Ratings"]:
        """(train, test): the latest share of all ratings is held out.

        Raises BadInput where there are no times.
        """
        return self._parted(split.latest(self.time, share))

    def leave_last(self, n: int = 1) -> tuple["Ratings", "Ratings"]:
        "(train, test): the last n ratings of each user are held out; each keeps one at least."
        return self._parted(split.last_of_each_user(self.u, self.time, n))

    def counts(self, side: str = "item") -> NDArray[np.int64]:
        'How many ratings each "user" or "item" has, in vocab order: int64.'
        if side not in ("user", "item"):
            raise BadInput(f'a side is "user" or "item", {side!r} came')
        rows, vocab = (self.u, self.users) if side == "user" else (self.i, self.items)
        return np.bincount(rows, minlength=len(vocab))

    def frame(self) -> Any:
        "The ratings as a frame user, item, rating(, time) with names, in the kind that came in."
        columns = {"user": self.users.names[self.u], "item": self.items.names[self.i]}
        columns |= {"rating": self.r} | ({} if self.time is None else {"time": self.time})
        return to_native(columns, self.native)

    def fingerprint(self) -> str:
        "A hash of names and ratings: equal data, equal text of 64 hexadecimal digits."
        arrays = [self.u, self.i, self.r]
        types = f"{self.users.dtype} {self.items.dtype}"
        for vocab in (self.users, self.items):
            arrays += vocab.to_arrays("v").values()
        with ThreadPoolExecutor(2) as pool:  # hashing lets other threads run
            parts = pool.map(
                lambda array: sha256(np.ascontiguousarray(array).data).digest(), arrays
            )
        return sha256(types.encode() + b"".join(parts)).hexdigest()

    def summary(self) -> str:
        "What was read, in a few lines: how many, the scale, the times, and the notes."
        return "\n  ".join([self._headline(), *self._details(), *self.notes])

    def __repr__(self) -> str:
        return self.summary()

    def _headline(self) -> str:
        items, users = counted(len(self.items), "item"), counted(len(self.users), "user")
        return f"{counted(len(self), 'rating')} of {items} by {users}"

    def _details(self) -> list[str]:
        lo, hi = map(tidy, self.scale)
        steps = f" in steps of {tidy(self.step)}" if self.step else ""
        mean = f", mean {self.r.mean(dtype=np.float64):.2f}" if len(self) else ""
        lines = [f"from {lo} to {hi}{steps}{mean}"]
        if self.time is not None and len(self):
            lines.append(f"given from {_day(self.time.min())} to {_day(self.time.max())}")
        return lines


def _same_length(*columns: NDArray[Any] | None) -> None:
    lengths = [len(column) for column in columns if column is not None]
    if not any(lengths):
        raise BadInput("there is no rating in what was given; one at least is needed")
    if len(set(lengths)) > 1:
        raise BadInput(
            "users, items, ratings and times must be equally many; "
            f"{', '.join(f'{n:,}' for n in lengths)} came"
        )


def _repeated(count: int, timed: bool) -> str:
    kept = "the latest by time" if timed else "the last row"
    return f"{counted(count, 'rating')} dropped: same user and item again; {kept} was kept"


def _day(moment: int) -> str:
    try:
        return datetime.fromtimestamp(int(moment), UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return f"second {moment:,}"


def _checked(range: tuple[float, float] | None) -> tuple[float, float] | None:
    try:
        if range is None or (len(range) == 2 and range[0] < range[1]):
            return range
    except TypeError:
        pass
    raise BadInput(f"a range is (lowest, highest), {range} came")


def _scale(
    r: NDArray[np.float32], range: tuple[float, float] | None
) -> tuple[tuple[float, float], float | None]:
    distinct = pl.Series(r).unique().sort().to_numpy()
    scale = range or (float(tidy(distinct[0])), float(tidy(distinct[-1])))
    few = 1 < len(distinct) <= 100
    step = float(f"{np.diff(distinct.astype(np.float64)).min():.5g}") if few else None
    return (float(scale[0]), float(scale[1])), step
