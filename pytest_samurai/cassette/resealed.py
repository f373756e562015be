"""The seal of an interaction in a reformatted file. It covers what YAML reads, not the spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_samurai.cassette.answer import ANSWER, streamed_answer
from pytest_samurai.cassette.body import Written, written
from pytest_samurai.cassette.chunks import noted_chunks
from pytest_samurai.cassette.heads import reply_head, reply_head_of_old, reply_headers, request_head
from pytest_samurai.cassette.layout import FOLDED, LINES
from pytest_samurai.cassette.notes import NOTES, Of
from pytest_samurai.cassette.seal import NO_SEAL, checksums
from pytest_samurai.files import json
from pytest_samurai.wire import Interaction


class NotAsSealed(Exception):
    """What is wrong with one of our interactions, and what to do, as the end of a sentence."""


def is_edited(interaction: Interaction, item: Mapping[str, Any]) -> bool:
    """Whether a body of an interaction was edited; `item` is the interaction as YAML reads it.

    Raises NotAsSealed if anything else was changed, or if the seal is missing. Damage can remove a seal too, so a
    person who removes it must say so.
    """
    notes = item["response"].get("samurai") or {}
    seal = notes.get(NOTES.seal.name)
    if seal is None:
        raise NotAsSealed(
            "has no seal, so lines may be missing; restore it, or, if you edited it, give it the line `seal:"
            f" {NO_SEAL}` under `samurai:`"
        )
    if seal == NO_SEAL:
        return False
    sealed: list[str] = NOTES.seal.kind.read(seal)
    if sealed[:1] not in _outside(interaction, item, notes) or len(sealed) != _OF_SEAL:
        raise NotAsSealed(
            "was changed outside of its bodies since it was written; restore it, or, if you edited it, change its"
            f" line `seal:` to `{NO_SEAL}`"
        )
    return sealed[1:] != sums_of_bodies(item)


_OF_SEAL = 3
"""The number of checksums in a seal."""


def check_answer(interaction: Interaction, item: Mapping[str, Any], *, changed: bool) -> None:
    """Raises NotAsSealed if somebody edited the answer of a changed interaction but not the events that give it.

    Without a seal nobody knows which of the two was edited, so they must agree.
    """
    notes = item["response"].get("samurai")
    answer, seal = (notes.get(name) if isinstance(notes, dict) else None for name in (ANSWER, NOTES.seal.name))
    if answer is None or not (changed or seal == NO_SEAL) or answer == (given := streamed_answer(interaction)):
        return
    if seal == NO_SEAL or (seal or "").split()[2:] == _sums(item, given)[1:]:
        raise NotAsSealed(
            f"has an `{ANSWER}` that differs from its events; restore it, or edit the events, which are what is"
            f" replayed, and delete `{ANSWER}`: it is written again with the file"
        )


def check_json(interaction: Interaction, item: Mapping[str, Any]) -> None:
    """Raises NotAsSealed if a changed body was JSON when it was written, and isn't JSON any more.

    A body that lost a line is hardly ever JSON, and hardly anybody edits a body into something else.
    """
    notes = item["response"].get("samurai") or {}
    for name, body, layout in (
        ("request", interaction.request.body, notes.get("request_layout")),
        ("reply", interaction.reply.body, notes.get("layout")),
    ):
        # Only JSON is folded or broken into lines, and JSON that a server broke into lines begins like this.
        if (not {LINES, FOLDED}.isdisjoint((layout or "").split()) or _BEGIN.match(body)) and not _is_json(body):
            raise NotAsSealed(
                f"has a {name} body that was JSON and is now damaged; restore it, or, if you edited it, change its"
                f" line `seal:` to `{NO_SEAL}`"
            )


_BEGIN = re.compile(rb"[{\[][ \t]*\r?\n")


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    except RecursionError:
        # Nobody can tell.
        return True
    return True


def sums_of_bodies(item: Mapping[str, Any]) -> list[str]:
    """The checksums that `entry` would write for the bodies of an interaction, laid out as YAML has read them."""
    return _sums(item, (item["response"].get("samurai") or {}).get(ANSWER))


def _sums(item: Mapping[str, Any], answer: str | None) -> list[str]:
    sent, received = _bodies(item)
    return checksums(sent.lines, [*received.lines, NOTES.answer.text(answer).encode()])


def _bodies(item: Mapping[str, Any]) -> tuple[Written, Written]:
    notes = item["response"].get("samurai") or {}
    return (
        written(item["request"].get("body") or "", 6, notes.get("request_layout") or ""),
        written(item["response"]["body"].get("string") or "", 8, notes.get("layout") or ""),
    )


def _outside(interaction: Interaction, item: Mapping[str, Any], notes: Mapping[str, Any]) -> Sequence[list[str]]:
    """The checksums that everything except the bodies may have, with the reply's headers below its body or above."""
    sent, received = _bodies(item)
    of_bodies = {note.name: notes.get(note.name) for note in NOTES.rows if note.of is Of.BODY}
    of_bodies["chunks"] = noted_chunks(notes["chunks"]) if notes.get("chunks") else None
    after = NOTES.head + "".join(NOTES.written(interaction, of_bodies)).encode()
    before, reply = request_head(interaction.request), interaction.reply
    return (
        checksums([before, sent.style, reply_head(reply), received.style, reply_headers(reply), after]),
        checksums([before, sent.style, reply_head_of_old(reply), received.style, after]),
    )
