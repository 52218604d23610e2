"""What changes a drug store's sales for weeks: it is rebuilt, a rival opens, schools are closed.

Each was found by looking at the stores whose sales a network told worst. All is known in advance:
when a store closes is in test.csv, as are the school holidays; rivals have a month in store.csv.
Each category of `CHANGES` should only add to a network's answer (width 0); "closes in", "opened
for" and "summer" may meet others in its layers, too.
"""

import polars as pl

from entable.data.events import elapsed

LONG = 6  # days closed in a row, as no holidays are
NEAR = [500, 1000, 2000, 5000]  # metres to the nearest rival
SUMMER = (6, 8)  # months in which long holidays begin; at Christmas some last as long
LASTS, GAP = 14, 4  # days: others in summer are shorter; a weekend does not end them
FORTNIGHT, AFTER = 14, 56  # days before a change; from the first of summer on until all is usual
CHANGES = ["rebuilding", "rival", "summer and state", "summer and store"]


def rebuilding(days: pl.DataFrame) -> pl.DataFrame:
    """Days until a store closes for a week or longer to be rebuilt, and since; what it does then.

    It opens again at twice its usual sales, and keeps a third more for a week. Since the summer of
    2014 it first sells out, at more than twice its usual sales, and has little left in the last
    days; so what it does before it closes has a level for each year.
    """
    days = days.sort("Store", "Date")
    begins = pl.col("closed") != pl.col("closed").shift().over("Store")
    skips = pl.col("Date").diff().over("Store") != pl.duration(days=1)
    days = days.with_columns(run=(begins | skips).cum_sum().fill_null(0).over("Store"))
    days = days.with_columns(long=pl.col("closed") & (pl.len().over("Store", "run") >= LONG))
    days = elapsed(days, "long", time="Date", by="Store", known="long")
    until, since = pl.col("days until long"), pl.col("days since long")
    phases = {
        "last day": until == 1,
        "sold out": until.is_between(2, 5),
        "sale ends": until.is_between(6, 8),
        "sale": until.is_between(9, 13),
        "opening": since.is_between(1, 2),
        "opened": since.is_between(3, 9),
    }
    year = pl.when(until.is_between(1, 13)).then(pl.col("Date").dt.year())
    phase = pl.concat_str(_first_of(phases, "no"), year, separator=" ", ignore_nulls=True)
    near = [pl.when(n <= FORTNIGHT).then(n).fill_null(0).cast(pl.Int8) for n in (until, since)]
    found = days.with_columns(near[0].alias("closes in"), near[1].alias("opened for"))
    found = found.with_columns(phase.alias("rebuilding"))
    return found.drop("run", "long", "days until long", "days since long")


def rivals(days: pl.DataFrame, months: pl.Expr) -> pl.DataFrame:
    """How near a rival is, and whether it opens later, this month, or did in the last two years.

    months: since it opened; where that is not known, it was long ago. One within 500 metres takes a
    fifth of the sales, one 5 km away none.
    """
    near = {f"{metres} m": pl.col("CompetitionDistance") < metres for metres in NEAR}
    when = {
        "later": months < 0,
        "this month": months == 0,
        "lately": months <= 24,
    }
    both = pl.concat_str(_first_of(near, "far"), _first_of(when, "long ago"), separator=", ")
    return days.with_columns(rival=both)


def summer(days: pl.DataFrame) -> pl.DataFrame:
    """The week of the state's summer holidays, from two before to one after them: 0 is the first.

    And the same by state, and the store's own name on days on which its schools are closed.
    """
    begun = _summers(days)
    days = days.sort("Date")
    for side in ("backward", "forward"):
        found = begun.rename({"begins": side})
        on = {"left_on": "Date", "right_on": side, "by": "State", "strategy": side}
        days = days.join_asof(found, **on, check_sortedness=False)  # both are, by date
    since = (pl.col("Date") - pl.col("backward")).dt.total_days()
    until = (pl.col("forward") - pl.col("Date")).dt.total_days()
    week = pl.when(since < AFTER).then(since // 7).when(until <= FORTNIGHT).then((-until) // 7)
    closed = pl.when(pl.col("SchoolHoliday") == 1).then(pl.col("Store").cast(pl.String))
    made = {
        "summer": week.cast(pl.String),
        "summer and state": pl.concat_str("State", week, separator=" "),
        "summer and store": closed,
    }
    found = days.with_columns(one.fill_null("no").alias(name) for name, one in made.items())
    return found.drop("backward", "forward").sort("Store", "Date")


def _first_of(cases: dict[str, pl.Expr], rest: str) -> pl.Expr:
    "The name of the first case that holds."
    found = pl.coalesce(*(pl.when(holds).then(pl.lit(name)) for name, holds in cases.items()))
    return found.fill_null(rest)


def _summers(days: pl.DataFrame) -> pl.DataFrame:
    "First days of the summer holidays, by state: most stores of the state tell of closed schools."
    free = (
        days.filter(pl.col("DayOfWeek") <= 5)
        .group_by("State", "Date")
        .agg(pl.col("SchoolHoliday").mean())
        .filter(pl.col("SchoolHoliday") > 0.5)
        .sort("State", "Date")
    )
    begins = pl.col("Date").diff().over("State") > pl.duration(days=GAP)
    runs = free.with_columns(run=begins.fill_null(True).cum_sum().over("State"))
    span = runs.group_by("State", "run").agg(begins=pl.col("Date").min(), last=pl.col("Date").max())
    long = (pl.col("last") - pl.col("begins")).dt.total_days() > LASTS
    return (
        span.filter(long, pl.col("begins").dt.month().is_between(*SUMMER))
        .select("State", "begins")
        .sort("begins")
    )
