"The Netflix prize's blocks are read as what they say."

import pytest

from entable.data.ratings import Ratings
from entable.errors import BadInput

TEXT = "1:\n1488844,3,2005-09-06\n822109,5,2005-05-13\n\n2:\n3:\n1488844,4,2005-09-07\n"


def test_blocks(file):
    ratings = Ratings.read(file("combined.txt", TEXT))
    assert ratings.frame().drop("time").rows() == [
        (1488844, 1, 3.0),
        (822109, 1, 5.0),
        (1488844, 3, 4.0),
    ]
    assert ratings.time.tolist() == [1125964800, 1115942400, 1126051200]
    assert ratings.notes[0] == (
        "combined.txt: blocks of one item each (item: and below it user,rating,date)"
    )
    assert Ratings.read(file("combined.txt", TEXT), time=False).time is None


def test_blocks_in_many_files_and_without_dates(file, tmp_path):
    file("mv_1.txt", "1:\n7,3\n8,4\n")
    file("mv_2.txt", "2:\r\n7,5\r\n")
    ratings = Ratings.read(tmp_path / "mv_*.txt")
    assert ratings.frame().rows() == [(7, 1, 3.0), (8, 1, 4.0), (7, 2, 5.0)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "1:\n7,3\n\n8\n",
            "c.txt, line 4: wanted user,rating,date below a line movie:",
        ),
        ("1:\n7,3\n\n8,x\n", "c.txt, line 4: the rating 'x' is no number"),
        ("1:\n7,3,2005-01-01\n8,4,soon\n", "c.txt, line 3: the time 'soon' is no time; time=False"),
    ],
)
def test_broken_blocks_say_where(file, text, message):
    with pytest.raises(BadInput) as error:
        Ratings.read(file("c.txt", text))
    assert str(error.value).startswith(message)
