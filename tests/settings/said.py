"""Options as tests of settings give them."""

from __future__ import annotations

import pytest

from pytest_samurai.errors import SettingsError
from pytest_samurai.settings.layers import Layer, resolve
from pytest_samurai.settings.table import Settings


def said(place: str = "test", /, **values: object) -> Settings:
    return resolve([Layer("here", place, values)])


def refusal(place: str = "test", /, **values: object) -> str:
    with pytest.raises(SettingsError) as caught:
        said(place, **values)
    return str(caught.value)
