"""The generated files below docs/, each with the function that gives its text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from manual.apipage import api_page
from manual.commandspage import commands_page
from manual.fixturespage import fixtures_page
from manual.messagespage import messages_page
from manual.schemas import cassette_schema, lock_schema

DOCS = Path(__file__).parents[1] / "docs"

PAGES: Mapping[str, Callable[[], str]] = {
    "api.md": api_page,
    "cassette.schema.json": cassette_schema,
    "commands.md": commands_page,
    "fixtures.md": fixtures_page,
    "lock.schema.json": lock_schema,
    "messages.md": messages_page,
}
