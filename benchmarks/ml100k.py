"""MovieLens 100K, official five folds, ids only: error, coverage and seconds beside the peers.

Goals: bayes <= .8775 in 1 s and <= .8755 in 3 s per fold, sgd <= .9080 in .03 s; intervals
78..82 %. `--random` prints the mean of ten random 80/20 splits instead.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks._judge import peers, table
from benchmarks._movielens import ml100k_folds, ml100k_random

BAYES = {
    "bayes": {"solver": "bayes"},
    "bayes, 32 factors, 250 draws": {"solver": "bayes", "factors": 32, "draws": 250},
}
ALL = {"sgd": {"solver": "sgd"}, "als": {"solver": "als"}} | BAYES

if __name__ == "__main__":
    if "--random" in sys.argv:
        table([ml100k_random(seed) for seed in range(10)], ALL, seeds=1)
    else:
        folds = ml100k_folds()
        table(folds, ALL)
        peers(folds)
