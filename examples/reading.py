"""Write docs/reading.md: what a model of MovieLens 100K says of its films, as it comes out.

    python examples/reading.py ml-100k docs

ml-100k is the folder of the data set (u.data, u.item), docs the folder for page and picture.
"""

import sys
import warnings
from pathlib import Path

import polars as pl

import entable
from entable._answer import Answer, cell

PAGE = """# Reading what was learnt

What a model of MovieLens 100K says of its films. Written by `python examples/reading.py`; the same
steps stand in [the notebook](reading.ipynb), which CI runs.

```python
ratings = entable.Ratings.read("u.data", names="u.item", item_facts="u.item")
model = entable.factorize(ratings)  # Bayesian, half a second; seed 0
films = model.items
```

## Who is good once taste is taken out: `films.bias_ranking(10, min_count=50)`

An item's bias is what the mean user makes of it: the generosity of those who rated it and their
taste are in other terms. `low` and `high` hold the bias with a probability of 80 %.

{best}

The other end:

{worst}

The plain mean and the bias tell different stories where a small group of eager people gave most of
the ratings. A `gap` above 0 is what a film owes to who rated it, in stars: `.disagree`

{disagree}

## What the axes of taste are: `films.pca(3, min_count=50)`

{axes_title}. {axes_note}

{axes}

Turning is partly circular: an axis that was turned to the year correlates with the year. What it
shows is that such a direction exists among the three that carry most taste; a fact must be told of
better than chance would. By variance alone (`turned=False`) the same three axes are harder to name:

{plain}

## A map: `films.map(min_count=50).plot()`

![Films by their main axes, coloured by bias](map.png)

## Why this score: `model.explain(196, "Star Wars (1977)")`

{sentence}

{past}

{reason_notes}
"""


def markdown(frame: pl.DataFrame) -> str:
    "A frame as a table of Markdown."
    names = [name.replace("_", " ") for name in frame.columns]
    right = [dtype.is_numeric() for dtype in frame.dtypes]
    rule = "|".join("--:" if side else ":--" for side in right)
    rows = ["|".join(cell(value).replace("|", "\\|") for value in row) for row in frame.iter_rows()]
    return "\n".join(f"|{row}|" for row in ["|".join(names), rule, *rows])


def notes(answer: Answer) -> str:
    "What an answer adds to its table."
    return " ".join(answer.notes)


def main(data: Path, docs: Path) -> None:
    "Fit, read, write."
    warnings.simplefilter("ignore")  # u.item is Latin-1, and says so
    about = data / "u.item"
    ratings = entable.Ratings.read(data / "u.data", names=about, item_facts=about)
    model = entable.factorize(ratings)
    films = model.items
    ranking, axes = films.bias_ranking(10, min_count=50), films.pca(3, min_count=50)
    why = model.explain(196, "Star Wars (1977)")
    shown = ["label", "bias", "low", "high", "mean", "count"]
    page = PAGE.format(
        best=markdown(ranking.best.select(shown)),
        worst=markdown(ranking.worst.select(shown)),
        disagree=markdown(ranking.disagree.select("label", "bias", "mean", "gap", "count")),
        axes_title=axes.title,
        axes_note=notes(axes),
        axes=markdown(axes.shown),
        plain=markdown(films.pca(3, min_count=50, turned=False).shown),
        sentence=why.sentence,
        past=markdown(why.shown.drop("item")),
        reason_notes=notes(why),
    )
    (docs / "reading.md").write_text(page, encoding="utf-8")
    drawn = films.map(min_count=50).plot(labels=45)
    drawn.figure.savefig(docs / "map.png", dpi=110)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
