"""The cassettes of a run, from which a report takes its conversations."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_samurai.bill import Call, Meter, PriceList
from pytest_samurai.cassette import load
from pytest_samurai.errors import CassetteError
from pytest_samurai.redaction import Redactor, without_secrets
from pytest_samurai.report.spoken import Spoken, answer_mark, mark
from pytest_samurai.text import plural
from pytest_samurai.wire import Interaction, Request


@dataclass(frozen=True, slots=True)
class Told:
    """The calls of a test that its cassette has. `lost` says what is missing; it is empty if nothing is."""

    calls: Sequence[Call]
    lost: str = ""


class Library:
    """Tells the conversations in `spoken`, whose cassettes are below `root`. Each is read once.

    `secrets` are removed from what is read, and so is everything that looks like one: another tool may have left it
    there.
    """

    def __init__(self, root: Path, spoken: Sequence[Spoken], secrets: frozenset[str], prices: PriceList) -> None:
        self._root = root
        self._spoken = spoken
        self._secrets = secrets
        self._meter = Meter(prices, _as_it_is)
        self._shelf: dict[str, _Marked] = {}

    def told(self, index: int) -> Told:
        """The calls of the conversation with this index, numbered from 1."""
        spoken = self._spoken[index]
        try:
            marked = self._shelf.get(spoken.cassette) or self._read(spoken.cassette)
        except FileNotFoundError:
            return Told((), "no such cassette: nothing was kept, or it has been deleted since")
        except (CassetteError, ValueError) as error:
            return Told((), Redactor(self._secrets).text(f"the cassette cannot be read: {error}"))
        calls: list[Call] = []
        before = Counter[str]()
        for number, call in enumerate(spoken.calls, 1):
            indexes = marked.indexes(call)
            if indexes:
                # Each of several equal calls is used once before the last one is repeated.
                index_of_call = indexes[min(before[call], len(indexes) - 1)]
                before[call] += 1
                calls.append(Call(marked.shown[index_of_call], number=number, replayed=True, meter=self._meter))
        lost = len(spoken.calls) - len(calls)
        which = f"{plural(lost, 'call')} of this test {'is' if lost == 1 else 'are'} not in the cassette"
        return Told(calls, f"{which}: not kept, or recorded again since then" if lost else "")

    def _read(self, cassette: str) -> _Marked:
        # A name with a null byte, which a JSON report may have, raises ValueError.
        interactions = load(self._root / cassette)
        marked = self._shelf[cassette] = _Marked(interactions, without_secrets(interactions, self._secrets))
        return marked


class _Marked:
    """The interactions of a cassette by their marks. `shown` are the same without secrets."""

    def __init__(self, interactions: Sequence[Interaction], shown: Sequence[Interaction]) -> None:
        self.shown = shown
        self._indexes: dict[str, list[int]] = defaultdict(list)
        for index, interaction in enumerate(interactions):
            self._indexes[mark(interaction)].append(index)
            self._indexes[answer_mark(interaction)].append(index)

    def indexes(self, call: str) -> Sequence[int]:
        """The indexes of a call, or else those of the same answer."""
        return self._indexes.get(call, ()) or self._indexes.get(call[8:], ())


def _as_it_is(request: Request, text: str) -> str:
    del request
    return text
