"Answers drawn into files, and the vectors of one category of a model of a table."

from pathlib import Path
from typing import TYPE_CHECKING, Any

from entable.cli import files, target
from entable.errors import BadInput

if TYPE_CHECKING:
    from entable.embeddings import Embeddings
    from entable.tablemodel import TableModel

__all__ = ["PICTURES", "category", "check", "draw"]

PICTURES = (".png", ".svg", ".pdf")
_UNDATED: dict[str, dict[str, None]] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def check(out: Path | None, force: bool) -> None:
    "BadInput for a picture of another format or one that cannot be written; MissingExtra."
    if out is None:
        return
    if out.suffix.lower() not in PICTURES:
        raise BadInput(f"{out} ends in none of {', '.join(PICTURES)}; a picture does")
    target.check(out, force)
    from entable._extras import need

    need("matplotlib")


def draw(found: Any, path: Path, size: tuple[float, float] | None = None, **how: Any) -> None:
    "A picture in the format that its name ends in, the same bytes each time."
    from entable._extras import need

    if size is None:
        need("matplotlib").use("Agg")  # the answer knows its size, and nothing is shown
        figure = found.plot(**how).figure
    else:
        figure = need("matplotlib.figure").Figure(figsize=size, layout="constrained")
        found.plot(figure.subplots(), **how)
    kind = path.suffix.lower()
    with need("matplotlib").rc_context({"svg.hashsalt": "entable"}), files.whole(path) as draft:
        figure.savefig(draft, format=kind[1:], dpi=160, metadata=_UNDATED.get(kind))


def category(model: "TableModel", name: str | None) -> "Embeddings":
    "The vectors of a category; the only one where none is named. BadInput for one not there."
    known = model.embeddings
    if name is None and len(known) == 1:
        (only,) = known.values()
        return only
    if name is None or name not in known:
        came = "say of which category: --of" if name is None else f"there is no category {name!r}"
        raise BadInput(f"{came}; the model has {', '.join(known) or 'none'}")
    return known[name]
