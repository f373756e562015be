"""The figures of a test: its calls, tokens, money and time, as they travel between processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from pytest_samurai.bill.apis import apis_of, read_apis
from pytest_samurai.bill.call import Call
from pytest_samurai.bill.pricelist import dearest
from pytest_samurai.bill.sum import NO_COST, NO_USAGE, Sum
from pytest_samurai.files import json
from pytest_samurai.wire import Price, Usage

PREFIX: Final = "samurai_"
FIXTURE_PROPERTY: Final = f"{PREFIX}fixture"
MODELS_PROPERTY: Final = f"{PREFIX}models"

_COUNTS = ("replayed", "recorded", "live")
_SHOWN = ("prompt_tokens", "completion_tokens", "total_tokens", "cost")
FIGURE_PROPERTIES: Final = tuple(f"{PREFIX}{name}" for name in (*_COUNTS, *_SHOWN, "models"))

UNKNOWN_MODEL: Final = "(unknown)"


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """The calls to one model, as served; None means that a figure is unknown for one of them.

    `cost` is what was billed in US dollars, `list_cost` what would have been billed without any cache. If the calls
    have several prices, `price` is the highest. `endpoints` are the APIs, by the names of their dialects.
    """

    model: str
    requests: int
    usage: Usage | None
    price: Price | None
    cost: Decimal | None
    list_cost: Decimal | None
    endpoints: tuple[str, ...] = ()

    @classmethod
    def of(cls, model: str, calls: Sequence[Call]) -> ModelFigures:
        prices = [call.price for call in calls if call.price is not None]
        return cls(
            model,
            len(calls),
            _usage([call.usage for call in calls]),
            dearest(prices) if prices else None,
            _amount([call.cost for call in calls]),
            _amount([call.list_cost for call in calls]),
            apis_of(call.endpoint for call in calls),
        )

    def as_json(self) -> dict[str, Any]:
        """The figures as JSON values; money and rates are text, to the last digit."""
        return {
            "model": self.model,
            "requests": self.requests,
            "usage": None if self.usage is None else self.usage.as_json(),
            "price": None if self.price is None else self.price.as_written(),
            "cost": amount_as_json(self.cost),
            "list_cost": amount_as_json(self.list_cost),
            "endpoints": [*self.endpoints],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ModelFigures:
        """The figures that `as_json` gave."""
        return cls(
            value["model"],
            value["requests"],
            None if value["usage"] is None else Usage(**value["usage"]),
            None if value["price"] is None else Price.from_written(value["price"]),
            _amount_from_json(value["cost"]),
            _amount_from_json(value["list_cost"]),
            # Older reports have none.
            read_apis(value.get("endpoints", [])),
        )


def amount_as_json(amount: Decimal | None) -> str | None:
    """An amount of US dollars as text, to the last digit."""
    return None if amount is None else f"{amount:f}"


def _amount_from_json(written: str | None) -> Decimal | None:
    return None if written is None else Decimal(written)


def _usage(usages: Iterable[Usage | None]) -> Usage | None:
    return Sum.of(usages, NO_USAGE).if_known


def _amount(amounts: Iterable[Decimal | None]) -> Decimal | None:
    return Sum.of(amounts, NO_COST).if_known


@dataclass(frozen=True, slots=True)
class TestFigures:
    """What one test or fixture did: how many calls were replayed, recorded and sent live, and its use of each model.

    `seconds` is how long the replayed calls took when they were recorded. `saved` is what they were billed then, in US
    dollars; None if it is unknown for one call.
    """

    __test__ = False

    test: str
    replayed: int = 0
    recorded: int = 0
    live: int = 0
    models: tuple[ModelFigures, ...] = ()
    seconds: float = 0.0
    saved: Decimal | None = Decimal(0)

    @classmethod
    def of(cls, test: str, calls: Sequence[Call], *, recorded: int) -> TestFigures:
        """The figures of calls. `recorded` of them are in the cassette now; the others were replayed or went live."""
        replayed = [call for call in calls if call.replayed]
        by_model: dict[str, list[Call]] = {}
        for call in calls:
            by_model.setdefault(call.model or UNKNOWN_MODEL, []).append(call)
        return cls(
            test,
            len(replayed),
            recorded=recorded,
            live=len(calls) - len(replayed) - recorded,
            models=tuple(ModelFigures.of(model, by_model[model]) for model in sorted(by_model)),
            seconds=round(sum(call.duration or 0.0 for call in replayed), 4),
            saved=_amount([call.cost for call in replayed]),
        )

    @property
    def requests(self) -> int:
        return self.replayed + self.recorded + self.live

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The APIs that were called, by the names of their dialects."""
        return apis_of(name for used in self.models for name in used.endpoints)

    @property
    def usage(self) -> Usage | None:
        """The usage of all calls; None if it is unknown for one call."""
        return _usage([used.usage for used in self.models])

    @property
    def cost(self) -> Decimal | None:
        """What was billed, in US dollars; None if it is unknown for one call."""
        return _amount([used.cost for used in self.models])

    @property
    def list_cost(self) -> Decimal | None:
        """What would have been billed without any cache; None if it is unknown for one call."""
        return _amount([used.list_cost for used in self.models])

    def properties(self) -> list[tuple[str, int | str]]:
        """The figures as `user_properties`, for JUnit and from xdist workers. Unknown figures are left out."""
        values: dict[str, int | str | None] = {name: getattr(self, name) for name in _COUNTS}
        usage = self.usage
        values |= {name: None if usage is None else getattr(usage, name) for name in _SHOWN if name != "cost"}
        values["cost"] = amount_as_json(self.cost)
        carried = {
            "seconds": self.seconds,
            "saved": amount_as_json(self.saved),
            "models": [used.as_json() for used in self.models],
        }
        values["models"] = json.dumps(carried)
        return [(f"{PREFIX}{name}", value) for name, value in values.items() if value is not None]

    def fixture_property(self) -> tuple[str, str]:
        """The figures of a fixture as one property of the test that set the fixture up."""
        return FIXTURE_PROPERTY, json.dumps({"fixture": self.test, "figures": dict(self.properties())})

    @classmethod
    def from_fixture_property(cls, value: str) -> TestFigures:
        """The figures that `fixture_property` gave."""
        carried = json.loads(value)
        return cls._read(carried["fixture"], carried["figures"])

    @classmethod
    def from_properties(cls, test: str, properties: Iterable[tuple[str, object]]) -> TestFigures | None:
        """The figures that `properties` gave; None for a test without them."""
        values = dict(properties)
        # An application may have a property with such a name.
        if not values.keys() >= {MODELS_PROPERTY, *(f"{PREFIX}{name}" for name in _COUNTS)}:
            return None
        return cls._read(test, values)

    @classmethod
    def _read(cls, test: str, values: Mapping[str, Any]) -> TestFigures:
        counts = {name: values[f"{PREFIX}{name}"] for name in _COUNTS}
        carried = json.loads(values[MODELS_PROPERTY])
        models = tuple(map(ModelFigures.from_json, carried["models"]))
        saved = _amount_from_json(carried["saved"])
        return cls(test, **counts, models=models, seconds=carried["seconds"], saved=saved)

    # --- in a JSON report

    def as_json(self) -> dict[str, Any]:
        """The figures in JSON values, without the name of the test."""
        usage = self.usage
        return {
            "replayed": self.replayed,
            "recorded": self.recorded,
            "live": self.live,
            "usage": None if usage is None else usage.as_json(),
            "cost": amount_as_json(self.cost),
            "list_cost": amount_as_json(self.list_cost),
            "saved": amount_as_json(self.saved),
            "seconds": self.seconds,
            "models": [model.as_json() for model in self.models],
        }

    @classmethod
    def from_json(cls, test: str, value: Mapping[str, Any]) -> TestFigures:
        """The figures that `as_json` gave. Raises KeyError, TypeError or ValueError for anything else."""
        return cls(
            test,
            value["replayed"],
            value["recorded"],
            value["live"],
            tuple(map(ModelFigures.from_json, value["models"])),
            value["seconds"],
            _amount_from_json(value["saved"]),
        )
