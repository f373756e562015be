"""What every test used when it was last accepted, and the verdict on one that uses more."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

from pytest_samurai.figures import PREFIX

REGRESSION_PROPERTY: Final = f"{PREFIX}regression"


@dataclass(frozen=True, slots=True)
class Regression:
    """One metric of a test that grew beyond what is let pass, all as people read it: "412", "577", "+165, +40%"."""

    test: str
    metric: str
    old: str
    new: str
    growth: str
    why: str

    def as_json(self) -> str:
        """As it travels in `user_properties`, under `REGRESSION_PROPERTY`."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, value: str) -> Regression:
        """What `as_json` gave."""
        return cls(**json.loads(value))
