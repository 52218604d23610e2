"Pictures are found, checked and turned into numbers of one size, and the broken ones are named."

import re

import numpy as np
import polars as pl
import pytest
from PIL import Image

from entable.data.images import Images
from entable.errors import BadInput

CLASSES = ["daisy", "rose"]


def test_a_folder_of_classes_is_read(flowers):
    images = Images.folder(flowers)
    assert repr(images) == "Images(6 of 8 x 12 x 3, 2 classes)"
    assert images.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert images.vocab.names.tolist() == CLASSES
    assert images.names.tolist()[:2] == ["daisy/0.png", "daisy/1.png"]
    assert images.counts.rows() == [("daisy", 3), ("rose", 3)]
    pixels = images.pixels([0, 5])
    assert (pixels.shape, pixels.dtype) == ((2, 8, 12, 3), np.uint8)
    assert pixels[:, 0, 0].tolist() == [[240, 240, 240], [200, 20, 40]]
    assert np.array_equal(images.pixels()[[0, 5]], pixels)


def test_hidden_files_and_folders_are_no_pictures(flowers):
    (flowers / "rose" / ".DS_Store").write_bytes(b"x")
    (flowers / ".cache").mkdir()
    (flowers / "rose" / "__MACOSX").mkdir()
    (flowers / "rose" / "__MACOSX" / "0.png").write_bytes(b"x")
    assert len(Images.folder(flowers)) == 6


def test_broken_pictures_are_refused_by_name_and_with_what_is_wrong(awkward):
    root, told = awkward
    with pytest.raises(BadInput, match=re.escape("5 of 11 pictures cannot be read")) as caught:
        Images.folder(root, size=(8, 12))
    for name, why in told.items():
        line = next(part for part in str(caught.value).split("; ") if name in part)
        assert why in line
    assert 'broken="skip"' in str(caught.value)


def test_or_they_are_left_out_and_listed(awkward):
    root, told = awkward
    images = Images.folder(root, broken="skip", size=(8, 12))
    assert len(images) == len(images.labels) == len(images.names) == len(images.sizes) == 6
    assert images.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert dict(images.broken.rows()).keys() == told.keys()
    assert images.pixels().shape == (6, 8, 12, 3)


def test_without_a_check_a_truncated_picture_is_named_when_it_is_met(awkward):
    root, told = awkward
    for name in told.keys() - {"rose/truncated.jpg"}:
        (root / name).unlink()
    images = Images.folder(root, size=8, check=False)
    assert len(images) == 7
    with pytest.raises(BadInput, match=r"rose/truncated.jpg cannot be read: it is damaged"):
        images.pixels()


def test_when_all_are_broken_nothing_is_left(tmp_path):
    for name in CLASSES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jpg").write_bytes(b"")
    with pytest.raises(BadInput, match="None is left"):
        Images.folder(tmp_path, broken="skip")


def test_an_empty_class_folder_is_refused_or_left_out(flowers):
    (flowers / "tulip").mkdir()
    with pytest.raises(BadInput, match=r"class folder tulip of .* is empty"):
        Images.folder(flowers)
    assert Images.folder(flowers, broken="skip").vocab.names.tolist() == CLASSES


def test_one_class_is_nothing_to_tell_apart(flowers):
    for file in (flowers / "rose").iterdir():
        file.unlink()
    (flowers / "rose").rmdir()
    with pytest.raises(BadInput, match="all 3 pictures are of one class, 'daisy'"):
        Images.folder(flowers)
    assert repr(Images.of(flowers)) == "Images(3 of 8 x 12 x 3)"


def test_a_folder_without_classes_says_what_takes_it(flowers):
    with pytest.raises(BadInput, match=r"no folders of classes; Images\.of"):
        Images.folder(flowers / "rose")
    with pytest.raises(BadInput, match="is no folder"):
        Images.folder(flowers / "rose" / "0.png")


def test_different_sizes_are_told_and_fitted_if_a_size_is_given(flowers):
    Image.new("RGB", (30, 20)).save(flowers / "rose" / "9.png")
    with pytest.raises(BadInput, match=r"2 different sizes .*0.png has 8 x 12 and .* 20 x 30"):
        Images.folder(flowers)
    images = Images.folder(flowers, size=(10, 6))
    assert images.pixels().shape == (7, 10, 6, 3)
    assert images.sizes[[0, -1]].tolist() == [[8, 12], [20, 30]]


def test_gray_pictures_have_one_channel_unless_one_has_colour(flowers):
    root = flowers / "rose"
    for k in range(3):
        Image.new("L", (12, 8), 7).save(root / f"{k}.png")
    assert Images.of(root).channels == 1
    assert Images.folder(flowers).channels == 3
    assert Images.folder(flowers, channels=1).pixels().shape == (6, 8, 12, 1)


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"size": 0}, "size=0 came"),
        ({"size": (8, 8, 3)}, "height, width"),
        ({"size": 2.5}, "size=2.5 came"),
        ({"channels": 4}, "channels=4 came"),
        ({"fit": "stretch"}, "fit='stretch' came"),
        ({"broken": "ignore"}, "broken='ignore' came"),
    ],
)
def test_bad_wishes_are_said(flowers, how, told):
    with pytest.raises(BadInput, match=re.escape(told)):
        Images.folder(flowers, **how)


def test_no_more_is_kept_than_the_cache_holds(flowers):
    one = 8 * 12 * 3
    images = Images.folder(flowers, cache=2 * one + 5)
    assert images.held.kept.nbytes == 2 * one
    assert (images.held.slot >= 0).sum() == 2
    assert np.array_equal(images.pixels(), Images.folder(flowers).pixels())
    assert Images.folder(flowers, cache=0).pixels().shape == (6, 8, 12, 3)


def test_what_is_kept_is_not_decoded_again(flowers):
    images = Images.folder(flowers)
    before = images.pixels()
    for file in flowers.rglob("*.png"):
        file.unlink()
    assert np.array_equal(images.pixels(), before)


def test_parts_share_what_is_decoded_and_know_their_own(flowers):
    images = Images.folder(flowers)
    train, held = images.split(1 / 3, seed=1)
    assert (len(train), len(held)) == (4, 2)
    assert train.held is held.held
    assert sorted([*train.names, *held.names]) == sorted(images.names)
    for part in (train, held):
        at = [images.names.tolist().index(name) for name in part.names]
        assert np.array_equal(part.pixels(), images.pixels(at))
        assert np.array_equal(part.labels, images.labels[at])
    assert train.vocab == images.vocab
    again = train.take([1, 0]).take([0])
    assert again.names.tolist() == [train.names[1]]
    assert np.array_equal(again.pixels(), train.pixels([1]))


# lists


def listing(flowers, **columns):
    names = ["rose/0.png", "daisy/1.png", "rose/2.png"]
    path = flowers / "list.csv"
    pl.DataFrame({"file": names} | columns).write_csv(path)
    return path


def test_a_list_names_pictures_and_their_classes(flowers):
    images = Images.csv(listing(flowers, kind=["b", "a", "b"]))
    assert images.target.kind == "classes"
    assert images.vocab.names.tolist() == ["a", "b"]
    assert images.labels.tolist() == [1, 0, 1]
    assert images.pixels()[:, 0, 0, 1].tolist() == [20, 240, 20]


def test_whole_numbers_are_classes_and_fractions_are_not(flowers):
    assert Images.csv(listing(flowers, y=[3, 1, 3])).vocab.names.tolist() == [1, 3]
    images = Images.csv(listing(flowers, y=[0.5, 1.5, 3.0]))
    assert (images.target.kind, images.labels.tolist()) == ("number", [0.5, 1.5, 3.0])
    assert images.vocab is None
    assert Images.csv(listing(flowers, y=[3, 1, 3]), kind="number").labels.dtype == np.float32


def test_several_labels_of_a_picture_stand_in_one_cell_or_in_columns(flowers):
    cells = Images.csv(listing(flowers, tags=["red big", "white", "red"]), sep=" ")
    assert cells.target.kind == "labels"
    assert cells.vocab.names.tolist() == ["big", "red", "white"]
    assert cells.labels.tolist() == [[1, 1, 0], [0, 0, 1], [0, 1, 0]]
    assert cells.counts["count"].to_list() == [1, 2, 1]
    table = listing(flowers, red=[1, 0, 1], big=[1, 0, 0])
    columns = Images.csv(table, target=["red", "big"])
    assert columns.labels.tolist() == [[1, 1], [0, 0], [1, 0]]


def test_several_numbers_of_a_picture(flowers):
    table = listing(flowers, x=[0.5, 1.0, 2.0], y=[3.0, 1.0, 0.0])
    images = Images.csv(table, target=["x", "y"])
    assert images.target.kind == "numbers"
    assert images.labels.tolist() == [[0.5, 3.0], [1.0, 1.0], [2.0, 0.0]]


def test_a_frame_and_a_folder_do_as_well_as_a_file(flowers):
    frame = pl.read_csv(listing(flowers, kind=["b", "a", "b"]))
    images = Images.csv(frame, root=flowers)
    assert images.labels.tolist() == [1, 0, 1]


def test_a_list_that_names_pictures_that_are_not_there(flowers):
    path = flowers / "list.csv"
    pl.DataFrame({"file": ["rose/0.png", "no.png", "daisy/0.png"], "y": list("bab")}).write_csv(
        path
    )
    with pytest.raises(BadInput, match=r"1 of 3 pictures .* no.png: there is no such file"):
        Images.csv(path)
    with pytest.raises(BadInput, match="all 2 pictures are of one class, 'b'"):
        Images.csv(path, broken="skip")


@pytest.mark.parametrize(
    ("columns", "how", "told"),
    [
        ({"a": [1, 2, 1], "b": [2, 1, 2]}, {}, "name what is to be learnt: target="),
        ({"kind": ["b", "a", "b"]}, {"target": "kinds"}, "no column 'kinds'; nearest: 'kind'"),
        ({"kind": ["b", None, "b"]}, {}, "missing in 1 row"),
        ({"kind": ["b", "b", "b"]}, {}, "of one class, 'b'"),
    ],
)
def test_bad_lists_are_said(flowers, columns, how, told):
    with pytest.raises(BadInput, match=re.escape(told)):
        Images.csv(listing(flowers, **columns), **how)


# pictures of which nothing is known


def test_pictures_come_as_paths_folders_arrays_or_pillows(flowers):
    path = flowers / "rose" / "0.png"
    array = np.asarray(Image.open(path))
    expected = array[None]
    for given in (path, str(path), [path], [array], Image.open(path), [Image.open(path)], expected):
        images = Images.of(given)
        assert np.array_equal(images.pixels(), expected)
        assert images.labels is images.vocab is images.target is None
    assert len(Images.of(flowers)) == 6
    assert Images.of(images) is images
    with pytest.raises(BadInput, match="neither classes nor labels"):
        Images.of(path).counts  # noqa: B018


def test_no_pictures_at_all(tmp_path):
    with pytest.raises(BadInput, match="there are no pictures"):
        Images.of(tmp_path)
    with pytest.raises(BadInput, match="there are no pictures"):
        Images.of([])
    with pytest.raises(BadInput, match="there is no such file"):
        Images.of(tmp_path / "none.png")


def test_many_pictures_are_decoded_side_by_side_in_order(tmp_path):
    for k in range(40):
        Image.new("L", (4, 4), k).save(tmp_path / f"{k:02}.png")
    assert Images.of(tmp_path).pixels()[:, 0, 0, 0].tolist() == list(range(40))
