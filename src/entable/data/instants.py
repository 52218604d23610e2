"""A column of dates or times, however it is written, becomes Polars dates or local times."""

from contextlib import suppress
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.columns import gap
from entable.data.frames import as_series
from entable.errors import BadInput

__all__ = ["ISO", "Instants", "instants"]

ISO = "%Y-%m-%d"
_DAYS = (  # in this order where several fit and agree
    *(ISO, "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%b %d %Y", "%Y%m%d"),
)
_CLOCKS = ("%H", "%I", "%k", "%l", "%T", "%R", "%X", "%r", "%c", "%s", "%+")
_TIMED = (
    r"^\s*(?<day>.*?)(?:(?:T|,?\s+)(?<hour>\d{1,2}):(?<minute>\d{2})"
    r"(?::(?<second>\d{2}(?:\.\d+)?))?\s*(?<zone>Z|[+-]\d{2}(?::?\d{2})?)?)?\s*$"
)
_FIRST_YEAR = 1000  # an earlier one is a year of two digits, misread


class Instants(NamedTuple):
    """A column of times.

    values: Date, or Datetime["us"] on the clock of `zone`; nulls are missing. format: how texts
    were written. zone: None for times that name none.
    """

    values: pl.Series
    format: str
    zone: str | None


def instants(
    values: Any, name: str, format: str | None = None, zone: str | None = None
) -> Instants:
    """Read a column of dates: of any library, or texts of the given (else of the one) format.

    Times with a zone are put on the clock of `zone`; without it they must share one. Raises
    BadInput with row (from 1) and value for what is no date, for texts that could mean two days,
    for numbers without a format, and for times of which only some have a zone.
    """
    series = _series(values, name)
    dtype = series.dtype
    if isinstance(dtype, pl.Datetime):
        local = _on_the_clock(series.dt.cast_time_unit("us"), name, dtype.time_zone, zone)
        return Instants(local, format or ISO, zone or dtype.time_zone)
    if dtype == pl.Date:
        return Instants(series, format or ISO, zone)
    if dtype.is_integer() and format is not None:
        series = series.cast(pl.String)
    if dtype == pl.Null or series.null_count() == len(series):
        return Instants(pl.Series("", [None] * len(series), pl.Date), format or ISO, zone)
    if series.dtype != pl.String:
        row = int(series.is_not_null().arg_max() or 0)
        raise BadInput(
            f"{name}, row {row + 1:,}: {series[row]!r} came, of type {dtype}; a date was wanted "
            "(numbers such as 20150731 need format='%Y%m%d', seconds since 1970 format='%s')"
        )
    return _from_texts(series, name, format, zone)


def _series(values: Any, name: str) -> pl.Series:
    if not isinstance(values, pl.Series):
        if isinstance(values, (list, tuple)) or str(getattr(values, "dtype", "")) == "object":
            values = _objects(list(values), name)
        values = as_series(values)
    series: pl.Series = values
    if isinstance(series.dtype, (pl.Categorical, pl.Enum)):
        series = series.cast(pl.String)
    return series.rename("")


def _objects(values: list[Any], name: str) -> list[Any]:
    "Objects of which all or none know their zone; days among times become midnights."
    values = [None if gap(v) else v for v in values]
    times = [isinstance(v, datetime) for v in values]
    if not any(times):
        return values
    aware = [t and v.tzinfo is not None for t, v in zip(times, values, strict=True)]
    if any(aware) and aware != times:
        row = next(k for k, t in enumerate(times) if t and not aware[k])
        raise _half_zoned(name, row, values[row])
    if all(isinstance(v, date) or v is None for v in values) and not any(aware):
        return [None if v is None else np.datetime64(v, "us").item() for v in values]
    return values


def _half_zoned(name: str, row: int, value: Any, zone: str | None = None) -> BadInput:
    wanted = f"times of {zone} were wanted" if zone else "other rows do"
    return BadInput(
        f"{name}, row {row + 1:,}: {str(value)!r} names no time zone, and {wanted}; "
        "give all of them a zone (.dt.replace_time_zone), or none"
    )


def _on_the_clock(series: pl.Series, name: str, has: str | None, zone: str | None) -> pl.Series:
    "Times as clocks in the zone show them, without the zone."
    if has is None:
        if zone is not None and series.null_count() < len(series):
            row = int(series.is_not_null().arg_max() or 0)
            raise _half_zoned(name, row, series[row], zone)
        return series
    return series.dt.convert_time_zone(_known(zone or has, name)).dt.replace_time_zone(None)


def _known(zone: str, name: str) -> str:
    "The zone, if it is one."
    try:
        pl.Series([0], dtype=pl.Datetime("us", "UTC")).dt.convert_time_zone(zone)
    except (pl.exceptions.PolarsError, ValueError):
        raise BadInput(
            f"{name}: {zone!r} is no time zone; a name such as 'Europe/Berlin' was wanted"
        ) from None
    return zone


def _from_texts(series: pl.Series, name: str, format: str | None, zone: str | None) -> Instants:
    "Each distinct text is read once."
    texts, codes = _distinct(series)
    if format is not None and any(clock in format for clock in _CLOCKS):
        read, zone = _by_format(texts, name, format, zone)
    else:
        parts = _parts(texts)
        format = format or _format(parts["day"], series, codes, name)
        read, zone = _by_parts(parts, format, series, codes, name, zone)
    found = read.gather(codes)
    _all_read(found, codes, series, name, format)
    return Instants(found, format, zone)


def _distinct(series: pl.Series) -> tuple[pl.Series, pl.Series]:
    "Distinct texts, and for each row which one; nulls where there is none or a blank one."
    coded = series.cast(pl.Categorical(pl.Categories.random()))
    distinct = coded.drop_nulls().unique(maintain_order=True)
    at = distinct.to_physical().to_numpy()
    table = np.zeros(int(at.max()) + 1, np.uint32)
    table[at] = np.arange(len(at), dtype=np.uint32)
    numbers = pl.Series(table[coded.to_physical().fill_null(at[0]).to_numpy()])
    texts = distinct.cast(pl.String)
    blank = texts.str.strip_chars() == ""
    gaps = series.is_null() | blank.gather(numbers) if blank.any() else series.is_null()
    return texts.set(blank, None), numbers.set(gaps, None)


def _all_read(
    found: pl.Series, codes: pl.Series, series: pl.Series, name: str, format: str
) -> None:
    bad = found.is_null() & codes.is_not_null()
    if bad.any():
        row = int(bad.arg_max() or 0)
        raise BadInput(
            f"{name}, row {row + 1:,}: {series[row]!r} is no date written as {format} "
            f"({_example(format)}); mend or empty it, or give format="
        )


def _example(format: str) -> str:
    return datetime(2015, 7, 31, 14, 5).strftime(format)


def _by_format(
    texts: pl.Series, name: str, format: str, zone: str | None
) -> tuple[pl.Series, str | None]:
    "Texts in a format that holds hours, read as it says."
    aware = any(mark in format for mark in ("%z", "%:z", "%#z", "%+"))
    if aware and zone is None:
        raise _which_zone(name, 0, texts[0])
    with suppress(pl.exceptions.PolarsError):
        read = texts.str.to_datetime(format, time_unit="us", strict=False)
        return _on_the_clock(read, name, "UTC" if aware else None, zone), zone
    raise BadInput(f"{name}: {format!r} is no format of dates; such as {ISO!r} was wanted")


def _parts(texts: pl.Series) -> pl.DataFrame:
    "day, hour, minute, second, zone: texts, null where there is none."
    return texts.str.extract_groups(_TIMED).struct.unnest()


def _format(days: pl.Series, series: pl.Series, codes: pl.Series, name: str) -> str:
    "The one format that all days are written in."
    read = {format: _days(days, format) for format in _DAYS}
    fits = [f for f, found in read.items() if found.null_count() == days.null_count()]
    if not fits:
        return min(_DAYS, key=lambda format: read[format].null_count())
    for other in fits[1:]:
        differs = read[other] != read[fits[0]]
        if differs.any():
            row = int(differs.gather(codes).arg_max() or 0)
            raise BadInput(
                f"{name}, row {row + 1:,}: {series[row]!r} may be {fits[0]} or {other}, and so may "
                f"all others; say which with format={fits[0]!r}"
            )
    return fits[0]


def _days(days: pl.Series, format: str) -> pl.Series:
    try:
        read = days.str.to_date(format, strict=False)
    except pl.exceptions.PolarsError:
        raise BadInput(f"{format!r} is no format of dates; such as {ISO!r} was wanted") from None
    return read.set(read.dt.year() < _FIRST_YEAR, None)


def _by_parts(
    parts: pl.DataFrame,
    format: str,
    series: pl.Series,
    codes: pl.Series,
    name: str,
    zone: str | None,
) -> tuple[pl.Series, str | None]:
    days, clock = _days(parts["day"], format), parts["hour"].is_not_null()
    if not clock.any():
        return days, zone
    aware = parts["zone"].is_not_null().to_numpy()
    local = days.cast(pl.Datetime("us")) + _clock(parts)
    if not aware.any() and zone is None:
        return local, None
    offsets = _offsets(parts["zone"])
    naive = clock.to_numpy() & ~aware
    if naive.any():
        row = _first(naive, codes)
        raise _half_zoned(name, row, series[row], zone)
    if zone is None and offsets.any():
        row = _first(offsets != 0, codes)
        raise _which_zone(name, row, series[row])
    zone = _known(zone or "UTC", name)
    moments = (local - pl.Series(offsets).cast(pl.Duration("us"))).dt.replace_time_zone("UTC")
    there = moments.dt.convert_time_zone(zone).dt.replace_time_zone(None)
    return there.zip_with(pl.Series(aware), local), zone


def _first(bad: NDArray[np.bool_], codes: pl.Series) -> int:
    "The first row whose text is a bad one."
    return int(pl.Series(bad).gather(codes).fill_null(False).arg_max() or 0)


def _which_zone(name: str, row: int, value: str) -> BadInput:
    return BadInput(
        f"{name}, row {row + 1:,}: {value!r} has an offset from UTC, and parts of a date are those "
        "of a place; zone='Europe/Berlin' says of which (zone='UTC' for none)"
    )


def _clock(parts: pl.DataFrame) -> pl.Series:
    "Time of day as a duration, zero where none is written, null where there is no such time."
    columns = parts.select(
        hour=pl.col("hour").cast(pl.Int64).fill_null(0),
        minute=pl.col("minute").cast(pl.Int64).fill_null(0),
        second=pl.col("second").cast(pl.Float64).fill_null(0),
    )
    real = (pl.col("hour") < 24) & (pl.col("minute") < 60) & (pl.col("second") < 60)
    seconds = pl.col("hour") * 3600 + pl.col("minute") * 60 + pl.col("second")
    whole = (seconds * 1_000_000).round().cast(pl.Int64).cast(pl.Duration("us"))
    return columns.select(pl.when(real).then(whole)).to_series()


def _offsets(zones: pl.Series) -> NDArray[np.int64]:
    "Microseconds ahead of UTC; 0 for Z and for none."
    digits = zones.str.replace("Z", "+0000").fill_null("+0000").str.replace_all(":", "")
    hours = digits.str.slice(1, 2).cast(pl.Int64)
    minutes = digits.str.slice(3, 2).replace("", "0").cast(pl.Int64)
    sign = digits.str.starts_with("-").to_numpy()
    ahead = (hours * 60 + minutes).to_numpy() * 60_000_000
    return np.where(sign, -ahead, ahead)
