"Rows of a table: read from a file, predicted, encoded, judged."

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entable.cli import say
from entable.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

    from entable.data.table.source import Source
    from entable.tablemodel import TableModel
    from entable.tablemodel.reading import Judged


def names(text: str | None) -> list[str]:
    "Names between commas."
    return [] if text is None else [name.strip() for name in text.split(",") if name.strip()]


def read(path: str | Path, gaps: Sequence[str] = ()) -> "Source":
    "The columns of a file; texts in `gaps` are missing values."
    import warnings

    from entable.data.content import NotUtf8
    from entable.data.table.source import source_of

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotUtf8)
        return source_of(path, gaps=gaps)


def predicted(model: "TableModel", path: Path, keep: str | None, quiet: bool) -> "pl.DataFrame":
    "The columns to keep, what the model says of each row, and on what it stands."
    source = read(path, model.table.gaps)
    rows = model.table.apply(source, target=False)
    _say(rows, quiet)
    return _beside(source, keep, model.predict(rows, details=True))


def encoded(
    model: "TableModel", path: Path, keep: str | None, numbers: bool, quiet: bool
) -> "pl.DataFrame":
    "The columns to keep, then the rows as features for another model."
    source = read(path, model.table.gaps)
    rows = model.table.apply(source, target=False)
    _say(rows, quiet)
    return _beside(source, keep, model.encode(rows, numbers))


def judged(model: "TableModel", path: str | Path, metrics: str | None) -> "Judged":
    "The model judged on the rows of a file."
    return model.evaluate(read(path, model.table.gaps), names(metrics) or None)


def tell(found: "Judged") -> None:
    "Say how good a model is, and what to know of it."
    from entable.cli.tables import facts, lines

    facts(score_lines(found))
    lines(*found.notes, style="dim")


def score_lines(found: "Judged") -> list[tuple[str, str]]:
    "An evaluation in words, one pair of word and text per line."
    told = [("held out", f"{found.n:,} {found.units}")]
    for name, scores in (("model", found.scores), ("always the same", found.baseline)):
        told.append((name, ", ".join(f"{metric} {v:.4f}" for metric, v in scores.items())))
    return [*told, ("weights", found.weighted)] if found.weighted else told


def scores(found: "Judged") -> dict[str, Any]:
    "An evaluation for programs."
    baselines = {"always the same": found.baseline}
    told = {found.units: found.n, **found.scores, "unseen": found.unseen, "baselines": baselines}
    return told | ({"weights": found.weighted} if found.weighted else {})


def _beside(source: "Source", keep: str | None, answers: "pl.DataFrame") -> "pl.DataFrame":
    import polars as pl

    from entable.data.table.source import absent

    kept = names(keep)
    for name in kept:
        if name not in source.columns:
            raise absent(source.names, name, "the file")
        if name in answers.columns:
            raise BadInput(f"--keep {name}: the answer has a column of this name already")
    columns = [source.series(name).alias(name) for name in kept]
    return pl.DataFrame([*columns, *answers.get_columns()])


def _say(rows: Any, quiet: bool) -> None:
    for text in rows.notes:
        say.note(text, quiet)
    unseen = int((rows.unseen > 0).sum())
    if unseen:
        some = "one row holds" if unseen == 1 else f"{unseen:,} rows hold"
        say.note(f"{some} a level that was not learnt; unseen says which", quiet)
