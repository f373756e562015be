"""Other tools' cassettes, as a test finds them."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_samurai import cassette
from pytest_samurai.cassette import Shelf
from pytest_samurai.redaction import environment_secrets, without_secrets


def adopt(old: Path, new: Path, shelf: Shelf) -> None:
    """Copy another tool's cassette, which other tests may share, to a cassette of the test's own.

    Secrets are removed. The old cassette stays as it is. Raises CassetteError if the new one cannot be written.
    """
    recorded = without_secrets(shelf.load(old).recordings, environment_secrets(os.environ))
    # Another run may have written it in the meantime.
    cassette.update(new, lambda interactions: interactions or recorded)
