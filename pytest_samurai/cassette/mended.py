"""Replaces some interactions in a cassette and leaves every other byte as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from pytest_samurai.cassette.entry import interaction_text
from pytest_samurai.cassette.frame import TAIL, is_ours
from pytest_samurai.cassette.reader import parse, read
from pytest_samurai.cassette.seal import is_sealed, items_of
from pytest_samurai.cassette.writer import replace_texts
from pytest_samurai.errors import CassetteError
from pytest_samurai.files import locked
from pytest_samurai.wire import Interaction

_MARK = re.compile(rb"      (?:(?:edited|imported): true|seal: (?:none|[0-9a-f ]+))")


def mend(path: Path, change: Callable[[Sequence[Interaction]], Mapping[int, Interaction]]) -> None:
    """Replace interactions of a cassette with those that `change` gives, by index, while no other process can.

    Each gets a new seal. Raises CassetteError, and leaves the file alone, if it isn't in our layout, or if a person or
    a formatter has added lines to one of these interactions that would be lost.
    """
    with locked(path):
        content = read(path)
        interactions = parse(content, path)
        changed = {index: interaction.as_kept() for index, interaction in change(interactions).items()}
        if not changed:
            return
        line_end = b"\r\n" if b"\r\n" in content else b"\n"
        lines = content.replace(b"\r\n", b"\n")
        if not is_ours(lines):
            raise CassetteError(
                f"{path}: another tool wrote this file; `pytest-samurai import {path}` takes the secrets out"
            )
        is_as_written = lines.endswith(b"\n" + TAIL) and lines.replace(b"\n", line_end) == content
        items = items_of(lines) if is_as_written else []
        if len(items) != len(interactions):
            raise CassetteError(f"{path}: a formatter has rewritten this file; {_BY_HAND}")
        for index in changed:
            if not _comes_back(items[index], interactions[index]):
                raise CassetteError(
                    f"{path}: interaction {index + 1} was edited, and cannot be written again as it is; {_BY_HAND}"
                )
        texts = [
            interaction_text(changed[index]) if index in changed else [b"\n".join([*before, b""])]
            for index, before in enumerate(items)
        ]
        after = [changed.get(index, interaction) for index, interaction in enumerate(interactions)]
        replace_texts(path, texts, after, line_end)


_BY_HAND = "take the secrets out by hand, or record it again"


def _comes_back(lines: Sequence[bytes], interaction: Interaction) -> bool:
    """Whether lines are as they were sealed, or as we would write them, apart from those about their origin."""
    if is_sealed(lines):
        return True
    written = b"".join(interaction_text(interaction.as_kept())).split(b"\n")
    return _unmarked(lines) == _unmarked(written[:-1])


def _unmarked(lines: Iterable[bytes]) -> list[bytes]:
    return [line for line in lines if not _MARK.fullmatch(line)]
