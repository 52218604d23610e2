"Whatever kind a picture is of, its pixels come out upright, in eight bits and in colours that fit."

import io
import struct
import warnings
import zlib
from contextlib import contextmanager, suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from entable.data.images.decode import Unreadable, decode, header

RED = (200, 20, 40)


def of(picture, path, **how):
    picture.save(path, **how)
    return path


def middle(source, channels=3):
    return decode(source, (8, 8), channels, "crop")[4, 4].tolist()


def near(a, b, by=6):
    return np.abs(np.subtract(a, b)).max() <= by


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.bmp", "a.tiff", "a.ppm", "a.gif"])
def test_every_common_kind_is_read(tmp_path, name):
    path = of(Image.new("RGB", (8, 8), RED), tmp_path / name)
    assert near(middle(path), RED)
    assert header(path)[:2] == (8, 8)


def test_a_name_that_tells_of_another_kind_does_not_matter(tmp_path):
    of(Image.new("RGB", (8, 8), RED), tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert middle(tmp_path / "a.jpg") == list(RED)


def test_print_colours_become_red_green_and_blue(tmp_path):
    path = of(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), tmp_path / "a.jpg", quality=95)
    assert near(middle(path), (255, 0, 0), 12)


@pytest.mark.parametrize("kind", ["png", "tiff", "pgm"])
def test_sixteen_bits_become_eight_by_their_upper_half(tmp_path, kind):
    deep = np.full((8, 8), 0x80FF, np.uint16)
    path = of(Image.fromarray(deep), tmp_path / f"a.{kind}")
    assert middle(path, 1) == [0x80]
    assert header(path).gray


def sixteen_bit_colour(value):
    "A PNG of 8 x 8 pixels with three channels of 16 bits, which Pillow does not write."

    def chunk(kind, data):
        raw = kind + data
        return struct.pack(">I", len(data)) + raw + struct.pack(">I", zlib.crc32(raw))

    rows = b"".join(b"\0" + struct.pack(">H", value) * 24 for _ in range(8))
    head = struct.pack(">IIBBBBB", 8, 8, 16, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_sixteen_bits_of_colour_too(tmp_path):
    (tmp_path / "a.png").write_bytes(sixteen_bit_colour(0x8012))
    assert near(middle(tmp_path / "a.png"), (0x80,) * 3, 1)


def test_numbers_without_a_scale_are_refused(tmp_path):
    real = of(Image.fromarray(np.full((8, 8), 0.5, np.float32)), tmp_path / "a.tiff")
    with pytest.raises(Unreadable, match="floating-point"):
        middle(real)
    huge = of(Image.fromarray(np.full((8, 8), 1 << 20, np.int32)), tmp_path / "b.tiff")
    with pytest.raises(Unreadable, match="beyond 65,535"):
        middle(huge)


def test_transparent_parts_become_white(tmp_path):
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    assert middle(of(clear, tmp_path / "a.png")) == [255, 255, 255]
    palette = Image.new("P", (8, 8), 0)
    palette.info["transparency"] = 0
    assert middle(of(palette, tmp_path / "b.png", transparency=0)) == [255, 255, 255]


@pytest.mark.parametrize("told", range(1, 9))
def test_a_camera_held_askew_is_turned_upright(tmp_path, told):
    array = np.zeros((8, 16, 3), np.uint8)
    array[:4, :8] = 255  # white above left
    upright = Image.fromarray(array)
    back = {
        1: None, 2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE",
        6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270",
    }[told]  # fmt: skip
    held = upright if back is None else upright.transpose(Image.Transpose[back])
    exif = Image.Exif()
    exif[0x0112] = told
    path = of(held, tmp_path / "a.png", exif=exif)
    assert header(path)[:2] == (8, 16)
    assert np.array_equal(decode(path, (8, 16), 3, "crop"), array)


def test_damaged_exif_says_nothing(tmp_path):
    path = of(Image.new("RGB", (8, 8), RED), tmp_path / "a.jpg", exif=b"Exif\0\0MM\0*\xff\xff\xff")
    assert near(middle(path), RED)


def test_gray_and_colour_become_each_other(tmp_path):
    path = of(Image.new("L", (8, 8), 77), tmp_path / "a.png")
    assert middle(path) == [77, 77, 77]
    assert middle(of(Image.new("RGB", (8, 8), (9, 9, 9)), tmp_path / "b.png"), 1) == [9]


def test_black_and_white_are_the_ends(tmp_path):
    path = of(Image.new("1", (8, 8), 1), tmp_path / "a.png")
    assert middle(path, 1) == [255]


def test_other_shapes_are_cropped_squished_or_padded():
    array = np.zeros((8, 16, 3), np.uint8)
    array[:, 8:] = 255  # the right half
    wide = {
        fit: decode(Image.fromarray(array), (8, 8), 3, fit) for fit in ("crop", "squish", "pad")
    }
    assert {out.shape for out in wide.values()} == {(8, 8, 3)}
    assert wide["crop"][4, 0, 0] < 5
    assert wide["crop"][4, 7, 0] > 250
    assert wide["pad"][0].max() == 0
    assert wide["pad"][4, 7, 0] > 250
    assert wide["squish"][0, 7, 0] > 250


def test_a_large_photograph_is_decoded_no_larger_than_it_needs_to_be(tmp_path):
    path = of(Image.new("RGB", (1600, 1200), RED), tmp_path / "a.jpg")
    assert near(middle(path), RED)
    assert header(path)[:2] == (1200, 1600)


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path):
    flood = sixteen_bit_colour(0).replace(
        struct.pack(">II", 8, 8), struct.pack(">II", 1 << 15, 1 << 14)
    )
    head = flood[12:29]
    flood = flood[:29] + struct.pack(">I", zlib.crc32(head)) + flood[33:]
    (tmp_path / "a.png").write_bytes(flood)
    with silent(), pytest.raises(Unreadable, match="too many"):
        header(tmp_path / "a.png")


@contextmanager
def silent():
    "Pillow warns of what `held` does not let through."
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=40), st.integers(0, 400), st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]))
def test_damage_is_said_and_never_a_crash(junk, at, kind):
    whole = io.BytesIO()
    Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3)).save(whole, kind)
    data = whole.getvalue()
    at = min(at, len(data))
    data = data[:at] + junk + data[at + len(junk) :]
    with silent(), suppress(Unreadable):
        assert decode(io.BytesIO(data), (8, 8), 3, "crop").shape == (8, 8, 3)
