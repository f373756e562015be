"""One call of the application: what it sent, what it got, and what that cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from pytest_samurai.bill.estimate import estimated_usage
from pytest_samurai.bill.pricelist import PriceList
from pytest_samurai.bill.publiclist import STANDARD_TIERS
from pytest_samurai.text import parse_moment, visible
from pytest_samurai.wire import (
    Answer,
    Interaction,
    Message,
    Price,
    Request,
    Usage,
    answer_of,
    asked_object,
    model_asked,
    no_object,
)


@dataclass(frozen=True, slots=True)
class Meter:
    """Where the prices of calls come from, and whether to estimate a usage that no server counted.

    `redact` removes the secrets of a request, and all others, from a text.
    """

    prices: PriceList
    redact: Callable[[Request, str], str]
    estimates: bool = False


class Call:
    """One call of the application: what it sent and what it got, live or replayed.

    `number` counts the calls from 1, and `replayed` says that the cassette answered this one. `duration` is in seconds,
    as recorded. `usage` is None if the reply doesn't say; an HTTP error used one request and no tokens. Without a
    `meter`, a call has the price that was recorded with it, if any.
    """

    def __init__(self, interaction: Interaction, *, number: int, replayed: bool, meter: Meter | None = None) -> None:
        self._interaction = interaction
        self._meter = meter
        self._request = interaction.request
        self._reply = interaction.reply
        self.number = number
        self.replayed = replayed

    def __repr__(self) -> str:
        how = "replayed" if self.replayed else "live"
        return f"<Call {self.number}: {visible(str(self.model))}, status {self.status_code}, {how}>"

    @cached_property
    def request(self) -> dict[str, Any]:
        """The JSON sent, or the fields of a form. Raises SamuraiError if it is neither a JSON object nor a form."""
        asked = asked_object(self._request.body)
        if asked is None:
            raise no_object(self._request.body, "request")
        return asked

    @cached_property
    def _answer(self) -> Answer:
        return answer_of(self._interaction)

    @property
    def response(self) -> dict[str, Any]:
        """The JSON received; for a stream, its events merged. Raises SamuraiError if it isn't a JSON object."""
        return self._answer.whole

    @property
    def text(self) -> str | None:
        """The text of the first choice; None if it has none (a tool call, an error)."""
        return self.answers[0].text if self.answers else None

    @cached_property
    def answers(self) -> tuple[Message, ...]:
        """The answer, one message for each choice; none for an error."""
        return tuple(self._answer.dialect.answers(self._answer.known))

    @cached_property
    def stops(self) -> tuple[str, ...]:
        """Why the model stopped, in the API's own words (`stop`, `length`), for each choice that says so."""
        return tuple(self._answer.dialect.stops(self._answer.known))

    @cached_property
    def endpoint(self) -> str | None:
        """The API: `chat`, `completions`, `responses`, `messages`, `embeddings`, `gemini`, `ollama`, `cohere`,
        `converse`, `images`, `audio`, `moderations`; None for any other."""
        return self._answer.dialect.name

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """The conversation so far, in one shape for every API. Raises SamuraiError as `request` does."""
        return tuple(self._answer.dialect.messages(self.request))

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Everything in a request besides its messages: the model, its parameters, the tools.

        Raises SamuraiError if the request isn't a JSON object.
        """
        messages = self._answer.dialect.messages
        return {key: value for key, value in self.request.items() if not messages({key: value})}

    @cached_property
    def tools(self) -> list[Any]:
        """The tools that the model may use, as JSON values. Raises SamuraiError if the request isn't a JSON object."""
        lists = self._answer.dialect.tools(self.request)
        return [tool for tools in lists for tool in (tools if isinstance(tools, list) else [tools])]

    def redacted(self, text: str) -> str:
        """A text from this call without the call's secrets, and without any other known secret."""
        return text if self._meter is None else self._meter.redact(self._request, text)

    @property
    def status_code(self) -> int:
        return self._reply.status

    @cached_property
    def model(self) -> str | None:
        """The model as served; if the reply doesn't say, as asked for. It appears in reports, so it holds no secret."""
        name = self._answer.model or model_asked(self._request)
        return None if name is None else self.redacted(name)

    @property
    def streamed(self) -> bool:
        return self._reply.chunks is not None

    @property
    def duration(self) -> float | None:
        return self._reply.duration

    @property
    def first_chunk(self) -> float | None:
        """When the first piece of a stream came, in seconds after the request; None if that isn't known."""
        # Cassettes from other tools have no times.
        return next((chunk.at for chunk in self._reply.chunks or ()), None) or None

    @cached_property
    def usage(self) -> Usage | None:
        usage = self._answer.usage
        dialect = self._answer.dialect
        if usage is None and dialect.is_of_text and self._meter is not None and self._meter.estimates:
            asked = asked_object(self._request.body) or {}
            return estimated_usage(self.model, dialect.messages(asked), dialect.tools(asked), self.answers)
        return usage

    @property
    def has_usage_in_other_units(self) -> bool:
        """Whether the reply says what the call used, but not in tokens: in seconds, or in pictures."""
        return self.usage is None and self._answer.tells_in_other_units

    @property
    def has_usage_in_part(self) -> bool:
        """Whether the reply gives only part of the tokens that the call used: a stream broke, or a count is null."""
        return self.usage is None and self._answer.tells_in_part

    @property
    def has_usage_of_nothing(self) -> bool:
        """Whether the reply says that the call used 0 tokens, as servers do that do not count them."""
        return self.usage is None and self._answer.counts_nothing

    @property
    def has_paid_tools(self) -> bool:
        """Whether the call used anything that is billed on top of the tokens, so that the cost is unknown."""
        return self._answer.has_paid_tools

    @property
    def special_tier(self) -> str | None:
        """The level of service, if it may have its own prices; None for the standard. It holds no secret."""
        tier = self._answer.tier
        return self.redacted(tier) if tier and tier.lower() not in STANDARD_TIERS else None

    @cached_property
    def price(self) -> Price | None:
        """The project's own price, else the recorded price, else the price in the public list at that time.

        None if no price is certain, and for a call without a model or a date.
        """
        recorded = self._interaction.price
        if self.model is None or self._meter is None:
            return recorded if isinstance(recorded, Price) else None
        if recorded is not None:
            return self._meter.prices.own_price(self.model) or (recorded if isinstance(recorded, Price) else None)
        if not self._answer.dialect.is_listed:
            return self._meter.prices.own_price(self.model)
        return self._meter.prices.price(
            self.model,
            _moment(self._interaction.recorded_at or self._interaction.answered_at),
            url=self._request.url,
            prompt_tokens=0 if self.usage is None else self.usage.prompt_tokens,
            service_tier=self._answer.tier,
        )

    @cached_property
    def cost(self) -> Decimal | None:
        """What was billed, in US dollars; None if usage or price is unknown."""
        return self._cost(as_listed=False)

    @cached_property
    def list_cost(self) -> Decimal | None:
        """What would have been billed without any cache: the same no matter how often a prompt was sent before."""
        return self._cost(as_listed=True)

    def _cost(self, *, as_listed: bool) -> Decimal | None:
        if self.usage is None:
            return None
        if self._reply.status >= 300 and not self.usage.total_tokens:
            return Decimal(0)
        # The price of tokens doesn't include what a tool costs per call.
        if self.has_paid_tools:
            return None
        return None if self.price is None else self.price.cost(self.usage, as_listed=as_listed)


def _moment(text: str | None) -> datetime | None:
    """When a call was made; None if the cassette has no date for it."""
    try:
        return parse_moment(text)
    except ValueError:
        return None
