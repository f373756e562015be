"""The redactors that a run has made."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_samurai.redaction.names import VariableKind
from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.redaction.rules import Rule

_MOST = 64


class MadeRedactors:
    """Keeps redactors by what they know, because making one takes longer than replaying a call.

    - `secrets` are all secrets that any redactor knew, also those no longer kept: each test may make up its own key.
    - `kinds` are the kinds of the variables whose names were checked.
    - `headers` says which headers are secret.
    """

    def __init__(self) -> None:
        self.secrets: set[str] = set()
        self.kinds: dict[str, VariableKind] = {}
        self.headers: dict[str, bool] = {}
        self._redactors: dict[tuple[frozenset[str], Sequence[Rule]], Redactor] = {}

    def __len__(self) -> int:
        return len(self._redactors)

    def of(self, secrets: frozenset[str], rules: tuple[Rule, ...] = ()) -> Redactor:
        """The redactor for these secrets and the user's rules."""
        redactor = self._redactors.get((secrets, rules))
        if redactor is None:
            if len(self._redactors) >= _MOST:
                self._redactors.pop(next(iter(self._redactors)), None)
            redactor = self._redactors[secrets, rules] = Redactor(secrets, rules)
            self.secrets |= secrets
        return redactor
