"""What is particular to one API, as a record of functions."""

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
"""What tells the texts of a stream that continue each other from all others."""

Text = tuple[Channel, Any, Any]
"""A text in an event: a channel that it continues, and where it is kept, as a container and the key in it."""


class Label(str):
    """A text that is part of a channel, since it says which of several things goes on."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One API. Requests, replies and events are given to its functions as the JSON objects that they are.

    `name` is None, and `paths` and `patterns` are none, for the dialect of unknown endpoints. See `dialects`.

    Of a request:

    - `may_be_own`: whether an application may have such a path for something else. A request is then one of this API
      only if its body names a model.
    - `paths`: how the paths of its URLs end, in lower case, and `within`, what else is in them. `patterns`: its URLs,
      as of fnmatch.
    - `model_asked`: the model, by the URL and the request; None if it names none.
    - `messages`: what was said so far. `tools`: what describes tools to the model.
    - `prompt`: what of a request counts as prompt, under the keys that it has there. `names`: of the lists in it whose
      items are told one by one, what gives an item its name (the role of a message, the name of a tool).
    - `most`: the most tokens that may be answered; 0 if the request sets no limit.
    - `asking`: how the usage of a stream is asked for; None where there is no such question.
    - `may_be_free`: whether a call may use no tokens at all.
    - `is_of_text`: whether all that is billed is text, whose tokens can be estimated.
    - `is_listed`: whether the public list of prices has its models. If not, another provider's model may have the name.

    Of a reply:

    - `usage`, `model` and `tier` (the level of service, which may have prices of its own); None if it does not say.
    - `answers`: what was answered, a message for each choice.
    - `stops`: why the model stopped, in the API's own words, for each choice that says.
    - `has_paid_tools`: whether tools were used that are billed by the call, beside the tokens, or the tokens have other
      prices than those of the model. The cost is unknown in both cases.

    Of a stream:

    - `merge`: the data of its events as the reply that would have come without a stream; empty if there is none.
    - `texts`: the texts of an event, each with a channel that it continues. One text may be given several times, with
      a channel each. What stands in a channel is the same in all events with the same keys, or it is a text, given as a
      `Label`, or the whole number under a key.
    - `streams`: how the paths of URLs end, in lower case, whose replies come piece by piece whatever their headers say.
    - `is_over`: whether a body has all that an application reads of the stream.
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
