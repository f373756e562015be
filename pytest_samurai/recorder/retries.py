"""Errors after which the client tried again."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_samurai.recorder.identity import identity
from pytest_samurai.redaction import without_credentials
from pytest_samurai.settings import Settings
from pytest_samurai.wire import RETRYABLE, Interaction


def without_retries(interactions: Sequence[Interaction], settings: Settings) -> list[Interaction]:
    """Without errors that a retry recovered from, unless they are to be kept: a replay would sleep through them."""
    return list(interactions) if settings.keep_retries else without_mended(interactions, settings)


def without_mended(
    interactions: Sequence[Interaction], settings: Settings, *, anywhere: bool = False
) -> list[Interaction]:
    """Without the errors after which the same request went well, asked of the same URL, or `anywhere`.

    An application that fell back to another host has seen the error of the first one, and so it does in a replay.
    """
    if not any(interaction.reply.status in RETRYABLE for interaction in interactions):
        return list(interactions)
    matcher = identity(settings)
    went_well: set[tuple[bytes, str]] = set()
    kept = []
    for interaction in reversed(interactions):
        request = interaction.request
        # Before and after it is written, a URL differs by what is secret in it.
        key = matcher.key(request), "" if anywhere else without_credentials(request.url)
        if interaction.reply.is_success:
            went_well.add(key)
        if not (interaction.reply.status in RETRYABLE and key in went_well):
            kept.append(interaction)
    return kept[::-1]
