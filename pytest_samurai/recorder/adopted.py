"""Cassettes of other tools, as a test finds them."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_samurai import cassette
from pytest_samurai.cassette import Shelf
from pytest_samurai.redaction import environment_secrets, without_secrets


def adopt(old: Path, new: Path, shelf: Shelf) -> None:
    """Give a test a cassette of its own, with what is in one of another tool that may be other tests' too.

    What is secret is cut out. The old cassette stays as it is. Raises CassetteError if the new one cannot be written.
    """
    recorded = without_secrets(shelf.load(old).recordings, environment_secrets(os.environ))
    # Another run may have made it meanwhile.
    cassette.update(new, lambda interactions: interactions or recorded)
