"""Real distances as people give them: a table of them, coordinates, or facts that are such."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable.errors import BadInput
from entable.interpret.facts import numeric
from entable.interpret.rows import Rows

__all__ = ["Real", "real_distances"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_RADIUS = 6371.0088  # of the earth, in km (mean)


@dataclass(frozen=True, eq=False)
class Real:
    """Where m rows are (positions `at`): distances (m, m), or coordinates (m, d).

    globe: coordinates are latitude and longitude in degrees.
    """

    at: Ints
    distances: Floats | None
    coordinates: Floats | None
    globe: bool = False
    notes: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        "What the distances are measured in, for an axis."
        return " in km" if self.globe else ""

    @property
    def places(self) -> Floats | None:
        "Coordinates as a flat picture: longitude, shortened by the mean latitude, and latitude."
        if not self.globe or self.coordinates is None:
            return self.coordinates
        latitude, longitude = self.coordinates.T
        return np.column_stack([longitude * np.cos(np.radians(latitude.mean())), latitude])

    def between(self, a: Ints, b: Ints) -> Floats:
        "Distances (p,) of pairs of these m rows; NaN where unknown."
        if self.distances is not None:
            return self.distances[a, b]
        assert self.coordinates is not None
        A, B = self.coordinates[a], self.coordinates[b]
        return _great_circle(A, B) if self.globe else np.sqrt(((A - B) ** 2).sum(1))


def _great_circle(A: Floats, B: Floats) -> Floats:
    "Haversine: km between places (p, 2) of latitude and longitude in degrees."
    (lat, lon), (lat2, lon2) = np.radians(A).T, np.radians(B).T
    half = np.sin((lat2 - lat) / 2) ** 2
    half += np.cos(lat) * np.cos(lat2) * np.sin((lon2 - lon) / 2) ** 2
    return np.asarray(2 * _RADIUS * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def real_distances(rows: Rows, real: Any, globe: bool = False) -> Real:
    """Distances or coordinates of the rows; those whose place is unknown are left out and counted.

    Raises BadInput for text, wrong shapes, distances that are no such, and fewer than 3 rows.
    """
    names = [real] if isinstance(real, str) else real
    named = isinstance(names, (list, tuple)) and all(isinstance(x, str) for x in names)
    table = _of_facts(rows, names) if named and len(names) else _numbers(real, rows)
    at = np.arange(len(rows))
    if not globe and table.shape == (len(rows),) * 2 and _is_distance(table):
        return _enough(rows, Real(at, table, None))
    if globe and table.shape[1] != 2:
        raise BadInput(f"globe=True needs latitude and longitude; {table.shape[1]} columns came")
    if globe and (np.abs(table) > (90, 360)).any():
        raise BadInput("globe=True needs latitude (-90 to 90) and then longitude, in degrees")
    known = np.isfinite(table).all(1)
    gone = int((~known).sum())
    notes = (f"The place of {gone:,} of {len(rows):,} rows is not known.",) if gone else ()
    return _enough(rows, Real(at[known], None, table[known], globe, notes))


def _enough(rows: Rows, made: Real) -> Real:
    if len(made.at) < 3:
        kinds = rows.titled.kinds
        raise BadInput(f"the place of {len(made.at)} {kinds} is known; 3 at least were wanted")
    return made


def _of_facts(rows: Rows, names: Any) -> Floats:
    return np.column_stack([numeric(rows, name) for name in names])


def _numbers(real: Any, rows: Rows) -> Floats:
    "(n, d) float64 of whatever table came."
    try:
        table = np.asarray(real)
        if table.dtype.kind in "OUSmM":
            table = np.array([[_number(x) for x in np.atleast_1d(row)] for row in table])
        table = np.asarray(table, np.float64)
    except (TypeError, ValueError) as error:
        said = str(error) if isinstance(error, BadInput) else "a table of numbers was wanted"
        raise BadInput(f"real distances: {said}") from None
    table = table[:, None] if table.ndim == 1 else table
    n = len(rows)
    if table.ndim != 2 or len(table) != n or not table.shape[1]:
        raise BadInput(
            f"real distances: shape {np.shape(real)} came; {n:,} x {n:,} distances, or the "
            f"coordinates of {n:,} rows, were wanted"
        )
    return np.where(np.isfinite(table), table, np.nan)


def _number(value: Any) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, (str, bytes)):
        raise BadInput(f"the text {str(value)!r} came where numbers are needed")
    return float(value)


def _is_distance(table: Floats) -> bool:
    "Is it symmetric, with zeros from each row to itself, and nowhere below 0?"
    known = np.isfinite(table)
    return bool(
        (known == known.T).all()
        and np.allclose(table[known], table.T[known])
        and (np.diag(table)[np.diag(known)] == 0).all()
        and (table[known] >= 0).all()
    )
