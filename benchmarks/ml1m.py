"""MovieLens 1M, random 90/10, ids only: error, coverage and seconds beside the peers.

Goals: bayes <= .8230 in 5 s and <= .8160 in 20 s, best <= .8130 in 3 min; sgd <= .8410 in .12 s.
`--best` runs the long one too; myFM takes minutes.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks._judge import peers, table
from benchmarks._movielens import ml1m

SHORT = {
    "sgd": {"solver": "sgd"},
    "als": {"solver": "als"},
    "bayes": {"solver": "bayes"},
    "bayes, 32 factors, rank 128, 180 draws": {
        "solver": "bayes", "factors": 32, "rank": 128, "draws": 180,
    },
}  # fmt: skip
LONG = {
    "bayes, 64 factors, rank 384, 300 draws": {
        "solver": "bayes", "factors": 64, "rank": 384, "draws": 300,
    },
}  # fmt: skip

if __name__ == "__main__":
    parts = [ml1m()]
    table(parts, SHORT)
    if "--best" in sys.argv:
        table(parts, LONG, seeds=1)
    peers(parts)
