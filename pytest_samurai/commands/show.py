"""The conversation in a cassette."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_samurai.bill import Call, Meter, amount_as_json
from pytest_samurai.cassette import Reading
from pytest_samurai.commands.terminal import Line
from pytest_samurai.errors import SamuraiError, SettingsError
from pytest_samurai.files import json
from pytest_samurai.report import Side, Story, conversation, message_lines
from pytest_samurai.text import in_common, money, parse_moment, plural
from pytest_samurai.wire import CLOSED, COMPLETE, Interaction, Message, Usage, parse_object

_REMEMBERED = 50
"""How many earlier calls are searched for messages that a call repeats."""

_PARTS = {
    "cached_tokens": "cached",
    "cache_write_tokens": "written to the cache",
    "reasoning_tokens": "reasoning",
    "prompt_audio_tokens": "audio of the prompt",
    "completion_audio_tokens": "audio of the answer",
    "prompt_image_tokens": "pictures of the prompt",
    "completion_image_tokens": "pictures of the answer",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """How to show a conversation.

    `number` is the only call to show, counted from 1; None for all. A `steady` output is the same for all recordings
    that say the same: it has no dates, times or current prices, and one parameter per line. `meter` knows the prices;
    without it, a call costs what was recorded with it.
    """

    number: int | None = None
    steady: bool = False
    meter: Meter | None = None


def show_lines(readings: Sequence[Reading], shown: Shown) -> Iterator[Line]:
    """The conversation in a cassette, as lines that are not yet safe to show.

    Raises SettingsError if no call has the requested number.
    """
    _check_number(readings, shown.number)
    return _lines(readings, shown)


def _lines(readings: Sequence[Reading], shown: Shown) -> Iterator[Line]:
    for reading in readings:
        if reading.damage and reading.side in ("", "ours"):
            yield Line(f"This file cannot be read completely: {reading.damage}", style="red")
        if reading.side:
            yield Line(f"The side that git calls {reading.side}:", style="bold red")
        yield from _reading_lines(reading, shown)
        if not reading.interactions:
            yield Line("no calls")


def _check_number(readings: Sequence[Reading], number: int | None) -> None:
    most = max(len(reading.interactions) for reading in readings)
    if number is not None and not 1 <= number <= most:
        raise SettingsError(f"--call={number}: the cassette has {plural(most, 'call')}")


def _reading_lines(reading: Reading, shown: Shown) -> Iterator[Line]:
    said: list[tuple[int, Sequence[Message]]] = []
    for number, interaction in enumerate(reading.interactions, 1):
        if shown.number not in (None, number):
            continue
        if isinstance(interaction, str):
            yield Line(f"call {number} cannot be read: {interaction}", style="red")
            continue
        call = Call(interaction, number=number, replayed=True, meter=shown.meter)
        yield Line(f"call {number}: {_title(call, interaction)}", style="bold")
        yield from _asked_lines(call, said, shown)
        yield from _answered_lines(call, interaction)
        yield from _figures_lines(call, interaction, shown)
        talk = conversation(call)
        said = [*said[1 - _REMEMBERED :], (number, [*talk.asked, *talk.answered[:1]])]


def _title(call: Call, interaction: Interaction) -> str:
    request = interaction.request
    known = call.endpoint or f"{request.method} {request.url}"
    edited, imported = "edited by hand" if interaction.edited else "", "imported" if interaction.imported else ""
    return ", ".join(filter(None, [known, call.model, edited, imported]))


# --- what was asked


def _asked_lines(call: Call, said: Sequence[tuple[int, Sequence[Message]]], shown: Shown) -> Iterator[Line]:
    talk = conversation(call)
    if talk.why_unread is not None:
        yield Line(talk.why_unread, 1)
        return
    parameters = call.parameters
    if not shown.steady and parameters.get("model") == call.model:
        # The title has it.
        parameters = {key: value for key, value in parameters.items() if key != "model"}
    yield from _parameter_lines(parameters, steady=shown.steady)
    before, count = _said_before(talk.asked, said)
    if count:
        yield Line(f"({plural(count, 'message')} as in call {before})", 1, "dim")
    for message in talk.asked[count:]:
        yield from _message_lines(message, 1)


def _said_before(asked: Sequence[Message], said: Sequence[tuple[int, Sequence[Message]]]) -> tuple[int, int]:
    """The nearest earlier call that began with most of these messages, and how many."""
    longest = (0, 0)
    for number, messages in said:
        count = in_common(asked, messages)
        if count and count >= longest[1]:
            longest = number, count
    return longest


def _parameter_lines(parameters: dict[str, Any], *, steady: bool) -> Iterator[Line]:
    if steady:
        for key, value in parameters.items():
            text = json.dumps(value, ensure_ascii=False, indent=2 if isinstance(value, dict | list) else None)
            first, *more = text.split("\n")
            yield Line(f"{key}: {first}", 1, "dim")
            yield from (Line(line, 1, "dim") for line in more)
        return
    texts = [f"{key} {_short(value)}" for key, value in parameters.items()]
    if texts:
        yield Line(", ".join(texts), 1, "dim")


def _short(value: Any) -> str:
    """A parameter in a few words: for tools, their names."""
    if not isinstance(value, list):
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    names = [_name(entry) for entry in value]
    return f"({', '.join(names)})"


def _name(entry: Any) -> str:
    """The name of a list entry, or else its JSON."""
    if isinstance(entry, dict):
        inner = entry.get("function")
        for holder in (inner if isinstance(inner, dict) else {}, entry):
            if isinstance(holder.get("name"), str):
                return str(holder["name"])
    return json.dumps(entry, ensure_ascii=False)


# --- what was answered


def _answered_lines(call: Call, interaction: Interaction) -> Iterator[Line]:
    reply = interaction.reply
    if reply.status >= 300:
        yield Line(f"status {reply.status} {reply.reason}".rstrip() + ":", 1, "red")
        yield from (Line(line, 2, "red") for line in _error_text(reply.body).split("\n"))
    else:
        stops = f" ({', '.join(call.stops)})" if call.stops else ""
        nothing = "" if call.answers else " no text"
        yield Line(f"answered{stops}:{nothing}", 1, "dim")
    for message in call.answers:
        yield from _message_lines(message, 2)
    if reply.ending == CLOSED:
        yield Line("the application stopped reading here", 1, "yellow")
    elif reply.ending != COMPLETE:
        yield Line(f"the stream broke here: {reply.ending}" + (f": {reply.error}" if reply.error else ""), 1, "red")
    elif not reply.is_success and reply.status < 400:
        yield Line("the stream has an error among its events", 1, "red")


def _error_text(body: bytes) -> str:
    """The message of an error in the usual form; otherwise its text."""
    error = (parse_object(body) or {}).get("error")
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else body.decode("utf-8", "replace").strip()


_STYLES = {"system": "magenta", "developer": "magenta", "user": "cyan", "assistant": "green", "tool": "yellow"}


def _message_lines(message: Message, indent: int) -> Iterator[Line]:
    style = _STYLES.get(message.role, "")
    yield from (Line(line, indent, style) for line in message_lines(message))


# --- what that used


def _figures_lines(call: Call, interaction: Interaction, shown: Shown) -> Iterator[Line]:
    cost = "cost unknown" if call.cost is None else money(call.cost)
    figures = [usage_text(call.usage), cost]
    if not shown.steady:
        figures += [*_times(call), *_recorded(interaction)]
    yield Line(", ".join(figures), 1, "dim")


def usage_text(usage: Usage | None) -> str:
    """The tokens of a call, and their parts."""
    if usage is None:
        return "usage unknown"
    text = f"{usage.prompt_tokens:,} + {usage.completion_tokens:,} = {usage.total_tokens:,} tokens"
    parts = [f"{getattr(usage, name):,} {what}" for name, what in _PARTS.items() if getattr(usage, name)]
    return text + (f" ({', '.join(parts)})" if parts else "") + (" (estimated)" if usage.estimated else "")


def _times(call: Call) -> Iterator[str]:
    if call.first_chunk is not None:
        yield f"first chunk after {call.first_chunk:.2f} s"
    if call.duration is not None:
        yield f"all after {call.duration:.2f} s"


def _recorded(interaction: Interaction) -> Iterator[str]:
    try:
        if interaction.recorded_at is None and interaction.answered_at is not None:
            yield f"answered on {parse_moment(interaction.answered_at):%Y-%m-%d}, according to the reply"
        else:
            yield f"recorded on {parse_moment(interaction.recorded_at):%Y-%m-%d}"
    except ValueError:
        yield "recorded at an unknown time"


# --- on a page


def story_of(title: str, readings: Sequence[Reading], shown: Shown) -> Story:
    """The same for a page. Raises SettingsError if no call has the requested number."""
    _check_number(readings, shown.number)
    return Story(title, [_side(reading, shown) for reading in readings], readings[0].damage)


def _side(reading: Reading, shown: Shown) -> Side:
    calls = {
        number: each if isinstance(each, str) else Call(each, number=number, replayed=True, meter=shown.meter)
        for number, each in enumerate(reading.interactions, 1)
        if shown.number in (None, number)
    }
    return Side(calls, reading.side)


# --- for programs


def show_json(readings: Sequence[Reading], shown: Shown) -> dict[str, Any]:
    """The same as JSON values. Raises SettingsError if no call has the requested number."""
    _check_number(readings, shown.number)
    return {
        "damage": readings[0].damage or None,
        "calls": [
            {"side": reading.side or None, **_call_json(interaction, number, shown)}
            for reading in readings
            for number, interaction in enumerate(reading.interactions, 1)
            if shown.number in (None, number)
        ],
    }


def _call_json(interaction: Interaction | str, number: int, shown: Shown) -> dict[str, Any]:
    if isinstance(interaction, str):
        return {"number": number, "damage": interaction}
    call = Call(interaction, number=number, replayed=True, meter=shown.meter)
    talk = conversation(call)
    try:
        parameters = call.parameters
    except SamuraiError:
        parameters = None
    reply = interaction.reply
    return {
        "number": number,
        "endpoint": call.endpoint,
        "method": interaction.request.method,
        "url": interaction.request.url,
        "model": call.model,
        "parameters": parameters,
        "messages": list(map(_message_json, talk.asked)),
        "answers": list(map(_message_json, talk.answered)),
        "stops": list(call.stops),
        "status": reply.status,
        "error": _error_text(reply.body) if reply.status >= 300 else reply.error or None,
        "ending": reply.ending,
        "streamed": call.streamed,
        "usage": None if call.usage is None else call.usage.as_json(),
        "cost": amount_as_json(call.cost),
        "first_chunk": call.first_chunk,
        "duration": call.duration,
        "recorded_at": interaction.recorded_at,
        "answered_at": interaction.answered_at,
        "edited": interaction.edited,
        "imported": interaction.imported,
        "unsealed": interaction.unsealed,
    }


def _message_json(message: Message) -> dict[str, Any]:
    parts = [{"kind": part.kind, "text": part.text, "name": part.name} for part in message.parts]
    return {"role": message.role, "name": message.name, "parts": parts}
