"""As many of a page's conversations as fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_samurai import cassette
from pytest_samurai.bill import PriceList
from pytest_samurai.report.forms import conversations
from pytest_samurai.report.forms.conversations import Conversations, Shown
from pytest_samurai.report.forms.template import Templates
from pytest_samurai.report.library import Library
from pytest_samurai.report.run import Run
from pytest_samurai.report.spoken import Spoken
from pytest_samurai.wire import Interaction
from tests.report.calls import interaction, user
from tests.report.markup import Element

STAYS_SMALL = "left out, to keep this page small."


def shelf(root: Path, *talks: list[Interaction], **more: int) -> Conversations:
    for index, talk in enumerate(talks):
        cassette.save(root / f"{index}.yaml", talk)
    spoken = tuple(Spoken.of(f"test_{index}", f"{index}.yaml", talk) for index, talk in enumerate(talks))
    run = Run("0.1.0", "2026-11-24T13:00:00Z", "none", spoken=spoken)
    return Conversations(run, Library(root, spoken, frozenset(), PriceList()), Templates())


def headings(shown: Shown) -> list[str]:
    return [heading.text for heading in Element.of(shown.markup).all("h3")]


def test_a_conversation_is_told_whole_if_there_is_room(tmp_path: Path) -> None:
    talk = [interaction(user("France?")), interaction(user("France?"), user("Japan?"))]
    [shown] = shelf(tmp_path, talk).shown([], [0]).values()
    assert (shown.what, shown.missing) == ("2 calls in 0.yaml", "")
    assert headings(shown) == ["Call 1: gpt-4o-mini", "Call 2: gpt-4o-mini"]
    first, second = Element.of(shown.markup).all("section", "call")
    assert [item.words for item in first.all("li")] == [
        "user about 100%, 100 tokens France?",
        "assistant Paris.",
    ]
    assert [(item.classes, item.words) for item in second.all("li")] == [
        (["before"], "user sent before, in call 1 about 51%, 51 tokens France?"),
        (["new"], "user about 49%, 49 tokens Japan?"),
        (["answer"], "assistant Paris."),
    ]


def test_texts_are_cut_shorter_before_a_call_is_left_out(tmp_path: Path) -> None:
    many = interaction(*(user(f"{number}{'x' * 3900}") for number in range(20)))
    [shown] = shelf(tmp_path, [many]).shown([], [0]).values()
    assert "characters left out ..." in shown.markup
    assert (headings(shown), shown.missing) == (["Call 1: gpt-4o-mini"], "")


def test_calls_beyond_the_room_of_a_test_are_counted_and_one_that_failed_has_more(tmp_path: Path) -> None:
    talk = [interaction(user(f"{number}{'x' * 3900}")) for number in range(100)]
    books = shelf(tmp_path, talk, talk)
    shown = books.shown([1], [0, 1])
    told = {index: len(headings(conversation)) for index, conversation in shown.items()}
    assert 0 < told[0] < told[1] < 100
    assert shown[0].missing == f"{100 - told[0]} more calls {STAYS_SMALL}"
    assert len(shown[1].markup.encode()) <= 120_000


def test_a_call_that_is_too_large_for_the_page_is_left_out_and_named_with_its_cassette(tmp_path: Path) -> None:
    huge = interaction(*(user(f"{number}<>{'&' * 3900}") for number in range(30)))
    shown = shelf(tmp_path, *[[huge]] * 2).shown([], [0, 1])
    assert {conversation.markup for conversation in shown.values()} == {""}
    assert shown[1].missing == f"1 call in 1.yaml: 1 more call {STAYS_SMALL}"


def test_when_the_page_is_full_the_conversations_of_other_tests_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "MOST", 10_000)
    talk = [interaction(user("x" * 3000))]
    shown = shelf(tmp_path, *[talk] * 5).shown([4], range(5))
    assert [index for index, conversation in shown.items() if conversation.markup] == [4, 0]
    assert shown[3] == Shown("1 call in 3.yaml", "", f"1 call in 3.yaml: {STAYS_SMALL}")


def test_what_a_cassette_lacks_is_said(tmp_path: Path) -> None:
    books = shelf(tmp_path, [interaction(user("France?")), interaction(user("Japan?"), usage=None)], [interaction()])
    cassette.save(tmp_path / "0.yaml", [interaction(user("France?"))])
    (tmp_path / "1.yaml").unlink()
    shown = books.shown([], [0, 1])
    assert shown[0].missing == "1 call of this test is not in the cassette: not kept, or recorded again since then."
    assert shown[1].missing == "1 call in 1.yaml: no such cassette: nothing was kept, or it has been deleted since."


def test_markup_in_a_prompt_is_text(tmp_path: Path) -> None:
    hostile = "</div></li></ol></section></details><script>alert(1)</script>{{ 7 * 7 }}{% raw %}"
    recorded = interaction({"role": hostile, "content": hostile}, answer={"role": "assistant", "content": hostile})
    [shown] = shelf(tmp_path, [recorded]).shown([], [0]).values()
    tree = Element.of(shown.markup)
    assert tree.all("script") == []
    assert [text.text for text in tree.all("div", "text")] == [hostile] * 2
    assert tree.all("b")[0].text == hostile
