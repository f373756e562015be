"""The readable parts of a cassette that cannot be read completely."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_samurai.cassette import readings
from pytest_samurai.wire import Interaction
from tests.chats import chat, saved

PATH = Path("c.yaml")
OF_VCRPY = """\
interactions:
- request: {method: GET, uri: "http://x/1", headers: {}, body: null}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: ""}}
- request: {method: GET, uri: "http://x/2", headers: {}, body: null}
  response: nothing
version: 1
"""


def urls(pieces: object) -> list[str]:
    assert isinstance(pieces, list)
    return [piece if isinstance(piece, str) else piece.request.url for piece in pieces]


def test_a_whole_file_is_one_reading_without_damage(tmp_path: Path) -> None:
    path = saved(tmp_path / "c.yaml", chat("one"))
    [reading] = readings(path.read_bytes(), path)
    assert (reading.side, reading.damage, len(reading.interactions)) == ("", "", 1)


def test_each_interaction_is_read_on_its_own_in_the_layout_of_others_too() -> None:
    [reading] = readings(OF_VCRPY.encode(), PATH)
    assert urls(reading.interactions) == [
        "http://x/1",
        "`response` is 'nothing', not a mapping; fix it, restore the file, or delete it to record again",
    ]
    assert reading.damage.startswith("c.yaml:4: interaction 2 is damaged: ")


def test_a_file_that_was_cut_off_has_its_first_calls(tmp_path: Path) -> None:
    content = saved(tmp_path / "c.yaml", chat("one"), chat("two")).read_bytes()
    [reading] = readings(content[: content.index(b"two")], PATH)
    first, second = reading.interactions
    assert isinstance(first, Interaction)
    assert isinstance(second, str)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_a_side_of_a_merge_may_be_damaged_itself(tmp_path: Path, ending: bytes) -> None:
    one, two = (saved(tmp_path / f"{word}.yaml", chat(word)).read_bytes() for word in ("one", "two"))
    lines = one.replace(b"method: POST", b"method: [").split(b"\n")
    mixed = [*lines[:2], b"<<<<<<< HEAD", *lines[2:-1], b"=======", *two.split(b"\n")[2:-1], b">>>>>>> other", b""]
    ours, theirs = readings(ending.join(mixed), PATH)
    assert (ours.side, theirs.side) == ("ours", "theirs")
    assert "merge conflict" in ours.damage
    assert [type(piece) for piece in (*ours.interactions, *theirs.interactions)] == [str, Interaction]
