"""Everything particular to one API, as a record of functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_samurai.wire.message import Message
from pytest_samurai.wire.usage import Usage

if TYPE_CHECKING:
    from pytest_samurai.wire.answer import Answer
    from pytest_samurai.wire.asking import Asking

Json = Any
Object = Mapping[str, Any]

Channel = tuple[Any, ...]
"""An identifier for texts of a stream that continue each other."""

Text = tuple[Channel, Any, Any]
"""A text in an event: the channel that it continues, its container, and its key there."""


class Label(str):
    """A text used as part of a channel, because it says which of several things continues."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One API. Its functions get requests, replies and events as JSON objects.

    The dialect of unknown endpoints has no `name` (None), and no `paths` or `patterns`. See `dialects`.

    For a request:

    - `may_be_own`: whether an application may use such a path for something else. Then a request belongs to this API
      only if its body names a model.
    - `paths`: the ends of its URLs' paths, in lower case; `within`: what else they contain. `patterns`: its URLs, as
      fnmatch patterns.
    - `model_asked`: the model, by the URL and the request; None if neither names one.
    - `messages`: the conversation so far. `tools`: the descriptions of tools for the model.
    - `prompt`: the parts of a request that count as prompt, under their own keys. `names`: for lists in it that are
      shown item by item, a function that names an item (the role of a message, the name of a tool).
    - `most`: the largest number of tokens that the answer may have; 0 if the request sets no limit.
    - `asking`: how to ask for the usage of a stream; None if there is no way to ask.
    - `may_be_free`: whether a call may use no tokens at all.
    - `is_of_text`: whether only text is billed, so that tokens can be estimated.
    - `is_listed`: whether the public price list has its models. If not, another provider's model may have the name.

    For a reply:

    - `usage`, `model` and `tier` (the level of service, which may have its own prices); None if it does not say.
    - `told`: what it says about its usage; empty if it says nothing. The names of counts of tokens contain "token".
    - `answers`: the answer, one message for each choice.
    - `stops`: why the model stopped, in the API's own words, for each choice that says so.
    - `has_paid_tools`: whether it used tools that are billed by the call, or its tokens are priced differently from the
      model's. The cost is unknown in both cases.

    For a stream:

    - `merge`: turns the data of its events into the reply that would have come without a stream; empty if there is
      none.
    - `texts`: the texts of an event, each with a channel that it continues. A text may appear several times, each time
      with another channel. Each part of a channel is a text, given as a `Label`, or the whole number under a key, or
      the same in all events with the same keys.
    - `streams`: the ends of URLs' paths, in lower case, that always reply piece by piece, whatever the headers say.
    - `is_over`: whether a body holds everything that an application reads from the stream.
    """

    name: str | None
    paths: tuple[str, ...]
    patterns: tuple[str, ...]
    may_be_own: bool
    model_asked: Callable[[str, Object], str | None]
    messages: Callable[[Object], Sequence[Message]]
    tools: Callable[[Object], Sequence[Json]]
    prompt: Callable[[Object], dict[str, Json]]
    names: Mapping[str, Callable[[Json], object]]
    most: Callable[[Object], int]
    asking: Asking | None
    usage: Callable[[Answer], Usage | None]
    told: Callable[[Object], Object]
    model: Callable[[Answer], str | None]
    tier: Callable[[Answer], str | None]
    answers: Callable[[Object], Sequence[Message]]
    stops: Callable[[Object], Sequence[str]]
    has_paid_tools: Callable[[Object], bool]
    merge: Callable[[Iterable[str]], dict[str, Any]]
    texts: Callable[[Json], Iterator[Text]]
    is_over: Callable[[bytes], bool]
    streams: tuple[str, ...] = ()
    within: str = ""
    is_of_text: bool = True
    may_be_free: bool = False
    is_listed: bool = True
