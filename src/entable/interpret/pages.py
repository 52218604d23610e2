"""Pages one can hover and search, in one file that asks no network (Plotly)."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable._extras import need
from entable._plots import ACCENT, COLD_WARM, INK, MUTED, PALE
from entable.data.replacing import replacing
from entable.errors import BadInput
from entable.interpret.colors import Coloring

__all__ = ["page", "plain", "scatter"]

_CROWD = 3000  # points from which on they are drawn by the graphics card
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


def plain(text: object) -> str:
    "Text that Plotly shows as it is: it would read <b>, <a href=...> and &lt; as markup."
    return escape(" ".join(str(text).split()), quote=False)


def scatter(
    xy: NDArray[np.float64],
    names: Iterable[object],
    hover: Mapping[str, Any],
    *,
    title: str = "",
    axes: tuple[str, str] = ("", ""),
    diameters: NDArray[np.float64] | float = 8.0,
    coloring: Coloring | None = None,
    path: Sequence[int] = (),
    alike: bool = True,
) -> Any:
    """A Plotly figure of points (n, 2) that tell their name and more when hovered.

    hover: name -> n numbers or texts. diameters in pixels. path: positions of points that are
    connected. alike: both axes have one scale. Names and titles are shown as they are, whatever is
    in them. Raises MissingExtra without Plotly.
    """
    figure = need("plotly.graph_objects").Figure(layout=_layout(title, axes, alike))
    if len(path):
        line = {"color": MUTED, "width": 1.2}
        x, y = xy[list(path)].T
        figure.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False)
    if coloring is not None and coloring.texts is not None:
        figure.update_layout(legend_title_text=plain(coloring.name))
    add = figure.add_scattergl if len(xy) > _CROWD else figure.add_scatter
    texts = np.array([*map(plain, names), ""], object)[:-1]
    told, form = _told(hover, len(xy)), _template(hover)
    wide = np.broadcast_to(diameters, len(xy)).round(1)
    for name, color, at in _layers(coloring, len(xy)):
        look = {"size": wide[at], "line": {"width": 0}, "opacity": 0.8} | color
        about = {"hovertext": texts[at], "customdata": told[at], "hovertemplate": form}
        named = {"name": plain(name), "showlegend": bool(name)}
        add(x=xy[at, 0], y=xy[at, 1], mode="markers", marker=look, **named, **about)
    return figure


def _layers(
    coloring: Coloring | None, n: int
) -> list[tuple[str, dict[str, Any], NDArray[np.int64]]]:
    "Name, colours and positions of what is drawn together."
    everything = np.arange(n)
    if coloring is not None and coloring.texts is not None:
        return [(name, {"color": color}, at) for name, color, at in coloring.groups]
    if coloring is None or coloring.numbers is None:
        return [("", {"color": ACCENT}, everything)]
    low, high = coloring.limits
    scale = {
        "colorscale": [[step / 2, color] for step, color in enumerate(COLD_WARM)],
        "cmin": low,
        "cmax": high,
        "colorbar": {"title": {"text": plain(coloring.name)}, "thickness": 12, "outlinewidth": 0},
    }
    known = np.isfinite(coloring.numbers)
    layers = [("", {"color": coloring.numbers[known], **scale}, everything[known])]
    if not known.all():
        layers.append(("not known", {"color": PALE}, everything[~known]))
    return layers


def _told(hover: Mapping[str, Any], n: int) -> Any:
    "What is shown on hovering, (n, columns): numbers, or texts if one of the columns is."
    columns = [np.asarray(values) for values in hover.values()]
    if all(map(_number, columns)):
        return np.array(columns, np.float32).T.reshape(n, len(columns))
    texts = [[plain(_shown(value)) for value in column.tolist()] for column in columns]
    return np.array(texts, object).T.reshape(n, len(columns))


def _number(column: NDArray[Any]) -> bool:
    return column.dtype.kind in "iuf"


def _shown(value: Any) -> str:
    if value is None or value != value:
        return "not known"
    if isinstance(value, float):
        return f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _template(hover: Mapping[str, Any]) -> str:
    columns = [np.asarray(values) for values in hover.values()]
    lines = ["<b>%{hovertext}</b>"]
    for at, (name, column) in enumerate(zip(hover, columns, strict=True)):
        form = ":,.0f" if column.dtype.kind in "iu" else ":.2f"
        form = form if all(map(_number, columns)) else ""
        lines.append(f"{plain(name)} %{{customdata[{at}]{form}}}")
    return "<br>".join(lines) + "<extra></extra>"


def _layout(title: str, axes: tuple[str, str], alike: bool) -> dict[str, Any]:
    line = {"gridcolor": PALE, "zeroline": False, "linecolor": PALE, "tickfont": {"color": MUTED}}
    line |= {} if any(axes) else {"showticklabels": False, "showgrid": False, "showline": False}
    return {
        "title": {"text": plain(title), "x": 0.01, "font": {"size": 15}},
        "font": {"family": _FONT, "color": INK, "size": 12},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 55, "r": 20, "t": 45, "b": 50},
        "hoverlabel": {"align": "left", "font": {"family": _FONT}},
        "dragmode": "pan",
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": MUTED, "activecolor": ACCENT},
        "legend": {"itemsizing": "constant"},
        "xaxis": {"title": {"text": plain(axes[0])}, **line},
        "yaxis": {"title": {"text": plain(axes[1])}, **line}
        | ({"scaleanchor": "x"} if alike else {}),
    }


def page(figure: Any, path: str | os.PathLike[str], title: str = "Entable") -> Path:
    """Write a figure as one HTML file that opens from disk, follows dark mode and can be searched.

    It holds Plotly itself (about 5 MB) and may load nothing else. Raises BadInput where the file
    cannot be written, MissingExtra without Plotly.
    """
    target = Path(path)
    text = _PAGE.format(
        title=escape(title),
        plotly=need("plotly.offline").get_plotlyjs(),
        figure=figure.to_json().replace("<", "\\u003c"),
        ink=json.dumps(INK),
        grey=json.dumps(MUTED),
        line=json.dumps(PALE),
        muted=MUTED,
        font=_FONT,
        script=_SCRIPT,
    )
    try:
        with replacing(target) as draft:
            draft.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{target} cannot be written: {error.strerror}") from None
    return target


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font-family: {font} }}
body {{ margin: 0; height: 100vh; height: 100dvh; display: flex; flex-direction: column }}
form {{ display: flex; gap: .6em; align-items: baseline; padding: .6em .9em 0 }}
input {{ font: inherit; padding: .3em .6em; width: 16em; max-width: 60vw;
  border: 1px solid {muted}; border-radius: 6px; background: transparent; color: inherit }}
h1 {{ font-size: 1.05em; font-weight: 600; margin: .6em .9em 0 }}
output {{ color: {muted}; font-size: .9em }}
main {{ flex: 1; min-height: 0 }}
</style>
</head>
<body>
<form role="search"><input type="search" placeholder="Search a name" aria-label="Search a name">
<output></output></form>
<h1>{title}</h1>
<main id="figure" role="img" aria-label="{title}"></main>
<script type="application/json" id="data">{figure}</script>
<script>{plotly}</script>
<script>const INK = {ink}, MUTED = {grey}, PALE = {line};
{script}</script>
</body>
</html>
"""

_SCRIPT = """
const at = document.getElementById("figure");
const {data, layout} = JSON.parse(document.getElementById("data").textContent);
delete layout.title;  // the page has it as a heading
layout.margin = {...layout.margin, t: 30};
if (innerWidth < 600) {
  layout.legend = {...layout.legend, orientation: "h", yanchor: "bottom", y: 1};
  Object.assign(layout.margin, {l: 45, r: 8});
  for (const axis of [layout.xaxis, layout.yaxis]) if (axis?.title?.text)
    axis.title = {font: {size: 11}, text: axis.title.text.replace(" (", "<br>(")};
  for (const {marker} of data) if (marker) {
    marker.sizeref = 1.5;
    if (marker.colorbar) Object.assign(marker.colorbar, {thickness: 8, len: .6});
  }
}
const dark = matchMedia("(prefers-color-scheme: dark)");
const mode = () => {
  const [ink, line] = dark.matches ? ["#e6eaf0", "#2b3442"] : [INK, PALE];
  return {"font.color": ink, "xaxis.gridcolor": line, "yaxis.gridcolor": line,
    "xaxis.linecolor": line, "yaxis.linecolor": line};
};
const options = {responsive: true, displaylogo: false, scrollZoom: true,
  plotlyServerURL: "",  // nothing is sent anywhere, nor offered to be
  modeBarButtons: [["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]]};

const plain = text => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

// positions of the names that hold `wanted`, for each trace of points
const matches = wanted => data.map(trace => trace.mode !== "markers" ? null
  : trace.hovertext.flatMap((name, i) => name.toLowerCase().includes(wanted) ? [i] : []));

// notes at the points found, the largest first, as far as they do not cover each other
function notes(found) {
  const points = found.flatMap((hits, t) => (hits ?? []).map(i => {
    const {x, y, marker} = at._fullData[t];
    return {x: x[i], y: y[i], size: marker.size[i] ?? 0, text: data[t].hovertext[i]};
  })).sort((a, b) => b.size - a.size).slice(0, 200);
  const {xaxis, yaxis} = at._fullLayout, boxes = [], kept = [];
  for (const {x, y, text} of points) {
    const half = 3.3 * text.length + 4, left = xaxis.l2p(x) - half, top = yaxis.l2p(y) - 30;
    const box = [left, top, left + 2 * half, top + 16];
    if (boxes.some(b => box[0] < b[2] && b[0] < box[2] && box[1] < b[3] && b[1] < box[3])) continue;
    boxes.push(box);
    kept.push({x, y, text, showarrow: true, arrowhead: 0, arrowwidth: 1, arrowcolor: MUTED,
      ax: 0, ay: -22, font: {size: 11}});
    if (kept.length === 12) break;
  }
  return kept;
}

function search(text) {
  const wanted = plain(text.trim()).toLowerCase();
  const found = wanted ? matches(wanted) : data.map(() => null);
  data.forEach((trace, t) => {
    if (trace.mode === "markers")
      Plotly.restyle(at, {selectedpoints: [found[t]], "unselected.marker.opacity": .07}, [t]);
  });
  Plotly.relayout(at, {annotations: notes(found)});
  const count = found.reduce((sum, hits) => sum + (hits ? hits.length : 0), 0);
  document.querySelector("output").textContent = !wanted ? ""
    : count === 1 ? "1 name" : count.toLocaleString("en") + " names";
}

Plotly.newPlot(at, data, layout, options).then(() => {
  Plotly.relayout(at, mode());
  dark.addEventListener("change", () => Plotly.relayout(at, mode()));
  const field = document.querySelector("input");
  let timer = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => search(field.value), 150);
  });
  document.querySelector("form").addEventListener("submit", event => event.preventDefault());
});
"""
