"""The changed cassettes, one by one, each accepted or put back."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final

from pytest_samurai.commands.comparison import Comparison
from pytest_samurai.commands.diff import comparison_lines, names
from pytest_samurai.commands.keys import Read
from pytest_samurai.commands.pieces import Line, Piece, line
from pytest_samurai.errors import SamuraiError
from pytest_samurai.text import money, plural

ACCEPT, PUT_BACK, SKIP, QUIT, HELP = "arsq?"
MEANINGS: Final = {
    ACCEPT: "accept: the file stays as it is",
    PUT_BACK: "put back: the cassette, and its row of the lock, as they were",
    SKIP: "skip: decide another time",
    QUIT: "quit: leave what is left",
    HELP: "help",
}
_QUESTION = ", ".join(f"{key} {meaning.partition(':')[0]}" for key, meaning in MEANINGS.items()) + ": "
_ENDS = ("", "\x03", "\x04")
"""The end of the input, and the keys for it if the terminal passes them on."""


class Review:
    """Asks what to do with each difference.

    `show` prints lines, `ask` prints a question without a line end, `key` waits for its answer, and `put_back` puts a
    cassette back and returns what it did.
    """

    def __init__(
        self,
        show: Callable[[Sequence[Line]], None],
        ask: Callable[[str], None],
        key: Read,
        put_back: Callable[[Comparison], list[str]],
    ) -> None:
        self._show = show
        self._ask = ask
        self._key = key
        self._put_back = put_back
        self._told: dict[Hashable, str] = {}
        self.is_done = False
        """Whether all were accepted or put back."""
        self._decided: dict[str, list[Comparison]] = {ACCEPT: [], PUT_BACK: [], SKIP: []}

    def run(self, comparisons: Sequence[Comparison]) -> list[Line]:
        """Go through all of them. Returns lines with the decisions."""
        left = list(comparisons)
        while left:
            number = len(comparisons) - len(left) + 1
            self._show([*self._told_lines(left[0], f"{number:,} of {len(comparisons):,}"), line("")])
            decision = self._decide(left[0])
            if decision == QUIT:
                break
            self._decided[decision].append(left.pop(0))
        self.is_done = not left and not self._decided[SKIP]
        return list(self._closing(left))

    def _told_lines(self, comparison: Comparison, where: str) -> Iterator[Line]:
        first, *more = comparison_lines(comparison, self._told)
        yield [Piece(f"{where}  ", "faint"), *first]
        yield from more
        for changed in comparison.changes:
            key = changed.change.key
            if key in self._told and self._told[key] != comparison.title:
                yield line(f"  as in {self._told[key]}: {changed.change.title}", "faint")
            self._told.setdefault(key, comparison.title)

    def _decide(self, comparison: Comparison) -> str:
        """The decision: accepted, put back or skipped; or to stop."""
        while True:
            self._ask(_QUESTION)
            key = self._key()
            if key in _ENDS or key == QUIT:
                self._show([line("quit")])
                return QUIT
            if key == ACCEPT and comparison.versions.now is not None and comparison.versions.now.problem:
                self._show([line("it cannot be read, so it cannot be accepted")])
            elif key in (ACCEPT, SKIP):
                self._show([line("accepted" if key == ACCEPT else "skipped"), line("")])
                return key
            elif key == PUT_BACK:
                if self._was_put_back(comparison):
                    return key
            elif key == HELP:
                self._show([line(""), *(line(f"  {known}  {meaning}") for known, meaning in MEANINGS.items())])
            else:
                self._show([line("not one of the keys")])

    def _was_put_back(self, comparison: Comparison) -> bool:
        if (question := _question(comparison)) is not None:
            self._show([line("")])
            self._ask(f"{question} y deletes it, any other key keeps it: ")
            if self._key() != "y":
                self._show([line("not deleted")])
                return False
        try:
            done = self._put_back(comparison)
        except SamuraiError as error:
            self._show([line("not put back"), line(str(error), "wrong")])
            return False
        self._show([line(f"put back: {'; '.join(done)}"), line("")])
        return True

    def _closing(self, left: Sequence[Comparison]) -> Iterator[Line]:
        kinds = [(ACCEPT, "accepted"), (PUT_BACK, "put back"), (SKIP, "skipped")]
        decided = [*((what, self._decided[key]) for key, what in kinds), ("not decided", left)]
        for what, comparisons in decided:
            if comparisons:
                titles = names([each.title for each in comparisons])
                yield [Piece(f"{what} {len(comparisons):,}", "name"), Piece(f": {titles}")]


def _question(comparison: Comparison) -> str | None:
    """The extra question before a file is deleted; None if no file would be."""
    versions = comparison.versions
    if versions.now is None or (versions.then is not None and versions.moved_from is None):
        return None
    count = None if versions.now.calls is None else len(versions.now.calls)
    holds = "what it holds" if count is None else plural(count, "recording")
    if versions.is_tracked:
        return f"The file is new, with {holds}, and git has it in its index."
    cost = f", which cost {money(comparison.new.cost)}" if comparison.new.cost else ""
    return f"The file is new, and git does not know it: {holds}{cost}, would be lost, and you would pay for it again."
