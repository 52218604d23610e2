"Of each (user, item) pair one rating stays: the latest, else the last row."

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.data.pairs import last_of_each_pair

small = st.integers(0, 4)
rows = st.lists(
    st.tuples(small, small, st.integers(-3, 3) | st.sampled_from([-(2**63), 2**62])), max_size=40
)


def by_hand(rows, timed):
    best = {}
    for n, (u, i, t) in enumerate(rows):
        if (u, i) not in best or not timed or t >= rows[best[u, i]][2]:
            best[u, i] = n
    return sorted(best.values())


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize("items", [5, 2**31 - 1])  # the second leaves no room for rows in the key
@given(rows=rows)
def test_what_stays_is_what_a_dict_keeps(rows, timed, items):
    far = items - 5  # item numbers at the far end make keys that are large
    u, i, t = np.array(rows, np.int64).reshape(-1, 3).T
    u = np.where(u == 4, 2**31 - 1, u) if far else u
    kept = last_of_each_pair(
        u.astype(np.int32), (i + far).astype(np.int32), t if timed else None, items
    )
    expected = by_hand(rows, timed)
    if len(expected) == len(rows):
        assert kept is None
    else:
        assert kept.tolist() == expected
