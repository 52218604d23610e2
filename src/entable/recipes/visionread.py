"""Where a net of pictures looks, laid over the pictures."""

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from torch import nn

from entable.data.images import Images
from entable.errors import BadInput
from entable.interpret.gallery import Gallery, laid_over
from entable.train.gradcam import grad_cam

if TYPE_CHECKING:
    from entable.recipes.vision import VisionLearner

__all__ = ["looked_at"]

_MOST = 48  # pictures whose gradients are held together


def looked_at(
    learner: "VisionLearner",
    pictures: Any,
    of: Any = None,
    layer: nn.Module | str | None = None,
    n: int = 12,
) -> Gallery:
    """The first n pictures with Grad-CAM over them: warm where the net sees what it answers.

    pictures: what `Images.of` takes. of: the class to look for, by name; what the net answers if
    not given. layer: see `train.gradcam.grad_cam`. Raises UnknownName for a class that is none.
    """
    seen = learner.like(pictures)
    seen = seen.take(slice(0, min(n, _MOST)))
    names = _names(learner.images)
    at = None if of is None else _position(learner.images, of, names)
    found = grad_cam(learner, learner.tensors(seen), at, layer)
    told = [names[k] for k in found.of.tolist()]
    frame = pl.DataFrame(
        {"picture": [str(name) for name in seen.names], "of": told, "score": found.scores}
    )
    captions, wrong = _captions(seen, told)
    pixels = laid_over(seen.pixels(), found.places)
    return Gallery(f"Where {found.layer} looks", frame, pixels, captions, wrong)


def _names(images: Images) -> list[str]:
    if images.vocab is not None:
        return [str(text) for text in images.vocab.texts]
    assert images.target is not None
    return list(images.target.names)


def _position(images: Images, of: Any, names: list[str]) -> int:
    if images.vocab is not None:
        return images.vocab.position(of)
    if of not in names:
        raise BadInput(f"of={of!r} came; the model has {', '.join(names)}")
    return names.index(of)


def _captions(seen: Images, told: list[str]) -> tuple[list[str], Any]:
    "What was looked for and, of classes, what is true."
    if seen.target is None or seen.target.classes is None or seen.labels is None:
        return told, None
    true = [str(text) for text in seen.target.classes.names[seen.labels.astype(np.int64)]]
    texts = [a if a == b else f"{a}\nis {b}" for a, b in zip(told, true, strict=True)]
    return texts, np.array([a != b for a, b in zip(told, true, strict=True)])
