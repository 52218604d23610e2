"A small model with names that would like to be more than names."

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import entable
from entable.export.report import Evidence, report
from entable.recipes import study

EVIL = [
    "<script>alert(1)</script>",
    '"></script><img src=x onerror="alert(2)">',
    "</script><!--<script>",
    "{{ 7 * 7 }} {% raw %}",
    "$\\frac{1}{2}$ for 5$ & 'more'",
    "مرحبا \u202e right to left",
    "😀 Grave of the Fireflies 火垂るの墓",
    "x" * 300,
    "tab\tand\nnew\x00line\x1b[31m",
    "javascript:alert(3)",
]


@pytest.fixture(scope="session")
def model():
    "300 users, 120 items, six factors, titles and facts; ten items have evil names."
    made = entable.factorize(entable.sample_ratings(9000, 300, 120), draws=25, factors=6)
    titles = made.items.label(np.arange(len(made.items))).tolist()
    most = np.argsort(-made.items.counts)[: len(EVIL)]
    for at, name in zip(most, EVIL, strict=True):
        titles[at] = name
    labels = np.array([*titles, None], object)[:-1]
    facts = made.items.facts.with_columns(pl.lit("<b>bold</b>").alias("<i>fact</i>"))
    return replace(made, items=replace(made.items, labels=labels, facts=facts))


@pytest.fixture(scope="session")
def evidence(model):
    "Held-out ratings, a ladder and a twin."
    judged, test = study.held_out(model)
    ladder = study.ladder(model, held=(judged, test))
    return Evidence(
        test, judged, ladder, study.twin(model), ("Judged by <b>held-out</b> ratings.",)
    )


@pytest.fixture(scope="session")
def page(model, evidence):
    "The whole page about it."
    return report(model, 'The <model> & its "name"', evidence)
