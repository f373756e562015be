"""Why a test uses what it uses. Its cassette is compared with the lock, or with an earlier revision.

A lock only has totals, so it says what moved. Two cassettes say which message, tool, call or model it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path, PurePosixPath

from pytest_samurai.bill import (
    ABOUT,
    METRICS,
    Call,
    Meter,
    PriceList,
    Row,
    TestFigures,
    apis_of,
    beside_chat,
    in_percent,
    labelled,
    measured,
    models_text,
    moved,
    row_of,
)
from pytest_samurai.cassette import candidates_for, load, parse
from pytest_samurai.commands.git import GitFailed, printed
from pytest_samurai.commands.pairs import Calls, changed_parts, paired
from pytest_samurai.errors import SettingsError
from pytest_samurai.matching import (
    Difference,
    Json,
    Matcher,
    describe,
    length,
)
from pytest_samurai.redaction import without_secrets
from pytest_samurai.text import money, money_apart, plural
from pytest_samurai.wire import (
    RETRYABLE,
    Dialect,
    Interaction,
    Price,
    Usage,
    dialect_of,
    is_call,
    prompt_length,
    summary,
)


def recorded(path: Path, secrets: frozenset[str] = frozenset()) -> list[Interaction]:
    """The interactions of a cassette, without `secrets` and anything else that may not be shown.

    Raises SettingsError if there is no cassette, CassetteError if it cannot be read.
    """
    try:
        # Secrets go before anything is shortened: half a secret looks like any other word.
        return without_secrets(load(path), secrets)
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such cassette; name the test's cassette with --cassette") from None


def recorded_at(path: Path, revision: str, secrets: frozenset[str] = frozenset()) -> list[Interaction]:
    """The interactions of a cassette in a git revision, without `secrets` and anything else that may not be shown.

    Raises SettingsError if git, the revision or the cassette in it is missing, CassetteError if it cannot be read.
    """
    if revision.startswith("-"):
        raise SettingsError(f"{revision!r} is not a git revision")
    try:
        # The stored content, not what a user's filter turns it into for reading.
        content = printed(["show", "--no-textconv", f"{revision}:./{path.name}"], path.parent)
    except GitFailed as failed:
        raise SettingsError(f"git has no {path} as of {revision}: {failed}") from None
    return without_secrets(parse(content, Path(f"{revision}:{path}")), secrets)


def row(interactions: Sequence[Interaction]) -> Row:
    """The usage of a cassette's calls, as a row of a lock."""
    return row_of(_figures(interactions, PriceList()))


def _figures(interactions: Sequence[Interaction], own: PriceList) -> TestFigures:
    meter = Meter(own, lambda _, text: text)
    calls = [
        Call(interaction, number=number, replayed=True, meter=meter)
        for number, interaction in enumerate(filter(is_call, interactions), 1)
    ]
    return TestFigures.of("", calls, recorded=0)


def prices(interactions: Sequence[Interaction], own: PriceList) -> dict[str, Price]:
    """The prices of the calls, by model.

    Each is the project's own if it has one, or else the recorded one, or else the current one.
    """
    figures = _figures(interactions, own)
    return {of_model.model: of_model.price for of_model in figures.models if of_model.price is not None}


def shared_line(test: str, cassette: Path, interactions: Sequence[Interaction], old: Row) -> str | None:
    """A line saying that a cassette is shared, judged by its name and its number of calls; otherwise None."""
    own = [path.parts for path, is_certain in candidates_for(test, PurePosixPath()) if is_certain]
    requests = sum(spent.requests for spent in old.values())
    if any(cassette.parts[-len(parts) :] == parts for parts in own) or len(interactions) <= requests:
        return None
    return (
        f"  Its name is not this test's, and it has {plural(len(interactions), 'call')}; the lock has"
        f" {plural(requests, 'request')} of this test. So its sums are not what the test uses, and are not shown."
    )


# --- totals


def totals(old: Row, new: Row, rates: Mapping[str, Price], name: str) -> list[str]:
    """Both rows side by side, and what moved. `name` is the source of the old one. `rates` price both."""
    before, after = measured(old, rates), measured(new, rates)
    table = [("", name, "recorded", "")]
    for metric in METRICS:
        was, now = before[metric], after[metric]
        sides = zip(_pair(was, now), (was, now), (old, new), strict=True)
        shown = [text if value is None else labelled(text, metric, row) for text, value, row in sides]
        table.append(
            (metric, shown[0], shown[1], in_percent(was, now) if was and now is not None and was != now else "")
        )
    table.append(("model", models_text(old), models_text(new), ""))
    widths = [max(len(line[column]) for line in table) for column in range(3)]
    lines = [
        f"  {metric:<{widths[0]}}  {was:>{widths[1]}}  {now:>{widths[2]}}  {change}".rstrip()
        for metric, was, now, change in table
    ]
    if any("~" in cell for _, *cells, _ in table[1:-1] for cell in cells):
        lines.append(f"  {ABOUT}")
    moves = moved(old, new)
    if before["total_tokens"] is None or after["total_tokens"] is None:
        moves.append("the change in tokens is unknown: a reply does not say what it used")
    return [*lines, f"  What moved: {'; '.join(moves) or 'nothing'}"]


def _pair(was: int | Decimal | None, now: int | Decimal | None) -> tuple[str, str]:
    if isinstance(was, Decimal) and isinstance(now, Decimal):
        shown = money_apart(was, now)
        return shown[0], shown[1]
    return _number(was), _number(now)


def _number(value: int | Decimal | None) -> str:
    if value is None:
        return "unknown"
    return money(value) if isinstance(value, Decimal) else f"{value:,}"


# --- request by request


def explain(then: Sequence[Interaction], now: Sequence[Interaction], matcher: Matcher) -> list[str]:
    """Which calls differ and how, each difference with its tokens; nothing if no call differs.

    Only what the `matcher` compares counts.
    """
    lines: list[str] = []
    estimated = False
    before, after = Calls(then, matcher), Calls(now, matcher)
    for old, new in paired(before, after):
        if old is None:
            lines += _alone(now, new, "new")
        elif new is None:
            lines += _alone(then, old, "gone")
        else:
            pair = _Pair(before, old, after, new)
            changes = list(pair.changes())
            if changes:
                at = f"call {new + 1}" if old == new else f"call {new + 1} (it was call {old + 1})"
                lines += [f"  {at}: {pair.tokens()}", *changes]
                estimated = estimated or pair.estimates
    if estimated:
        lines.append(
            """  "about" is estimated from characters, at that call's own rate: a reply counts only the whole prompt."""
        )
    return lines


def _alone(interactions: Sequence[Interaction], index: int | None, what: str) -> list[str]:
    """A call that only one side has."""
    assert index is not None
    interaction = interactions[index]
    request, status = interaction.request, interaction.reply.status
    call = Call(interaction, number=index + 1, replayed=True)
    usage = call.usage
    tokens = "of unknown usage" if usage is None else f"{_count(usage)} tokens"
    model = ", ".join([call.model or "model unknown", *beside_chat(apis_of([call.endpoint]))])
    lines = [f"  call {index + 1} is {what}: {tokens} ({model}), {summary(request)}"]
    was_repeated = any(later.request.body == request.body for later in interactions[index + 1 :])
    if status in RETRYABLE and was_repeated:
        lines.append(f"    status {status}, and it was tried again")
    elif status >= 300:
        lines.append(f"    status {status}")
    return lines


def _count(usage: Usage) -> str:
    return f"{usage.prompt_tokens:,} + {usage.completion_tokens:,} = {usage.total_tokens:,}"


@dataclass(frozen=True, slots=True)
class _Change:
    """A difference in a part of a request, and its growth in characters; None if it is not part of the prompt."""

    part: str
    differences: Sequence[Difference]
    growth: int | None


class _Pair:
    """An old and a new call."""

    def __init__(self, then: Calls, old: int, now: Calls, new: int) -> None:
        self.then, self.now = then.call(old), now.call(new)
        self._asked = now.asked[new]
        self._dialect = dialect_of(now.interactions[new].request.url)
        self._differ = list(_changes(self._dialect, then.asked[old], self._asked))
        parts = sum(change.growth is not None for change in self._differ)
        # A single part accounts for the whole difference in the replies, unless the models count tokens differently.
        several = parts > 1 or (parts == 1 and self.then.model != self.now.model)
        self.estimates = several and self._per_token() is not None

    def tokens(self) -> str:
        """Its old and new tokens."""
        old, new = self.then.usage, self.now.usage
        if old is None or new is None:
            return "of unknown usage" if old is new else f"{_known(old)} -> {_known(new)}"
        parts = [("prompt", old.prompt_tokens, new.prompt_tokens)]
        parts += [("completion", old.completion_tokens, new.completion_tokens)]
        parts += [
            (f"including {name}", getattr(old, count), getattr(new, count))
            for count, name in _PARTS.items()
            if getattr(old, count) != getattr(new, count)
        ]
        return ", ".join(
            f"{name} {was:,} -> {now:,} tokens" + (f" ({now - was:+,})" if now != was else "")
            for name, was, now in parts
        )

    def changes(self) -> Iterator[str]:
        """What made the difference: parts of the request with their tokens, the model, the answer."""
        for change in self._differ:
            lines = [line for difference in change.differences for line in describe(difference)]
            worth = self._worth(change)
            if worth is None and change.part == change.differences[0].path:
                yield from lines
            else:
                yield f"    {change.part}{'' if worth is None else f': {worth} tokens'}"
                yield from (f"  {line}" for line in lines)
        if self.then.model != self.now.model and not any(change.part == "model" for change in self._differ):
            yield f"    model as served: {self.then.model or 'unknown'} -> {self.now.model or 'unknown'}"
        if self.then.status_code != self.now.status_code:
            yield f"    status: {self.then.status_code} -> {self.now.status_code}"
        old, new = self.then.usage, self.now.usage
        if old != new and old is not None and new is not None:
            if old.prompt_tokens != new.prompt_tokens and not any(change.growth is not None for change in self._differ):
                yield "    the same prompt, counted differently by the server"
            if old.completion_tokens != new.completion_tokens:
                yield f"    the answer: {new.completion_tokens - old.completion_tokens:+,} tokens"

    def _worth(self, change: _Change) -> str | None:
        old, new = self.then.usage, self.now.usage
        if change.growth is None or old is None or new is None:
            return None
        if not self.estimates:
            return f"{new.prompt_tokens - old.prompt_tokens:+,}"
        per_token = self._per_token()
        return None if per_token is None else f"about {round(change.growth / per_token):+,}"

    def _per_token(self) -> float | None:
        """Characters per token in the new prompt."""
        usage, characters = self.now.usage, prompt_length(self._dialect, self._asked)
        return characters / usage.prompt_tokens if usage is not None and usage.prompt_tokens and characters else None


_PARTS = {
    "reasoning_tokens": "reasoning",
    "cached_tokens": "from the cache",
    "cache_write_tokens": "into the cache",
    "prompt_audio_tokens": "audio of the prompt",
    "completion_audio_tokens": "audio of the answer",
    "prompt_image_tokens": "pictures of the prompt",
    "completion_image_tokens": "pictures of the answer",
}


def _known(usage: Usage | None) -> str:
    return "unknown usage" if usage is None else f"{_count(usage)} tokens"


def _changes(dialect: Dialect, then: Json, now: Json) -> Iterator[_Change]:
    """The differences, by message, tool or parameter."""
    for changed in changed_parts(dialect, then, now):
        growth = sum(length(difference.asked) - length(difference.recorded) for difference in changed.differences)
        yield _Change(changed.part.name, changed.differences, growth if changed.part.is_prompt else None)
