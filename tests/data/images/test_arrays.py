"Arrays, idx files and archives become pictures; pickles never do."

import gzip
import pickle
import re
import struct

import numpy as np
import pytest

from entable.data.images import Images
from entable.errors import BadInput

X = np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4)
Y = np.array([3, 1, 3, 1, 1, 3])


def idx(array):
    return (
        bytes([0, 0, 8, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + bytes(array.astype(np.uint8).tobytes())
    )


@pytest.fixture
def mnist(tmp_path):
    "The four files, two of them packed."
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(X))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(Y))
    for name, array in (("images-idx3", X[:2]), ("labels-idx1", Y[:2])):
        with gzip.open(tmp_path / f"t10k-{name}-ubyte.gz", "wb") as file:
            file.write(idx(array))
    return tmp_path


def test_idx_files_are_read_packed_or_not(mnist):
    images = Images.idx(mnist)
    assert repr(images) == "Images(6 of 4 x 4 x 1, 2 classes)"
    assert np.array_equal(images.pixels()[..., 0], X)
    assert images.vocab.names[images.labels].tolist() == Y.tolist()
    test = Images.idx(mnist, "test")
    assert (len(test), test.vocab.names.tolist()) == (2, [1, 3])
    assert np.array_equal(Images.idx(mnist / "train-images-idx3-ubyte").pixels(), images.pixels())


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda raw: raw[:-1], "tells of 96 bytes, it holds 95"),
        (lambda raw: raw + b"x", "holds more"),
        (lambda raw: b"\0\0\x0d\3" + raw[4:], "no idx file of bytes with 3 axes"),
        (lambda raw: raw[:7], "no idx file"),
        (lambda raw: b"", "no idx file"),
        (lambda raw: raw[:4] + b"\xff" * 12, "is damaged"),
    ],
)
def test_damaged_idx_files_are_refused(mnist, damage, told):
    path = mnist / "train-images-idx3-ubyte"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BadInput, match=re.escape(told)):
        Images.idx(mnist)


def test_damaged_packing_is_refused(mnist):
    path = mnist / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(BadInput, match="cannot be read"):
        Images.idx(mnist, "test")


def test_pictures_and_labels_of_different_sets(mnist):
    (mnist / "train-labels-idx1-ubyte").write_bytes(idx(Y[:5]))
    with pytest.raises(BadInput, match="6 pictures and train-labels-idx1-ubyte 5 labels"):
        Images.idx(mnist)
    (mnist / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(BadInput, match=r"the labels of .* are absent"):
        Images.idx(mnist)


@pytest.mark.parametrize("name", ["mnist.pkl.gz", "mnist.pkl"])
def test_a_pickled_mnist_is_refused_with_the_files_to_take(tmp_path, name):
    (tmp_path / name).write_bytes(pickle.dumps([X]))
    for given in (tmp_path, tmp_path / name):
        with pytest.raises(
            BadInput, match=r"could run code; .* train-images-idx3-ubyte\.gz, train"
        ):
            Images.idx(given)
    with pytest.raises(BadInput, match="could run code"):
        Images.npz(tmp_path / name)
    with pytest.raises(BadInput, match="could run code"):
        Images.folder(tmp_path / name)


def test_where_there_is_nothing_the_files_are_named(tmp_path):
    with pytest.raises(BadInput, match=r"holds no t10k-images.*train-labels-idx1-ubyte\.gz"):
        Images.idx(tmp_path, "test")
    with pytest.raises(BadInput, match="part='valid' came"):
        Images.idx(tmp_path, "valid")


def test_archives_are_read_by_name(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x_train=X, y_train=Y)
    images = Images.npz(tmp_path / "a.npz", "x_train", "y_train")
    assert np.array_equal(images.pixels()[..., 0], X)
    assert images.labels.tolist() == [1, 0, 1, 0, 0, 1]
    assert Images.npz(tmp_path / "a.npz", "x_train", None).labels is None
    with pytest.raises(BadInput, match="no array 'x'; nearest: x_train"):
        Images.npz(tmp_path / "a.npz")


def test_objects_in_archives_are_never_unpickled(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([object()]), y=Y)
    with pytest.raises(BadInput, match="never opened because they could run code"):
        Images.npz(tmp_path / "a.npz")


def test_archives_that_are_none(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(BadInput, match="cannot be read as npz"):
        Images.npz(tmp_path / "a.npz")
    (tmp_path / "b.npz").write_bytes(b"")
    with pytest.raises(BadInput, match="cannot be read as npz"):
        Images.npz(tmp_path / "b.npz")
    np.save(tmp_path / "c.npy", X)
    with pytest.raises(BadInput, match=r"one array; Images\.arrays takes it"):
        Images.npz(tmp_path / "c.npy")
    with pytest.raises(BadInput, match="there is no file"):
        Images.npz(tmp_path / "none.npz")


@pytest.mark.parametrize(
    "same",
    [X, X[..., None], X.astype(np.int64), X.astype(np.float64) / 255, X.astype(np.uint16) << 8],
)
def test_arrays_of_many_types_are_the_same_pictures(same):
    assert np.array_equal(Images.arrays(same).pixels()[..., 0], X)


def test_black_and_white():
    assert Images.arrays(X > 50).pixels().max() == 255


@pytest.mark.parametrize(
    ("x", "told"),
    [
        (X.reshape(6, 16), "reshape flat rows first"),
        (np.zeros((2, 3, 8, 8)), "put them last: x.transpose(0, 2, 3, 1)"),
        (np.zeros((2, 8, 8, 4)), "keep 1 (gray) or 3"),
        (np.zeros((0, 8, 8)), "shape (0, 8, 8"),
        (np.full((2, 8, 8), 7.0), "floats from 7 to 7 came"),
        (np.full((2, 8, 8), np.nan), "0 (black) to 1 (white)"),
        (np.full((2, 8, 8), -1), "pictures of int64 came"),
        (np.full((2, 8, 8), "a"), "pictures of <U1 came"),
    ],
)
def test_arrays_that_are_no_pictures(x, told):
    with pytest.raises(BadInput, match=re.escape(told)):
        Images.arrays(x)


def test_what_is_known_comes_as_classes_names_flags_or_numbers():
    assert Images.arrays(X, Y).target.kind == "classes"
    assert Images.arrays(X, list("ababab")).vocab.names.tolist() == ["a", "b"]
    assert Images.arrays(X, np.eye(6, 3)).target.kind == "labels"
    assert Images.arrays(X, Y + 0.5).target.kind == "number"
    assert Images.arrays(X, np.arange(12).reshape(6, 2)).target.kind == "numbers"
    assert Images.arrays(X, {"a": Y}).target.names == ("a",)
    assert Images.arrays(X, Y, names=list("abcdef")).names.tolist() == list("abcdef")
    with pytest.raises(BadInput, match="6 pictures and 5 labels came"):
        Images.arrays(X, Y[:5])
    with pytest.raises(BadInput, match="labels of shape"):
        Images.arrays(X, np.zeros((6, 1, 1)))


def test_arrays_are_resized_and_coloured_if_asked():
    images = Images.arrays(X, Y, size=8, channels=3)
    assert images.pixels().shape == (6, 8, 8, 3)
    assert images.sizes[0].tolist() == [4, 4]
    gray = Images.arrays(np.zeros((2, 4, 4, 3), np.uint8), channels=1)
    assert gray.pixels().shape == (2, 4, 4, 1)


@pytest.mark.realdata
def test_mnist_is_read(real):
    train, test = (Images.idx(real / "mnist", part) for part in ("train", "test"))
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.vocab.names.tolist() == list(range(10))
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
