"The colours can be read on what they stand on, in light and in dark."

import re

import pytest

from entable import _plots as plots
from entable.export.report import palette


def luminance(color):
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    "The contrast ratio of WCAG 2.2, 1 to 21."
    dark, light = sorted(map(luminance, (a, b)))
    return (light + 0.05) / (dark + 0.05)


def modes():
    "The colours by name, light and dark."
    blocks = re.findall(r"color-scheme: (light|dark); ([^}]*)", palette.css())
    return {mode: dict(re.findall(r"--([-\w]+): (#[0-9a-f]{6})", rules)) for mode, rules in blocks}


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("ground", ["page", "card"])
@pytest.mark.parametrize("text", ["ink", "soft", "good", "look"])
def test_text_stands_out(mode, ground, text):
    colors = modes()[mode]
    assert contrast(colors[text], colors[ground]) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_what_is_drawn_stands_out(mode):
    colors = modes()[mode]
    for name in ("accent", "warm", "muted", *(f"group-{at}" for at in range(8))):
        assert contrast(colors[name], colors["card"]) >= 3, name


def test_light_is_the_palette_of_all_pictures():
    light = modes()["light"]
    assert light["accent"] == plots.ACCENT
    assert [light[f"group-{at}"] for at in range(8)] == list(plots.GROUPS)
    assert modes()["dark"].keys() == light.keys()
