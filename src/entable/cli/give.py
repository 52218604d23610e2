"Frames as they are asked for: a file, JSON, or a table to read."

from pathlib import Path
from typing import TYPE_CHECKING

from entable.cli import files, say, target

if TYPE_CHECKING:
    import polars as pl


def check(out: Path | None, force: bool) -> None:
    "BadInput where a frame could not be written there, before anything is computed."
    if out is not None:
        files.check_format(out)
        target.check(out, force)


def frame(found: "pl.DataFrame", what: str, model: Path, out: Path | None, json: bool) -> None:
    "A frame as a file, as JSON under the name `what`, or as a table to read."
    if out is not None:
        files.write(found, out)
    if json:
        told = {"rows": len(found), "out": str(out)} if out else {what: found.to_dicts()}
        say.document({"model": str(model), **told})
    elif out is not None:
        say.note(f"{len(found):,} rows written to {out}")
    else:
        _print(found)


def _print(found: "pl.DataFrame") -> None:
    from entable.cli.tables import table

    shown = [
        name for name in found.columns if not (name.startswith("known_") and found[name].all())
    ]
    if "user" in shown and found["user"].n_unique() == 1 and "rank" in shown:
        shown.remove("user")
    head = [f">{name}" if found[name].dtype.is_numeric() else name for name in shown]
    table(head, found.select(shown).iter_rows())
