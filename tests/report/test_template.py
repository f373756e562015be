"""Templates treat their values as text, and are only loaded if a page is written."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files

import pytest
from jinja2 import UndefinedError

from pytest_samurai.report.forms.talk import Talk
from pytest_samurai.report.forms.template import Templates
from tests.report.calls import call, interaction, user


def test_what_a_template_is_given_is_text_and_what_it_made_is_markup() -> None:
    templates = Templates()
    made = templates.fill("call.html", call=Talk().told(call(interaction(user("<i>&\"'</i>")))))
    assert '<div class="text">&lt;i&gt;&amp;&#34;&#39;&lt;/i&gt;</div>' in made
    assert templates.join([made, "<b>"]) == f"{made}&lt;b&gt;"


def test_a_value_that_was_forgotten_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'call' is undefined"):
        Templates().fill("call.html")


def test_all_templates_are_where_the_wheel_takes_them_from() -> None:
    directory = files("pytest_samurai.report.forms") / "templates"
    assert sorted(path.name for path in directory.iterdir()) == [
        "base.html",
        "call.html",
        "page.css",
        "page.html",
        "stories.html",
        "unread.html",
    ]


def test_jinja_is_loaded_only_where_a_page_is_written() -> None:
    code = "import sys, pytest_samurai.plugin, pytest_samurai.report.forms; print('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
