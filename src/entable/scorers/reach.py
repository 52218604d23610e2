"""What each place of a convolution's map sees of the picture: its receptive field."""

from entable.errors import UnknownName
from entable.interpret.pictures import Window
from entable.scorers.conv import Part, Paths
from entable.scorers.pools import Flat, Pool, PoolTo
from entable.scorers.spatial import Conv, Pair

__all__ = ["reach"]

_START = Window((1, 1), (1, 1), (0, 0))


def reach(parts: tuple[Part, ...], name: str, shape: tuple[int, int, int]) -> Window:
    """Pixels that the convolution so named sees, for pictures of a shape (H, W, C).

    Raises UnknownName where there is none.
    """
    found = _until(parts, name, _START, shape)
    if found is None:
        raise UnknownName(f"the net has no convolution {name!r}")
    return found


def _until(
    parts: tuple[Part, ...], name: str, seen: Window, shape: tuple[int, int, int]
) -> Window | None:
    for part in parts:
        if isinstance(part, Paths):
            for path in part.paths:
                inside = _until(path, name, seen, shape)
                if inside is not None:
                    return inside
        seen = _after(part, seen, shape)
        if isinstance(part, Conv) and part.name == name:
            return seen
    return None


def _after(part: Part, seen: Window, shape: tuple[int, int, int]) -> Window:
    if isinstance(part, Conv):
        return _slid(seen, part.extent, part.stride, part.padding)
    if isinstance(part, Pool):
        return _slid(seen, part.size, part.stride, part.padding)
    if isinstance(part, Paths):
        return _joined([_through(path, seen, shape) for path in part.paths])
    if isinstance(part, (PoolTo, Flat)):  # every place sees everything
        return Window(shape[:2], (0, 0), (0, 0))
    return seen


def _through(path: tuple[Part, ...], seen: Window, shape: tuple[int, int, int]) -> Window:
    for part in path:
        seen = _after(part, seen, shape)
    return seen


def _slid(seen: Window, span: Pair, stride: Pair, padding: Pair) -> Window:
    h, w = (
        (size + (e - 1) * step, step * s, start - p * step)
        for size, step, start, e, s, p in zip(*seen, span, stride, padding, strict=True)
    )
    return Window(*zip(h, w, strict=True))


def _joined(paths: list[Window]) -> Window:
    "What any of the paths sees."
    h, w = (
        (min(path.start[k] for path in paths), max(path.start[k] + path.size[k] for path in paths))
        for k in (0, 1)
    )
    return Window((h[1] - h[0], w[1] - w[0]), paths[0].step, (h[0], w[0]))
