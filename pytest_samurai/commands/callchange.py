"""What changed in a call by meaning: in its request, its answer, its model and its status."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from pytest_samurai.commands.pairs import Calls, ChangedPart, changed_parts
from pytest_samurai.commands.pieces import Line, Piece, line
from pytest_samurai.files import json
from pytest_samurai.matching import (
    MISSING,
    Difference,
    Json,
    Path_,
    canonical,
    differences,
    parse_body,
    parse_path,
    texts_apart,
    values_apart,
)
from pytest_samurai.report import message_lines
from pytest_samurai.text import Run, TextChange, plural, reworded
from pytest_samurai.wire import Dialect, Message, answer_of, dialect_of, model_asked, summary, without_made_up

_LONGEST = 1_000
_MOST_LINES = 30


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a call: `where` it is, `what` it is in a few words, and the lines that show it.

    Equal changes have an equal `key`, whatever surrounds them.
    """

    where: str
    what: str
    lines: Sequence[Line]
    key: Hashable

    @property
    def title(self) -> str:
        return f"{self.where}: {self.what}"


def changes(then: Calls, old: int, now: Calls, new: int) -> list[Change]:
    """What changed between an old and a new call, given by their indexes."""
    dialect = dialect_of(now.interactions[new].request.url)
    changed = [
        change
        for part in changed_parts(dialect, then.asked[old], now.asked[new])
        for change in _in_part(dialect, part, are_objects=isinstance(now.asked[new], dict))
    ]
    was, is_now = then.call(old), now.call(new)
    if not any(change.where == "model" for change in changed):
        # Some APIs name it in the URL.
        models = [model_asked(side.interactions[index].request) for side, index in ((then, old), (now, new))]
        changed += _values("model", *models)
        if models[0] == models[1]:
            changed += _values("model as served", was.model, is_now.model)
    changed += _values("status", was.status_code, is_now.status_code)
    changed += _answers(then, old, now, new)
    return [*changed, *_values("the answer ended by", *(", ".join(call.stops) or None for call in (was, is_now)))]


def alone(calls: Calls, index: int, what: str) -> Change:
    """A call that only one side has; `what` is "new" or "gone"."""
    call, request = calls.call(index), calls.interactions[index].request
    usage = call.usage
    tokens = "of unknown usage" if usage is None else plural(usage.total_tokens, "token")
    status = f", status {call.status_code}" if call.status_code >= 300 else ""
    said = f"{tokens} ({call.model or 'model unknown'}){status}"
    style, sign = ("added", "+") if what == "new" else ("removed", "-")
    lines = [line(f"{sign} {summary(request)}", style)]
    lines += [line(f"{sign}   {text}", style) for message in call.answers for text in message_lines(message)]
    return Change(f"a call is {what}", said, _shortened(lines), (what, calls.meaning(index), call.status_code))


def _values(where: str, old: object, new: object) -> list[Change]:
    if old == new:
        return []
    shown = " -> ".join("unknown" if side is None else str(side) for side in (old, new))
    return [Change(where, shown, (), (where, shown))]


# --- the request


def _in_part(dialect: Dialect, changed: ChangedPart, *, are_objects: bool) -> Iterator[Change]:
    part = changed.part
    for difference in changed.differences:
        path = parse_path(difference.path) if are_objects else ()
        is_whole = path == part.path or (len(changed.differences) == 1 and texts_apart(difference) is not None)
        where = part.name if is_whole else difference.path
        if are_objects and MISSING in (difference.recorded, difference.asked):
            yield _come_or_gone(dialect, where, path, difference)
        else:
            yield _difference(where, difference)


def _come_or_gone(dialect: Dialect, where: str, path: Path_, difference: Difference) -> Change:
    """A message, a tool or a parameter that only one side has."""
    is_new = difference.recorded is MISSING
    value = difference.asked if is_new else difference.recorded
    what, sign, style = ("added", "+", "added") if is_new else ("removed", "-", "removed")
    lines = [line(f"{sign} {text}", style) for text in _value_lines(dialect, path, value)]
    return Change(where, what, _shortened(lines), (difference.path, what, canonical(value)))


def _value_lines(dialect: Dialect, path: Path_, value: Json) -> list[str]:
    """A message as a conversation shows it, anything else as JSON."""
    request = {str(path[0]): [value] if len(path) == 2 else value}
    messages = [] if dialect.tools(request) else dialect.messages(request)
    if len(path) <= 2 and messages:
        return [text for message in messages for text in message_lines(message)]
    return [json.dumps(value, ensure_ascii=False)]


def _difference(where: str, difference: Difference) -> Change:
    texts = texts_apart(difference)
    if texts is None:
        shown = values_apart(difference)
        return Change(where, shown, (), (difference.path, repr(difference.recorded), repr(difference.asked)))
    return _reworded(where, *texts, path=difference.path)


def _reworded(where: str, old: str, new: str, *, path: str) -> Change:
    rewording, change = reworded(old, new), TextChange(old, new)
    before, after = ([Run(old, False)], [Run(new, False)]) if change.is_replaced else change.runs(_LONGEST)
    lines = [*_run_lines("-", "removed", before), *_run_lines("+", "added", after)]
    return Change(where, rewording.what, _shortened(lines), (path, rewording.removed, rewording.added))


def _run_lines(sign: str, style: str, runs: Sequence[Run]) -> list[Line]:
    """The lines of a text, each after its sign."""
    lines = [[Piece(f"{sign} ", style)]]
    for run in runs:
        first, *more = run.text.split("\n")
        lines[-1] += _pieces(first, style, run)
        for text in more:
            if run.is_changed:
                # Nothing else shows that a line break is new or gone.
                lines[-1].append(Piece("\\n", style, is_changed=True))
            lines.append([Piece(f"{sign} ", style), *_pieces(text, style, run)])
    return list(lines)


def _pieces(text: str, style: str, run: Run) -> list[Piece]:
    if not text:
        return []
    return [Piece(text, style, is_changed=True) if run.is_changed else Piece(text, style)]


def _shortened(lines: Sequence[Line]) -> list[Line]:
    if len(lines) <= _MOST_LINES:
        return list(lines)
    return [*lines[:_MOST_LINES], line(f"  ... and {plural(len(lines) - _MOST_LINES, 'line')} more", "faint")]


# --- the answer


def _answers(then: Calls, old: int, now: Calls, new: int) -> Iterator[Change]:
    was, is_now = then.call(old), now.call(new)
    if was.answers or is_now.answers:
        before, after = ([_answer(message) for message in call.answers] for call in (was, is_now))
        for difference in differences(before, after):
            yield _of_answer(difference, several=max(len(before), len(after)) > 1)
        return
    replies = [_reply(side, index) for side, index in ((then, old), (now, new))]
    if was.status_code >= 300 and is_now.status_code >= 300:
        for difference in differences(replies[0], replies[1]):
            yield _difference(f"the reply, {difference.path}", difference)
    elif canonical(replies[0]) != canonical(replies[1]):
        sizes = [len(canonical(reply)) for reply in replies]
        shown = f"other content, {sizes[0]:,} -> {sizes[1]:,} characters"
        yield Change("the answer", shown, (), ("the answer", *map(canonical, replies)))


def _answer(message: Message) -> list[str]:
    """The text of an answer, followed by its tool calls and refusals."""
    others = [part for part in message.parts if part.kind != "text"]
    text = [] if message.text is None else [message.text]
    return [*text, *(f"{part.kind.replace('_', ' ')} {part.name or ''}({_arguments(part.text)})" for part in others)]


def _arguments(text: str) -> str:
    """The arguments of a tool, independent of the order of their keys."""
    value = parse_body(text.encode("utf-8", "surrogatepass"))
    return text if isinstance(value, bytes) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _of_answer(difference: Difference, *, several: bool) -> Change:
    choice, *_ = parse_path(difference.path)
    where = f"the answer, choice {int(choice) + 1}" if several else "the answer"
    if MISSING not in (difference.recorded, difference.asked):
        texts = [side if isinstance(side, str) else "" for side in (difference.recorded, difference.asked)]
        return _reworded(where, texts[0], texts[1], path=where)
    is_new = difference.recorded is MISSING
    value = difference.asked if is_new else difference.recorded
    texts = [value] if isinstance(value, str) else value
    what, sign, style = ("added", "+", "added") if is_new else ("removed", "-", "removed")
    lines = [line(f"{sign} {text}", style) for whole in texts for text in whole.split("\n")]
    return Change(where, what, _shortened(lines), (where, what, *texts))


def _reply(calls: Calls, index: int) -> Json:
    """A reply that is not a message, in a form that stays the same if it is repeated."""
    interaction = calls.interactions[index]
    known = answer_of(interaction).known
    return without_made_up(known) if known else parse_body(interaction.reply.body)
