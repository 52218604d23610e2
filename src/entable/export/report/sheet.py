"""What the sections of one page share: the model, what was brought beside it, and its pictures."""

from dataclasses import dataclass, field
from functools import cached_property

from entable.data.ratings import Ratings
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.export.report.figures import Figures
from entable.interpret.axes import Axes
from entable.interpret.clusters import Clusters
from entable.interpret.ladder import Ladder
from entable.interpret.residuals import Residuals
from entable.interpret.rows import enough
from entable.recommender import Recommender
from entable.recommender.judged import Evaluation

__all__ = ["Evidence", "Sheet"]

_AXES, _CLUSTERS = 5, 8


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a model is judged by, beside itself.

    test: ratings that `judged` was not learnt from; judged is the model itself where they were
    brought, or one fitted to the rest of its ratings. ladder: errors by number of factors; twin:
    the model learnt with another seed. notes: sentences on where these come from.
    """

    test: Ratings | None = None
    judged: Recommender | None = None
    ladder: Ladder | None = None
    twin: Recommender | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Sheet:
    "A page in the making."

    model: Recommender
    evidence: Evidence
    figures: Figures = field(default_factory=Figures)

    @property
    def items(self) -> Embeddings:
        "The items of the model."
        return self.model.items

    @cached_property
    def least(self) -> int:
        "Ratings that an item needs to be read."
        return enough(self.items.counts)

    @cached_property
    def axes(self) -> Axes:
        "The main axes of the items; raises BadInput where there are none."
        if not self.items.k:
            raise BadInput("this model has biases alone and no factors, so it has no axes")
        return self.items.pca(min(_AXES, self.items.k, len(self.items)))

    @cached_property
    def clusters(self) -> Clusters:
        "The items in groups; raises MissingExtra without scikit-learn."
        return self.items.clusters(min(_CLUSTERS, int((self.items.counts >= self.least).sum())))

    @cached_property
    def _judging(self) -> tuple[Recommender, Ratings]:
        found = self.evidence
        if found.test is None or found.judged is None:
            raise BadInput(
                "no ratings were held out to judge by: leave out --no-train, "
                "or bring ratings that the model was not learnt from (--ratings)"
            )
        return found.judged, found.test

    @cached_property
    def evaluation(self) -> Evaluation:
        "Errors on held-out ratings; raises BadInput where there are none."
        judged, test = self._judging
        return judged.evaluate(test)

    @cached_property
    def residuals(self) -> Residuals:
        "Where predictions of held-out ratings are wrong; raises BadInput where there are none."
        judged, test = self._judging
        return judged.residuals(test)
