"Made-up titles are different, and show genre and mood."

import numpy as np

from entable.data.titles import GENRES, MOODS, titles


def test_titles_are_different_even_where_words_run_out():
    genre = np.zeros(500, np.int64)
    shown, facts = titles(genre, np.zeros(500, bool), seed=0)
    assert len(set(shown)) == 500
    assert set(facts["genre"]) == {GENRES[0]}
    assert set(facts["mood"]) == {MOODS[0]}
    assert facts["year"].is_between(1950, 2023).all()
    assert any(" 2 (" in title for title in shown), "a sequel"


def test_titles_are_seeded():
    genre = np.arange(20) % len(GENRES)
    dark = genre > 3
    assert titles(genre, dark, 1)[0].tolist() == titles(genre, dark, 1)[0].tolist()
    assert titles(genre, dark, 1)[0].tolist() != titles(genre, dark, 2)[0].tolist()
