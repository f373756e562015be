"""The redactors of a run, each for the requests with the same secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from pytest_samurai.redaction.credentials import environment_secrets, own_keys, request_secrets
from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.wire import Interaction, Request


def without_secrets(there: Sequence[Interaction], secrets: Iterable[str]) -> list[Interaction]:
    """Interactions as they would be written down here; a key of one request may be told by the reply of another."""
    redactor = Redactor(frozenset(secrets).union(*(own_keys(item.request.headers) for item in there)))
    return [replace(item, request=redactor.request(item.request), reply=redactor.reply(item.reply)) for item in there]


_MOST_MADE = 64


class Redactors:
    """A redactor for each request, which knows the key that the request carries and what is secret in `environ`.

    What is secret there is looked up once, when it is first needed: `secrets` will do. Redactors are kept in `made`, by
    the secrets that they know: the patterns of each take longer to make than a call to replay.
    """

    def __init__(self, environ: Mapping[str, str], made: dict[frozenset[str], Redactor] | None = None) -> None:
        self._environ = environ
        self._made = {} if made is None else made

    @cached_property
    def secrets(self) -> frozenset[str]:
        """What was secret in `environ` when it was looked at."""
        return environment_secrets(self._environ)

    def of(self, request: Request) -> Redactor:
        secrets = self.secrets | request_secrets(request.headers)
        found = self._made.get(secrets)
        if found is None:
            if len(self._made) >= _MOST_MADE:
                # Of a run whose every test makes up a key.
                self._made.pop(next(iter(self._made)), None)
            found = self._made[secrets] = Redactor(secrets)
        return found

    def look_again(self) -> None:
        """What is secret in `environ` now is so from now on, as what was secret there before stays so."""
        self.secrets |= environment_secrets(self._environ)

    def name(self, request: Request, name: str) -> str:
        """As `Redactor.name`, by the redactor of a request."""
        return self.of(request).name(name)

    def request(self, request: Request) -> Request:
        """The request as it may be shown and written down."""
        return self.of(request).request(request)
