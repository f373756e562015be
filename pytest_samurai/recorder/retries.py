"""Errors after which the client tried again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from pytest_samurai.recorder.identity import identity
from pytest_samurai.redaction import without_credentials
from pytest_samurai.settings import Settings
from pytest_samurai.text import parse_moment, plural
from pytest_samurai.wire import RETRYABLE, Interaction, Request

_INACCURACY = timedelta(milliseconds=1)
"""How far the end of a call may be off: its beginning and its duration are of two clocks, and are rounded."""


@dataclass(eq=False, slots=True)
class Retried:
    """Errors of a request, each answered before the next was sent, and the success that mended them, if one did."""

    errors: list[Interaction] = field(default_factory=list)
    success: Interaction | None = None


def without_retries(interactions: Sequence[Interaction], settings: Settings) -> list[Interaction]:
    """Without errors that a retry recovered from, unless they are to be kept: a replay would sleep through them."""
    return list(interactions) if settings.keep_retries else without_mended(interactions, settings)


def without_mended(
    interactions: Sequence[Interaction], settings: Settings, *, anywhere: bool = False
) -> list[Interaction]:
    """Without the errors after which the same request went well, asked of the same URL, or `anywhere`.

    An application that fell back to another host has seen the error of the first one, and so it does in a replay.
    """
    mended = {id(error) for retried in mended_in(interactions, settings, anywhere=anywhere) for error in retried.errors}
    return [interaction for interaction in interactions if id(interaction) not in mended]


def mended_in(interactions: Sequence[Interaction], settings: Settings, *, anywhere: bool = False) -> list[Retried]:
    """The errors among calls, in the order in which they were sent, that were mended.

    A call that was sent before an error was answered is no retry of it: somebody else has asked the same. And it is the
    retry of one error only, since a replay is to be asked as often as it has answers.
    """
    if not any(interaction.reply.status in RETRYABLE for interaction in interactions):
        return []
    matcher = identity(settings)
    waiting: dict[tuple[bytes, str], list[Retried]] = {}
    mended = []
    for interaction in interactions:
        request, reply = interaction.request, interaction.reply
        is_error = reply.status in RETRYABLE
        if not is_error and not reply.is_success:
            continue
        # Before and after it is written, a URL differs by what is secret in it.
        key = matcher.key(request), "" if anywhere else without_credentials(request.url)
        alike = waiting.setdefault(key, [])
        retried = next((before for before in alike if _is_over(before.errors[-1], interaction)), None)
        if is_error:
            if retried is None:
                alike.append(retried := Retried())
            retried.errors.append(interaction)
        elif retried is not None:
            alike.remove(retried)
            retried.success = interaction
            mended.append(retried)
    return mended


def _is_over(error: Interaction, interaction: Interaction) -> bool:
    """Whether an error was answered before another call was sent. Where one has no times, their order tells."""
    duration = error.reply.duration
    if error.recorded_at is None or interaction.recorded_at is None or duration is None:
        return True
    answered = parse_moment(error.recorded_at) + timedelta(seconds=duration)
    return answered - _INACCURACY <= parse_moment(interaction.recorded_at)


def left_out_text(mended: Iterable[Retried]) -> str | None:
    """What is said of errors that are left out, but for those that an SDK retried, as it says in its requests."""
    errors = [
        error
        for retried in mended
        if retried.success is not None and not _is_of_an_sdk(retried.success.request)
        for error in retried.errors
    ]
    if not errors:
        return None
    statuses = ", ".join(str(error.reply.status) for error in errors)
    return (
        f"{plural(len(errors), 'error')} left out of the recording ({statuses}), because the same request succeeded"
        " later; if the test sends the request again whatever the answer, keep_retries=True records all answers"
    )


def _is_of_an_sdk(request: Request) -> bool:
    """Whether an SDK sent a request again by itself. Those that Stainless generates (OpenAI, Anthropic) count it."""
    return any(name.lower() == "x-stainless-retry-count" and value != "0" for name, value in request.headers)
