"""Errors that the client retried."""

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
"""How far off the end of a call may be: its start and its duration come from two clocks, and are rounded."""


@dataclass(eq=False, slots=True)
class Retried:
    """Errors of a request, each answered before the next attempt, and the success after them, if any."""

    errors: list[Interaction] = field(default_factory=list)
    success: Interaction | None = None


def without_retries(interactions: Sequence[Interaction], settings: Settings) -> list[Interaction]:
    """Leave out errors that a retry recovered from, unless they should be kept: a replay would sleep through them."""
    return list(interactions) if settings.keep_retries else without_mended(interactions, settings)


def without_mended(
    interactions: Sequence[Interaction], settings: Settings, *, anywhere: bool = False
) -> list[Interaction]:
    """Leave out errors if the same request then succeeded, at the same URL or `anywhere`.

    An application that fell back to another host has seen the first host's error, and sees it in a replay too.
    """
    mended = {id(error) for retried in mended_in(interactions, settings, anywhere=anywhere) for error in retried.errors}
    return [interaction for interaction in interactions if id(interaction) not in mended]


def mended_in(interactions: Sequence[Interaction], settings: Settings, *, anywhere: bool = False) -> list[Retried]:
    """The errors among calls that a retry recovered from, in the order they were sent.

    A call that was sent before an error was answered is not a retry: somebody else asked the same. And a call retries
    only one error, because a replay should get as many requests as it has answers.
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
        # A URL's secrets are the difference between what is sent and what is written.
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
    """Whether an error was answered before another call was sent. If one of them has no times, their order decides."""
    duration = error.reply.duration
    if error.recorded_at is None or interaction.recorded_at is None or duration is None:
        return True
    answered = parse_moment(error.recorded_at) + timedelta(seconds=duration)
    return answered - _INACCURACY <= parse_moment(interaction.recorded_at)


def left_out_text(mended: Iterable[Retried]) -> str | None:
    """The text about errors that are left out, except those that an SDK retried and its requests say so."""
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
        " later; if the test asks again no matter what the answer is, keep_retries=True records all answers"
    )


def _is_of_an_sdk(request: Request) -> bool:
    """Whether an SDK sent a request again by itself. SDKs made by Stainless (OpenAI, Anthropic) count their retries."""
    return any(name.lower() == "x-stainless-retry-count" and value != "0" for name, value in request.headers)
