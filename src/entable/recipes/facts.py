"""Facts and titles of users or items as the numbers that a tower takes."""

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from entable.data.vocab import Vocab
from entable.embeddings import Embeddings
from entable.errors import BadInput, FewFacts
from entable.models.towers import Bag, Facts

__all__ = ["bag_of_lists", "encoded", "facts", "grams", "history"]

_LEVELS = 100  # more different texts than this are free text
_COMMON = 3  # rows that an n-gram of titles needs
_YEAR = re.compile(r"\((\d{4})\)\s*$")


def facts(
    frame: pl.DataFrame | None,
    labels: NDArray[np.object_] | None = None,
    rated: Bag | None = None,
    vectors: Sequence[NDArray[np.float32]] = (),
    titles: bool = True,
) -> Facts:
    """What a frame (n rows) and titles (n,) tell, as numbers, categories and bags.

    Flags and lists with "|" between (genres) become many-hot bags; numbers, dates and the year at
    the end of a title are centred and scaled, 0 where unknown; texts of few levels are categories,
    level 0 where unknown; titles are bags of their character trigrams. Other texts are left out.
    vectors: of texts or pictures, (n, f) each, as `encoded` gives them. titles: whether they are
    read for more than their year.
    """
    numbers: list[NDArray[np.float64]] = []
    categories: list[NDArray[np.int64]] = []
    levels, flags, bags = [], [], []
    for series in frame.get_columns() if frame is not None else ():
        dtype = series.dtype
        if dtype == pl.Boolean:
            flags.append(series.fill_null(False).to_numpy())
        elif dtype.is_numeric():
            numbers.append(series.cast(pl.Float64).fill_null(np.nan).to_numpy())
        elif dtype.is_temporal():
            numbers.append(series.to_physical().cast(pl.Float64).fill_null(np.nan).to_numpy())
        elif _is_list(series):
            bags.append(bag_of_lists(_split(series)))
        elif 1 < series.n_unique() <= _LEVELS:
            column, size = _coded(series)
            categories.append(column)
            levels.append(size)
    if flags:
        bags.append(bag_of_lists(map(np.flatnonzero, np.stack(flags, 1)), len(flags)))
    if labels is not None:
        bags += [grams(labels)] if titles else []
        numbers.append(_years(labels))
    scaled = [found[:, None] for found in map(_scaled, numbers) if found is not None] + [*vectors]
    return Facts(
        torch.from_numpy(np.concatenate(scaled, 1)) if scaled else None,
        torch.from_numpy(np.stack(categories, 1)) if categories else None,
        tuple(levels),
        tuple(bag for bag in bags if len(bag.ids)),
        rated,
    )


def encoded(
    given: Embeddings, names: Vocab, labels: NDArray[np.object_] | None = None
) -> NDArray[np.float32]:
    """Vectors of an encoder (titles, posters) for rows (n, f), matched by name or else by title.

    Their mean is taken out, their mean length is 1, and rows that they do not know are 0. Raises
    BadInput where none is known; warns (FewFacts) where fewer than half are.
    """
    at = given.positions(names.names, strict=False)
    if labels is not None and (at < 0).all():
        texts = ["" if text is None else text for text in labels]
        at = given.positions(texts, strict=False)
    known = at >= 0
    if not known.any():
        raise BadInput(
            f"none of {len(names):,} {names.kinds} is among the {len(given):,} given embeddings; "
            "names are strict in type: 1 is not '1'. Name them by encode(..., names=)"
        )
    if known.mean() < 0.5:
        told = f"vectors of {int(known.sum()):,} of {len(names):,} {names.kinds} were found"
        warnings.warn(told, FewFacts, stacklevel=2)
    out = np.zeros((len(names), given.k), np.float32)
    found = given.vectors[at[known]]
    found = found - found.mean(0)
    length = float(np.sqrt((found.astype(np.float64) ** 2).sum(1).mean()))
    out[known] = found / max(length, 1e-12)
    return out


def history(rows: NDArray[Any], partners: NDArray[Any], size: int) -> Bag:
    "For ratings (m,) of rows and partners, one of `size`: who was met, by 1 / sqrt(how many)."
    counts = np.bincount(rows)
    weights = (1 / np.sqrt(counts[rows])).astype(np.float32)
    return Bag(_long(rows), _long(partners), torch.from_numpy(weights), size)


def bag_of_lists(lists: Iterable[Sequence[int] | NDArray[Any]], size: int | None = None) -> Bag:
    "Lists of whole numbers as a bag; each of a list's things weighs 1 / sqrt(its length)."
    found = [np.asarray(each, np.int64) for each in lists]
    ids = np.concatenate([*found, np.zeros(0, np.int64)])
    rows = np.repeat(np.arange(len(found)), [len(each) for each in found])
    return history(rows, ids, int(ids.max(initial=-1)) + 1 if size is None else size)


def grams(labels: Iterable[str | None], n: int = 3) -> Bag:
    "The character n-grams of texts, those that three texts have at least."
    found = [_grams(text, n) for text in labels]
    seen = Counter(gram for each in found for gram in each)
    at = {gram: k for k, gram in enumerate(sorted(g for g, c in seen.items() if c >= _COMMON))}
    return bag_of_lists([[at[g] for g in sorted(each) if g in at] for each in found], len(at))


def _grams(text: str | None, n: int) -> set[str]:
    words = re.findall(r"\w+", _YEAR.sub("", text or "").lower())
    padded = [f"<{word}>" for word in words]
    return {word[k : k + n] for word in padded for k in range(max(len(word) - n + 1, 1))}


def _years(labels: Iterable[str | None]) -> NDArray[np.float64]:
    found = [_YEAR.search(text or "") for text in labels]
    return np.array([float(year[1]) if year else np.nan for year in found])


def _scaled(values: NDArray[np.float64]) -> NDArray[np.float32] | None:
    "Mean 0 and deviation 1, 0 where unknown; None where all are the same."
    known = values[np.isfinite(values)]
    if not len(known) or known.std() == 0:
        return None
    out = (values - known.mean()) / known.std()
    return np.where(np.isfinite(out), out, 0).astype(np.float32)


def _is_list(series: pl.Series) -> bool:
    return series.dtype == pl.String and bool(series.str.contains("|", literal=True).any())


def _split(series: pl.Series) -> list[list[int]]:
    parts = [sorted(set(text.split("|"))) if text else [] for text in series.to_list()]
    at = {name: k for k, name in enumerate(sorted({name for each in parts for name in each}))}
    return [[at[name] for name in each] for each in parts]


def _coded(series: pl.Series) -> tuple[NDArray[np.int64], int]:
    "Levels as whole numbers from 1 on, in the order of the alphabet; 0 where there is none."
    texts = series.cast(pl.String)
    names = texts.drop_nulls().unique().sort()
    at = {name: k + 1 for k, name in enumerate(names.to_list())}
    return np.array([at.get(text, 0) for text in texts.to_list()], np.int64), len(names) + 1


def _long(values: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.asarray(values, np.int64))
