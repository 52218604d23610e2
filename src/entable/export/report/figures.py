"""Pictures of a page: drawn by Matplotlib, with colours and styles that the page decides on."""

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

from entable import _plots as plots
from entable._extras import need
from entable.export.report.blocks import Picture
from entable.export.report.texts import clean

__all__ = ["Figures"]

_SVG = "http://www.w3.org/2000/svg"
_HREF = "{http://www.w3.org/1999/xlink}href"
_HEX = re.compile("#[0-9a-f]{6}")
_FONT = re.compile(r"'DejaVu Sans'[^;]*")
_SAFE = re.compile(r"[-a-z]+: ?[-\w#.,%() ]*")
_VARIABLES = {
    plots.INK: "ink",
    plots.MUTED: "muted",
    plots.PALE: "pale",
    plots.ACCENT: "accent",
    plots.WARM: "warm",
    **{color: f"group-{at}" for at, color in enumerate(plots.GROUPS)},
    "#000000": "ink",  # what a plot left as it was
    "#ffffff": "card",
}
_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "entable", "font.size": 9.0}

ElementTree.register_namespace("", _SVG)


class Figures:
    """Draws the pictures of one page; `css` holds what their styles came to.

    Ids are distinct from picture to picture, and inline styles become shared classes, so that the
    page needs none and may forbid them.
    """

    def __init__(self) -> None:
        self.drawn = 0
        self.classes: dict[str, str] = {}

    @property
    def css(self) -> str:
        "The rules of all classes in use."
        return "\n".join(f".{name} {{ {style} }}" for style, name in self.classes.items())

    def picture(
        self, plot: Callable[[Any], Any], height: float = 3.0, width: float = 4.8, **more: Any
    ) -> Picture:
        "A block with what `plot(ax)` draws, under its own title; half the page wide if not told."
        title, svg = self.draw(plot, width, height)
        return Picture(title, svg, **({"half": True} | more))

    def draw(
        self, plot: Callable[[Any], Any], width: float = 4.8, height: float = 3.0
    ) -> tuple[str, Any]:
        """The title and the SVG of what `plot(ax)` draws, width and height in inches.

        The title is taken out of the picture, so that the page can set it as text. Raises
        MissingExtra without Matplotlib.
        """
        with _quiet_fonts(), need("matplotlib").rc_context(_SETTINGS):
            figure = need("matplotlib.figure").Figure((width, height), layout="constrained")
            ax = figure.subplots()
            plot(ax)
            title = _title(ax)
            for label in (ax.xaxis.label, ax.yaxis.label):
                label.set_wrap(True)
            page = BytesIO()
            nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
            figure.savefig(page, format="svg", transparent=True, metadata=nothing)
        self.drawn += 1
        svg = self._taken_over(page.getvalue().decode("utf-8"), title)
        return title, need("markupsafe").Markup(svg)

    def _taken_over(self, svg: str, says: str) -> str:
        root = ElementTree.fromstring(clean(svg))
        for parent in root.iter():
            for child in list(parent):
                if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                    parent.remove(child)
        for element in root.iter():
            self._restyle(element)
            element.text, element.tail = _bare(element, element.text), None
        for size in ("width", "height", "version"):
            root.attrib.pop(size, None)
        root.set("role", "img")
        root.set("aria-label", clean(says or "figure"))
        return ElementTree.tostring(root, encoding="unicode")

    def _restyle(self, element: ElementTree.Element) -> None:
        held, own = element.attrib, f"f{self.drawn}-"
        if _HREF in held:
            held["href"] = held.pop(_HREF).replace("#", f"#{own}")
        if "clip-path" in held:
            held["clip-path"] = held["clip-path"].replace("#", f"#{own}")
        name = held.pop("id", "")
        if name and not element.tag.endswith("}g"):  # groups are never referred to
            held["id"] = own + name
        if style := held.pop("style", ""):
            held["class"] = self._class(style)
        if "d" in held:
            held["d"] = " ".join(held["d"].split())

    def _class(self, style: str) -> str:
        kept = [_FONT.sub("var(--face)", part.strip()) for part in style.split(";")]
        safe = "; ".join(part for part in kept if _SAFE.fullmatch(part))
        ruled = _HEX.sub(_variable, safe)
        return self.classes.setdefault(ruled, f"s{len(self.classes)}")


def _title(ax: Any) -> str:
    "The title of the axes, which loses it."
    texts = [ax.get_title(side) for side in ("left", "center", "right")]
    for side in ("left", "center", "right"):
        ax.set_title("", loc=side)
    return " ".join(text for text in texts if text).replace(r"\$", "$")


def _variable(found: re.Match[str]) -> str:
    name = _VARIABLES.get(found[0])
    return f"var(--{name})" if name else found[0]


def _bare(element: ElementTree.Element, text: str | None) -> str | None:
    "Only text elements hold text; between the others it is indentation."
    return text if element.tag in (f"{{{_SVG}}}text", f"{{{_SVG}}}tspan") else None


@contextmanager
def _quiet_fonts() -> Iterator[None]:
    "The reader's fonts draw the text, so it does not matter what those of Matplotlib lack."
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        yield
