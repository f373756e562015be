"""The calls in two versions of a cassette, and which of them belong together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from pytest_samurai.bill import Call
from pytest_samurai.matching import Difference, Json, Matcher, canonical, differences, likeness, parse_path, words
from pytest_samurai.wire import Dialect, Interaction, RequestPart, answer_of, dialect_of, ids_in, part_at


class Calls:
    """The calls in one version of a cassette, in their compared form: as the matcher compares them, without ids.

    An id that a reply in the cassette made up, such as a tool call's, comes back in the next request. It differs in
    each recording, so `_ID` replaces it.
    """

    def __init__(self, interactions: Sequence[Interaction], matcher: Matcher) -> None:
        self.interactions = interactions
        self._matcher = matcher

    def __len__(self) -> int:
        return len(self.interactions)

    def call(self, index: int) -> Call:
        return Call(self.interactions[index], number=index + 1, replayed=True)

    @cached_property
    def _ids(self) -> frozenset[str]:
        return frozenset(name for recorded in self.interactions for name in ids_in(answer_of(recorded).known))

    @cached_property
    def asked(self) -> Sequence[Json]:
        """The bodies of the requests."""
        return [_without(self._matcher.value(recorded.request), self._ids) for recorded in self.interactions]

    def endpoint(self, index: int) -> str:
        """The API of a request; for an unknown API, the path without its host."""
        url = self.interactions[index].request.url
        return dialect_of(url).name or urlsplit(url).path

    def matching_key(self, index: int) -> Hashable:
        """Equal for requests that a recorder treats as the same, and that got the same status."""
        recorded = self.interactions[index]
        return self._matcher.key(recorded.request), recorded.reply.status

    def meaning(self, index: int) -> Hashable:
        """Equal for requests that say the same, apart from ids."""
        return self.endpoint(index), canonical(self.asked[index])


_ID = "(id)"


def _without(value: Json, ids: frozenset[str]) -> Json:
    if isinstance(value, str):
        return _ID if value in ids else value
    if isinstance(value, dict):
        return {key: _without(inner, ids) for key, inner in value.items()}
    return [_without(inner, ids) for inner in value] if isinstance(value, list) else value


Indexes = tuple[int | None, int | None]
"""The old and the new index of a call; None if a side does not have it."""


def paired(then: Calls, now: Calls) -> list[Indexes]:
    """The calls that belong together: first those with equal keys, then those at the same endpoint that share most
    words.

    The order is that of the new version. Calls that are gone come last.
    """
    partners: dict[int, int] = {}
    olds, news = dict.fromkeys(range(len(then))), dict.fromkeys(range(len(now)))

    def pair(old: int, new: int) -> None:
        partners[new] = old
        del olds[old], news[new]

    for key in (Calls.matching_key, Calls.meaning):
        for old, new in _with_equal_keys(key, then, list(olds), now, list(news)):
            pair(old, new)
    for old, new in _by_likeness(then, list(olds), now, list(news)):
        if old in olds and new in news:
            pair(old, new)
    return [*((partners.get(new), new) for new in range(len(now))), *((old, None) for old in olds)]


def _with_equal_keys(
    key: Callable[[Calls, int], Hashable], then: Calls, olds: Sequence[int], now: Calls, news: Sequence[int]
) -> Iterator[tuple[int, int]]:
    equal: dict[Hashable, deque[int]] = {}
    for old in olds:
        equal.setdefault(key(then, old), deque()).append(old)
    for new in news:
        if candidates := equal.get(key(now, new)):
            yield candidates.popleft(), new


def _by_likeness(then: Calls, olds: Sequence[int], now: Calls, news: Sequence[int]) -> list[tuple[int, int]]:
    """All possible pairs, the most similar first."""
    if not olds or not news:
        return []
    of_old, of_new = ({index: words(side.asked[index]) for index in left} for side, left in ((then, olds), (now, news)))
    alike = sorted(
        (-likeness(of_new[new], of_old[old]), new, old)
        for new in news
        for old in olds
        if then.endpoint(old) == now.endpoint(new)
    )
    return [(old, new) for _, new, old in alike]


@dataclass(frozen=True, slots=True)
class ChangedPart:
    """A difference in a part of a request: a message, a tool, a parameter."""

    part: RequestPart
    differences: Sequence[Difference]


def changed_parts(dialect: Dialect, then: Json, now: Json) -> Iterator[ChangedPart]:
    """The differences between two requests, by message, tool or parameter."""
    by_part: dict[RequestPart, list[Difference]] = {}
    for difference in differences(then, now):
        are_objects = isinstance(now, dict) and isinstance(then, dict)
        part = part_at(dialect, parse_path(difference.path) if are_objects else (), now, then)
        by_part.setdefault(part, []).append(difference)
    for part, changed in by_part.items():
        yield ChangedPart(part, changed)
