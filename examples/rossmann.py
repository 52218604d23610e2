"""Sales of 1,115 drug stores: eleven tables become one, ready to learn from.

    python examples/rossmann.py ../shared/data/rossmann [OUT]

FOLDER holds train.csv, test.csv, store.csv, store_states.csv, weather/ and googletrend/. Prints
what was done and what was found; with OUT writes train.parquet and test.parquet there. In Python:

    shops = prepare(folder)
    table = shops.table()

Promotions, holidays and closures are known in advance here, for test.csv lists them; so each row
may see those to come. Weather and trends of the day itself are not: the competition gave them, and
everyone used them. Sales are seen only where `past` is asked for, and then from 48 days before a
row: the length of test.csv.

Of the categories that `OWN` and `CHANGES` (see rossmann_changes.py) name a network should learn a
number for each level, which adds to its answer (width 0); "the day" is to be hidden in most rows,
for days to come have never been seen.
"""

import sys
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from rossmann_changes import CHANGES, rebuilding, rivals, summer

from entable.data.events import elapsed, rolling
from entable.data.table import Table

TARGET = "Sales"
HORIZON = 48  # days from 2015-08-01 to 2015-09-17, which test.csv asks for
EVENTS = {"Promo": None, "SchoolHoliday": None, "StateHoliday": ["a", "b", "c"]}
STATES = {
    "BW": "BadenWuerttemberg",
    "BY": "Bayern",
    "BE": "Berlin",
    "HE": "Hessen",
    "HH": "Hamburg",
    "NI": "Niedersachsen",
    "NW": "NordrheinWestfalen",
    "RP": "RheinlandPfalz",
    "SH": "SchleswigHolstein",
    "SN": "Sachsen",
    "ST": "SachsenAnhalt",
    "TH": "Thueringen",
}
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"]
WEATHER = {
    "Max_TemperatureC": "warmest",
    "Mean_TemperatureC": "temperature",
    "Min_TemperatureC": "coldest",
    "Max_Humidity": "most humid",
    "Mean_Humidity": "humidity",
    "Min_Humidity": "least humid",
    "Max_Wind_SpeedKm_h": "most wind",
    "Mean_Wind_SpeedKm_h": "wind",
    "Precipitationmm": "rain",
    "CloudCover": "clouds",
    "Events": "weather",
}

DATES = {"Date": ["year", "month", "week", "day", "day of year", "elapsed"]}
CATEGORIES = [
    *("Store", "DayOfWeek", "Promo", "StateHoliday", "SchoolHoliday", "State"),
    *("StoreType", "Assortment", "PromoInterval", "Promo2Since", "CompetitionSince"),
    *("months of competition", "weeks of Promo2", "Promo2 starts", "weather"),
    *("closes in", "opened for", "summer"),
]
NUMBERS = [
    *("CompetitionDistance", "trend", "trend DE"),
    *(name for name in WEATHER.values() if name != "weather"),
]
QUARTER = 90  # days for which a store keeps its level
OWN = ["store and weekday", "store and month", "store and quarter", "left of the month", "the day"]
PAST = ["usual sales", "usual sales of a year"]


class Shops(NamedTuple):
    """train: days to learn from, with the target; test: days to predict, with Id.

    categories, numbers: columns by kind, apart from the dates. shut: Ids of test.csv on which the
    store is closed. notes: what was found and done.
    """

    train: pl.DataFrame
    test: pl.DataFrame
    target: str
    categories: list[str]
    numbers: list[str]
    shut: pl.Series
    notes: list[str]

    def table(self, frame: pl.DataFrame | None = None, **how: Any) -> Table:
        "What a table learns from these columns of the days to learn from (or of some of them)."
        frame = self.train if frame is None else frame
        kinds = {"categories": self.categories, "numbers": self.numbers, "dates": DATES}
        usual = {"log": "Open" not in self.categories, "like": self.test}  # no log of 0
        how = usual | {"weights": "recent"} | how
        return Table.fit(frame, self.target, **kinds, **how)


def prepare(folder: str | Path, closures: str = "features", past: bool = False) -> Shops:
    """One row for each store and day, with everything known of it.

    closures: "features": closed days count in the days since and until, then are dropped;
    "ignored": they are dropped first; "kept": they stay among the rows to learn from, "Open" told.
    past: also the usual sales of the store on such a day, as known 48 days before.
    """
    folder, notes = Path(folder), list[str]()
    days = _days(folder, notes)
    shut = days.filter(pl.col("Id").is_not_null() & (pl.col("Open") == 0))["Id"]
    events = EVENTS | {"closed": None}
    if closures == "ignored":
        events, days = EVENTS, days.filter(pl.col("Open") == 1)
    days, around = _events(days, events)
    days = rebuilding(days)
    if past:
        days = _past(days)
    if closures != "kept":
        days = days.filter((pl.col("Open") == 1) & (pl.col(TARGET).fill_null(1) > 0))
    days = summer(_stores(days, folder, notes))
    days = _outside(days, folder, notes).drop("closed", "Promo2")
    days = own(days, days.filter(pl.col("Id").is_null())["Date"].max())
    train = recent(days.filter(pl.col("Id").is_null()).drop("Id"))
    test = days.filter(pl.col("Id").is_not_null(), pl.col("Open") == 1).drop(TARGET)
    categories = [*CATEGORIES, *OWN, *CHANGES, *around, *["Open"] * (closures == "kept")]
    numbers = [*NUMBERS, *(name for name in days.columns if name.startswith("days "))]
    return Shops(train, test, TARGET, categories, numbers + PAST * past, shut, notes)


def submission(shops: Shops, predicted: Any) -> pl.DataFrame:
    "Id and Sales for every row of test.csv: what was predicted for open stores, 0 for closed."
    opened = pl.DataFrame({"Id": shops.test["Id"], TARGET: pl.Series(predicted, dtype=pl.Float64)})
    closed = pl.DataFrame({"Id": shops.shut, TARGET: pl.zeros(len(shops.shut), eager=True)})
    return pl.concat([opened, closed]).sort("Id")


def _days(folder: Path, notes: list[str]) -> pl.DataFrame:
    "The rows of train.csv and then of test.csv, which alone have an Id."
    text = {"StateHoliday": pl.String}
    train = pl.read_csv(folder / "train.csv", schema_overrides=text, try_parse_dates=True)
    test = pl.read_csv(folder / "test.csv", schema_overrides=text, try_parse_dates=True)
    notes.append("Customers is left out: nobody knows it before the day, and test.csv lacks it")
    unknown = test.filter(pl.col("Open").is_null())
    notes.append(
        f"test.csv does not say whether store {', '.join(map(str, unknown['Store'].unique()))} was "
        f"open on {len(unknown)} days: taken as open, for a closed one would not be scored"
    )
    zero = train.filter((pl.col("Open") == 1) & (pl.col(TARGET) == 0))
    notes.append(f"{len(zero)} open days without any sale cannot be scored, and are dropped")
    days = pl.concat([train.drop("Customers"), test], how="diagonal_relaxed")
    return days.with_columns(pl.col("Open").fill_null(1), closed=pl.col("Open").fill_null(1) == 0)


def _events(days: pl.DataFrame, events: Any) -> tuple[pl.DataFrame, list[str]]:
    "Days since and until events; how many there are in the week before, and after: these names."
    per: Any = {"time": "Date", "by": "Store", "known": [*events]}
    before = days.columns
    days = rolling(days, events, 7, of="sum", **per)
    around = [name for name in days.columns if name not in before]
    return elapsed(days, events, **per), around


def _past(days: pl.DataFrame) -> pl.DataFrame:
    "Mean log sales of the store's last such days (same weekday, promotion or none)."
    days = days.with_columns(log=pl.when(pl.col(TARGET) > 0).then(pl.col(TARGET).log()))
    by = ["Store", "DayOfWeek", "Promo"]
    days = rolling(days, "log", [91, 365], time="Date", by=by, ahead=HORIZON, of="mean")
    names = dict(zip(("log mean last 91 days", "log mean last 365 days"), PAST, strict=True))
    return days.rename(names).drop("log")


def own(days: pl.DataFrame, last: Any) -> pl.DataFrame:
    """Categories that should only add, for a network would learn dates by heart from them: `OWN`.

    Of each store: its week, with promotion or without, its year by months, and its level, quarter
    by quarter, counted back from the last day to learn from (later days belong to the last one).
    Of all stores: days left in the month, which ends with payday; the day itself, for what all
    stores shared on it and nothing explains.
    """
    date, text = pl.col("Date"), pl.String
    ago = (pl.lit(last) - date).dt.total_days().clip(0) // QUARTER
    of_store = ([pl.col("DayOfWeek"), pl.col("Promo")], [date.dt.month()], [ago])
    left = date.dt.month_end().dt.day() - date.dt.day()
    made = [pl.concat_str("Store", *of, separator=" ") for of in of_store]
    made += [left.cast(text), date.cast(text)]
    return days.with_columns(one.alias(name) for one, name in zip(made, OWN, strict=True))


def recent(days: pl.DataFrame) -> pl.DataFrame:
    "How much a day counts: half as much as one a year later."
    age = (pl.col("Date").max() - pl.col("Date")).dt.total_days()
    return days.with_columns(recent=0.5 ** (age / 365))


def _stores(days: pl.DataFrame, folder: Path, notes: list[str]) -> pl.DataFrame:
    "Facts of the stores, their states, and for how long competition and Promo2 have been there."
    joined = Table.join(_facts(folder), pl.read_csv(folder / "store_states.csv"), on="Store")
    notes.append(f"states: {joined.title}")
    joined = Table.join(days, joined.frame, on="Store")
    notes.append(f"stores: {joined.title}")
    month = pl.col("Date").dt.month()
    competing = (pl.col("Date").dt.year() - pl.col("CompetitionSince")) * 12 + (
        month - pl.col("CompetitionOpenSinceMonth")
    )
    weeks = (pl.col("Date") - pl.col("since")).dt.total_days() // 7
    name = month.replace_strict(range(1, 13), MONTHS, return_dtype=pl.String)
    days = rivals(joined.frame, competing)
    return days.with_columns(
        pl.col("State").replace("HB,NI", "NI"),  # Bremen and Lower Saxony are one
        competing.clip(-1, 24).alias("months of competition"),  # -1: not yet; two years, then
        weeks.clip(0, 25).alias("weeks of Promo2"),  # all are the same; and half a year
        pl.col("PromoInterval").str.contains(name, literal=True).alias("Promo2 starts"),
    ).drop("since", "Promo2SinceWeek", "CompetitionOpenSinceMonth")


def _facts(folder: Path) -> pl.DataFrame:
    "store.csv; since: the Monday of the ISO week that Promo2 began in."
    monday = pl.date("Promo2SinceYear", 1, 4).dt.truncate("1w")  # 4 January lies in week 1
    return (
        pl.read_csv(folder / "store.csv")
        .with_columns(
            pl.col("CompetitionOpenSinceYear")
            .clip(1990)
            .alias("CompetitionSince"),  # one says 1900
            pl.col("Promo2SinceYear").alias("Promo2Since"),
            since=monday + pl.duration(weeks=pl.col("Promo2SinceWeek") - 1),
        )
        .drop("CompetitionOpenSinceYear", "Promo2SinceYear")
    )


def _outside(days: pl.DataFrame, folder: Path, notes: list[str]) -> pl.DataFrame:
    "Weather of the state on the day, and how much its people searched for the firm in the week."
    joined = Table.join(days, _weather(folder), on=["State", "Date"])
    notes.append(f"weather: {joined.title}")
    days = joined.frame.with_columns(week=pl.col("Date") - pl.duration(days=_from_sunday("Date")))
    for name, trends, keys in _trends(folder):
        joined = Table.join(days, trends, on=keys)
        notes.append(f"{name}: {joined.title}")
        days = joined.frame
    return days.drop("week")


def _from_sunday(date: str) -> pl.Expr:
    return pl.col(date).dt.weekday() % 7


def _weather(folder: Path) -> pl.DataFrame:
    files = {code: folder / "weather" / f"{name}.csv" for code, name in STATES.items()}
    read = [
        pl.read_csv(
            path, separator=";", null_values="NA", try_parse_dates=True, infer_schema_length=None
        )
        .select("Date", *WEATHER)
        .with_columns(State=pl.lit(code))
        for code, path in files.items()
    ]
    weather = pl.concat(read, how="vertical_relaxed").rename(WEATHER)
    return weather.with_columns(pl.col("weather").fill_null("none"))  # no rain, snow or fog


def _trends(folder: Path) -> list[tuple[str, pl.DataFrame, list[str]]]:
    "Searches per week from Sunday, in the state and in the country."
    found = {
        path.stem.removeprefix("Rossmann_DE").removeprefix("_"): pl.read_csv(
            path, new_columns=["week", "trend"]
        ).with_columns(pl.col("week").str.head(10).str.to_date())
        for path in sorted((folder / "googletrend").glob("*.csv"))
    }
    country = found.pop("").rename({"trend": "trend DE"})
    states = pl.concat([one.with_columns(State=pl.lit(code)) for code, one in found.items()])
    return [("trends", states, ["State", "week"]), ("trends of Germany", country, ["week"])]


def main(folder: str, out: str | None = None) -> None:
    "Prepare, tell, and write."
    shops = prepare(folder)
    print(*shops.notes, sep="\n")
    print(f"{len(shops.train):,} days to learn from, {len(shops.test):,} to predict, "
          f"{len(shops.shut):,} more on which the store is closed")  # fmt: skip
    print(shops.table())
    if out:
        Path(out).mkdir(parents=True, exist_ok=True)
        shops.train.write_parquet(Path(out) / "train.parquet")
        shops.test.write_parquet(Path(out) / "test.parquet")


if __name__ == "__main__":
    main(*sys.argv[1:])
