"""Every message that a user can see is on the page of messages, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from manual.collected import Message, messages
from manual.messagespage import every_situation, messages_page, situations_of
from manual.situations import NO_MESSAGES
from tests.project import Project


def collected(tmp_path: Path, code: str) -> list[str]:
    (tmp_path / "room.py").write_text(code, encoding="utf-8")
    return [f"{message.source}: {message.text}" for message in messages(tmp_path)]


def test_a_message_of_no_known_source_is_refused() -> None:
    with pytest.raises(KeyError, match="cellar/coal.py:dig says 'there is no coal here', and is in no table"):
        situations_of([Message("cellar/coal.py:dig", "there is no coal here")])
    # A module's own row comes before its package's.
    told = situations_of([Message("report/forms/page.py:render", "left out"), Message("report/run.py:Run", "old")])
    assert {title: [message.text for message in said] for title, said in told.items() if said} == {
        "A report cannot be written, or leaves something out": ["left out"],
        "`report`": ["old"],
    }


def test_every_row_of_the_tables_still_has_a_message() -> None:
    sources = [message.source for message in messages()]
    rows = [*NO_MESSAGES, *(row for situation in every_situation() for row in situation.sources)]
    assert [row for row in rows if not any(source.startswith(row) for source in sources)] == []
    assert len(rows) == len(set(rows))


def test_every_situation_says_what_to_do() -> None:
    page = messages_page()
    for situation in every_situation():
        assert f"### {situation.title}\n\n{situation.advice}\n\n- `" in page
        assert situation.advice.endswith(".")


def test_what_an_error_is_raised_with_is_a_message_however_short(tmp_path: Path) -> None:
    code = 'def f(x):\n    raise ValueError(f"no {x}") from None\n    raise KeyError(x)\n'
    assert collected(tmp_path, code) == ["room.py:f: no …"]


def test_a_text_of_four_words_is_a_message_and_a_docstring_is_none(tmp_path: Path) -> None:
    code = '''
"""A docstring of many words, too."""
HINT = "fix it by your own hands"
LABEL = "two words"
NUMBERS: "a type of some words" = x["a key of some words"]
class Room:
    """A docstring of many words."""
    def f(self, y, z):
        fill("put {} there: {name}")
        raise KeyError("name")
        return [f"{y:,} of {z} calls have no {y} cost", parse(help="all that it can do")]
'''
    assert collected(tmp_path, code) == [
        "room.py:HINT: fix it by your own hands",
        "room.py:Room: put … there: …",
        "room.py:Room: … of … calls have no … cost",
    ]


def test_a_message_that_a_user_meets_is_on_the_page(project: Project) -> None:
    """One of each kind, as printed: a miss, a setting, a damaged file."""
    page = messages_page()
    project.pytester.makepyfile(
        test_geo="""
        import pytest

        @pytest.mark.samurai
        def test_capital(samurai_client):
            samurai_client.post("/chat/completions", json={"model": "gpt-4o-mini", "messages": []})
        """
    )
    missed = project.run("--samurai-mode=none").stdout.str()
    assert "has no recording, and the mode does not let it go live." in missed
    assert "- `… … has no recording, and the mode does not let it go live.`" in page
    mistaken = project.run("--samurai-mode=never").stderr.str()
    assert "'never'; it must be one of " in mistaken
    assert "- `it must be …`" in page
    project.pytester.mkdir("cassettes").joinpath("test_geo").mkdir()
    project.pytester.path.joinpath("cassettes/test_geo/test_capital.yaml").write_text("", encoding="utf-8")
    damaged = project.run().stdout.str()
    assert "the file is empty; restore it, or delete it to record again" in damaged
    assert "- `…:1: the file is empty; restore it, or delete it to record again`" in page
