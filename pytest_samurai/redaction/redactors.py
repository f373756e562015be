"""The redactors of a run, one for all requests with the same secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from pytest_samurai.redaction.credentials import environment_secrets, own_keys, request_secrets
from pytest_samurai.redaction.fields import body_secrets
from pytest_samurai.redaction.headers import REQUEST_HEADERS, AllowList, kept_of_replies
from pytest_samurai.redaction.made import MadeRedactors
from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.redaction.rules import Rule
from pytest_samurai.redaction.urls import hosts_of
from pytest_samurai.wire import Interaction, Request, dialect_of, model_asked

_MODEL = re.compile(r"[a-z]{2,}\d{0,2}(?:[-_.:@](?:[a-z]+|[a-z]?\d{1,4}|\d{1,3}[a-z]{1,2}|20\d{6}))+")


def made_of(request: Request, secrets: Iterable[str]) -> frozenset[str]:
    """Values that a request is made of: its model, the beginning of a dated model, and the host of its URL."""
    model = model_asked(request) or ""
    names = [model, *hosts_of(request.url)]
    # After a provider's name, there may be a key by mistake.
    if _MODEL.fullmatch(bare := model.rpartition("/")[2]):
        names.append(bare)
    return frozenset(
        secret
        for secret in secrets
        if any(name == secret or (name.startswith(secret) and name[len(secret)] in "-:@.") for name in names)
    )


def without_secrets(
    interactions: Sequence[Interaction],
    secrets: Iterable[str],
    rules: Sequence[Rule] = (),
    kept: AllowList | None = None,
) -> list[Interaction]:
    """Interactions as we would write them down, with the reply headers that are `kept`.

    A reply may repeat the key from another request.
    """
    kept = kept or kept_of_replies()
    secrets = frozenset(secrets)
    secrets = secrets.difference(*(made_of(each.request, secrets) for each in interactions))
    requests = [each.request for each in interactions]
    own = [own_keys(request.headers, request.url) | body_secrets(request.body) for request in requests]
    redactor = Redactor(secrets.union(*own), rules)
    return [
        replace(
            each,
            request=redactor.request(each.request),
            reply=redactor.reply(each.reply, dialect_of(each.request.url), kept),
        )
        for each in interactions
    ]


def is_ours(interaction: Interaction) -> bool:
    """Whether we surely recorded it ourselves, so that it holds no secrets."""
    return interaction.recorded_at is not None and all(
        name in REQUEST_HEADERS for name, _ in interaction.request.headers
    )


def as_ours(recordings: Sequence[Interaction], secrets: Iterable[str]) -> list[Interaction]:
    """Recordings without the keys that other tools have left in them: nobody looks for keys under our mark.

    Our own recordings are returned as the same objects.
    """
    foreign = [recording for recording in recordings if not is_ours(recording)]
    clean = iter(without_secrets(foreign, secrets))
    return [recording if is_ours(recording) else next(clean) for recording in recordings]


class Redactors:
    """Gives the redactor of each request, which knows the key of the request and the secrets in `environ`.

    `environ` is read when first needed, and again in `look_again`. `made` keeps the redactors of the run. `rules` are
    the user's own.
    """

    def __init__(
        self, environ: Mapping[str, str], made: MadeRedactors | None = None, rules: tuple[Rule, ...] = ()
    ) -> None:
        self._environ = environ
        self.rules = rules
        self._made = MadeRedactors() if made is None else made

    @cached_property
    def secrets(self) -> frozenset[str]:
        """What was secret in `environ` when it was read."""
        return environment_secrets(self._environ, self._made.kinds)

    def of(self, request: Request) -> Redactor:
        """The redactor of a request."""
        known = self.secrets
        # Hardly any request holds a secret, so search. If one does, the secret may be part of the request itself.
        if any(secret.encode("utf-8", "surrogateescape") in request.body or secret in request.url for secret in known):
            known = known - made_of(request, known)
        own = request_secrets(request.headers, request.url, self._made.headers) | body_secrets(request.body)
        return self._made.of(known | own, self.rules)

    def look_again(self) -> None:
        """Read `environ` once more. Values that were secret before stay secret, even if they are gone."""
        self.secrets |= environment_secrets(self._environ, self._made.kinds)

    def name(self, request: Request, name: str) -> str:
        """A name as `Redactor.name` gives it, by the redactor of a request."""
        return self.of(request).name(name)

    def request(self, request: Request) -> Request:
        """The request as it may be shown and written down."""
        return self.of(request).request(request)
