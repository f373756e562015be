"""A reply, as its dialect reads it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pytest_samurai.errors import SamuraiError
from pytest_samurai.wire.dialect import Dialect, Object
from pytest_samurai.wire.events import events, is_server_sent, last_word
from pytest_samurai.wire.http import Reply
from pytest_samurai.wire.objects import no_object, parse_object
from pytest_samurai.wire.usage import Usage


class Answer:
    """A reply, parsed when first needed. A few facts about a stream are found without parsing it."""

    def __init__(self, reply: Reply, dialect: Dialect) -> None:
        self.reply = reply
        self.dialect = dialect

    @cached_property
    def whole(self) -> dict[str, Any]:
        """The JSON of the reply; for a stream, its events merged. Raises SamuraiError if it isn't a JSON object."""
        whole = None if self.is_of_events else parse_object(self.reply.body)
        if whole is None:
            # Not every stream of JSON says in its headers that it is one.
            is_stream = self.reply.chunks is not None or not self.is_of_events
            whole = self.dialect.merge(events(self.reply.body)) if is_stream else None
            if not whole:
                raise no_object(self.reply.body, "reply")
        if self.dialect.asking is not None and self.reply.hidden_usage is not None:
            whole[self.dialect.asking.key] = dict(self.reply.hidden_usage)
        return whole

    @property
    def known(self) -> dict[str, Any]:
        """The same as `whole`, but never an error: without an object, the events in a body not announced as a stream,
        merged; else an empty object."""
        try:
            return self.whole
        except SamuraiError:
            # Some servers do not say that a reply is a stream, and some tools do not keep it.
            return self.dialect.merge(events(self.reply.body))

    @property
    def is_of_events(self) -> bool:
        """Whether it is a stream of server-sent events, whatever its headers say."""
        return is_server_sent(self.reply.body)

    def last(self, name: str) -> Any:
        """The value of a top-level key; in a stream, from the last event that gives one."""
        if self.reply.hidden_usage is not None and self.dialect.asking and name == self.dialect.asking.key:
            return self.reply.hidden_usage
        if not self.is_of_events:
            return self.known.get(name)
        return last_word(self.reply.body, name)

    @property
    def usage(self) -> Usage | None:
        """What the call used; None if the reply doesn't say. An HTTP error used one request and no tokens."""
        if self.reply.status >= 300:
            return self.dialect.usage(self) or Usage(requests=1)
        return None if self.counts_nothing else self.dialect.usage(self)

    @cached_property
    def counts_nothing(self) -> bool:
        """Whether its usage is 0 tokens. No model reads a prompt for free: this server doesn't count."""
        usage = self.dialect.usage(self)
        return usage is not None and not usage.used and self.reply.status < 300 and not self.dialect.may_be_free

    @property
    def tells_in_part(self) -> bool:
        """Whether it gives only part of the tokens of its usage: a stream broke, or a count is null."""
        return self.usage is None and not self.counts_nothing and _counts_tokens(self.dialect.told(self.known))

    @property
    def tells_in_other_units(self) -> bool:
        """Whether it gives its usage, but not in tokens: in seconds, or in pictures."""
        told = self.dialect.told(self.known)
        return self.usage is None and not self.counts_nothing and bool(told) and not _counts_tokens(told)

    @property
    def has_paid_tools(self) -> bool:
        """Whether it used tools that are billed by the call, on top of the tokens."""
        return self.dialect.has_paid_tools(self.known)

    @property
    def model(self) -> str | None:
        """The model as served; None if it does not say."""
        return self.dialect.model(self)

    @property
    def tier(self) -> str | None:
        """The level of service, which may have its own prices; None if it does not say."""
        return self.dialect.tier(self)


def _counts_tokens(told: Object) -> bool:
    """Whether a usage has a count of tokens, itself or in one of its parts."""
    names = [*told, *(name for part in told.values() if isinstance(part, dict) for name in part)]
    return any("token" in name.lower() for name in names)
