"Pictures of every awkward kind, made by the tests."

import numpy as np
import pytest
from PIL import Image

DAISY, ROSE = (240, 240, 240), (200, 20, 40)


def flat(colour, size=(12, 8)):
    "A picture of one colour; size is (width, height)."
    return Image.new("RGB", size, colour)


def halves(size=(16, 8)):
    "Left half black, right half white."
    array = np.zeros((size[1], size[0], 3), np.uint8)
    array[:, size[0] // 2 :] = 255
    return Image.fromarray(array)


@pytest.fixture
def flowers(tmp_path):
    "Two folders with three pictures each, 8 high and 12 wide."
    root = tmp_path / "flowers"
    for name, colour in (("daisy", DAISY), ("rose", ROSE)):
        (root / name).mkdir(parents=True)
        for k in range(3):
            flat(colour).save(root / name / f"{k}.png")
    return root


@pytest.fixture
def awkward(flowers):
    "The same with a picture of each broken kind among the roses; names and what is said of them."
    roses = flowers / "rose"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(roses / "whole.jpg")
    data = (roses / "whole.jpg").read_bytes()
    (roses / "truncated.jpg").write_bytes(data[: len(data) // 2])
    (roses / "whole.jpg").unlink()
    (roses / "empty.png").write_bytes(b"")
    (roses / "letter.jpg").write_text("Dear Sir, these are my roses.\n")
    (roses / "noise.png").write_bytes(bytes(range(256)) * 4)
    (roses / "weights.png").write_bytes(b"\x80\x04\x95rest")
    return flowers, {
        "rose/truncated.jpg": "damaged",
        "rose/empty.png": "empty (0 bytes)",
        "rose/letter.jpg": "looks like text",
        "rose/noise.png": "no picture",
        "rose/weights.png": "pickle",
    }
