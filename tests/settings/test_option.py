"""The names of one option, and where it may be set."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from pytest_samurai.settings import values
from pytest_samurai.settings.option import PLACES, Option
from pytest_samurai.settings.table import OPTIONS


@pytest.mark.parametrize("parse", [values.flag, values.estimate, bool])
@pytest.mark.parametrize(("written", "value"), [("true", True), ("False", False), (True, True), (False, False)])
def test_a_switch_may_be_text_where_an_ini_file_may_have_it_whatever_parses_it(
    parse: Callable[[object], object], written: object, value: bool
) -> None:
    assert Option(parse, False, "ini cli", "whether it is so").read(written) is value


def test_a_switch_that_no_ini_file_may_have_is_never_text() -> None:
    with pytest.raises(ValueError, match="True or False"):
        Option(values.flag, False, "cli test", "whether it is so").read("true")


def test_only_what_is_yes_or_no_is_said_by_its_name_alone() -> None:
    assert [name for name, option in OPTIONS.items() if option.is_switch and "cli" in option.places] == [
        "update",
        "prove",
    ]


def test_every_option_may_be_set_somewhere_and_is_not_named_as_other_plugins_name_theirs() -> None:
    for name, option in OPTIONS.items():
        assert option.name == name
        assert option.places
        assert option.places <= PLACES.keys()
        assert re.fullmatch("samurai_[a-z_]+", option.ini)
        assert re.fullmatch("--samurai-[a-z-]+", option.flag)


def test_only_what_holds_several_words_is_a_list_in_the_ini_file_or_repeatable() -> None:
    many = {name for name, option in OPTIONS.items() if option.many}
    assert many == {"endpoints", "headers", "ignore", "keys", "marker", "match_on", "normalize", "report", "tolerance"}
