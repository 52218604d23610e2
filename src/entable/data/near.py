"""The names most like one that was typed: for the error that proposes them."""

from difflib import SequenceMatcher

import polars as pl

__all__ = ["nearest"]

_POOL = 60  # candidates compared letter by letter; the rest is ruled out by pairs of letters


def nearest(texts: pl.Series, wanted: str, n: int = 3) -> list[int]:
    """Positions of the n texts most like `wanted`, best first; fewer where little is alike.

    Case is ignored; a text that contains what was typed counts as near.
    """
    wanted = wanted.lower().strip()
    if not wanted or len(texts) == 0:
        return []
    lower = texts.str.to_lowercase()
    inside = lower.str.contains(wanted, literal=True)
    pool = _pool(lower, wanted, inside)
    scored = [(_likeness(lower[p], wanted), p) for p in pool]
    good = sorted((-score, p) for score, p in scored if score >= 0.5)
    return [p for _, p in good[:n]]


def _pool(lower: pl.Series, wanted: str, inside: pl.Series) -> list[int]:
    pairs = list(dict.fromkeys(wanted[k : k + 2] for k in range(max(1, len(wanted) - 1))))[:40]
    shared = sum(
        (lower.str.contains(pair, literal=True).cast(pl.Int32) for pair in pairs),
        inside.cast(pl.Int32) * len(pairs),
    )
    length = (lower.str.len_chars().cast(pl.Int32) - len(wanted)).abs()
    table = pl.DataFrame({"shared": shared, "length": length}).with_row_index("p")
    table = table.filter(pl.col("shared") > 0)
    return table.sort(["shared", "length", "p"], descending=[True, False, False])["p"][
        :_POOL
    ].to_list()


def _likeness(text: str, wanted: str) -> float:
    if text == wanted:
        return 2.0
    inside = (wanted in text) * (0.5 + 0.5 * len(wanted) / len(text))
    return max(inside, SequenceMatcher(None, wanted, text, autojunk=False).ratio())
