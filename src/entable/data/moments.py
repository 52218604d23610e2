"""Times in any usual form -> whole seconds since 1970."""

import polars as pl

from entable.errors import BadInput

__all__ = ["seconds"]

# larger numbers cannot be seconds of our days: (bound, divisor, name)
_UNITS = (
    (10**17, 10**9, "nanoseconds"),
    (10**14, 10**6, "microseconds"),
    (10**11, 1000, "milliseconds"),
)
_FORMATS = (
    "%Y-%m-%dT%H:%M:%S%.f%:z",
    "%Y-%m-%d %H:%M:%S%.f%:z",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y-%m-%d %H:%M",
    "%d-%b-%Y",
    "%d.%m.%Y",
    "%m/%d/%Y",
)


def seconds(series: pl.Series) -> tuple[pl.Series, str]:
    """Seconds since 1970 (Int64, null where a value is no time) and a sentence to note, or "".

    Raises BadInput for a column that cannot hold times.
    """
    dtype = series.dtype
    if dtype == pl.String or isinstance(dtype, (pl.Categorical, pl.Enum)):
        return _from_text(series.cast(pl.String))
    if dtype == pl.Date:
        return series.to_physical().cast(pl.Int64) * 86400, ""
    if isinstance(dtype, pl.Datetime):
        return series.dt.epoch("s").cast(pl.Int64), ""
    if dtype.is_float():
        return _from_numbers(_whole(series))
    if dtype.is_integer() or dtype == pl.Null:
        return _from_numbers(series.cast(pl.Int64, strict=False))
    raise BadInput(
        f"times must be seconds since 1970, dates or texts of these; the column is {dtype}"
    )


def _from_numbers(series: pl.Series) -> tuple[pl.Series, str]:
    filled = series.drop_nulls().to_numpy()
    largest = max(int(filled.max()), -int(filled.min())) if len(filled) else 0
    for bound, divisor, name in _UNITS:
        if largest >= bound:
            return series // divisor, f"times were read as {name}"
    return series, ""


def _from_text(series: pl.Series) -> tuple[pl.Series, str]:
    "In the form that most of the first texts have; those in another are null."
    series = series.str.strip_chars().str.strip_suffix("Z")
    head = series.drop_nulls().head(1000)
    if 2 * head.cast(pl.Float64, strict=False).null_count() < len(head):
        numbers = series.cast(pl.Float64, strict=False)
        return _from_numbers(_whole(numbers))
    form = min(_FORMATS, key=lambda form: _moments(head, form).null_count())
    return _moments(series, form).dt.epoch("s"), ""


def _moments(series: pl.Series, form: str) -> pl.Series:
    return series.str.to_datetime(form, strict=False, time_unit="us")


def _whole(numbers: pl.Series) -> pl.Series:
    numbers = numbers.fill_nan(None)
    return numbers.set(numbers.is_infinite(), None).floor().cast(pl.Int64, strict=False)
