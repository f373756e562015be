"""Halves of secrets in a shortened text."""

from __future__ import annotations

import pytest

from pytest_samurai.redaction.edits import REDACTED
from pytest_samurai.redaction.truncated import without_halves

SECRET = "dG9w+c2Vj/cmV0MTIz"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{'key': 'Bearer dG9w+c2...", f"{{'key': 'Bearer {REDACTED}..."),
        ("...cmV0MTIz', 'a': 1}", f"...{REDACTED}', 'a': 1}}"),
        ("dG9w+c2...V0MTIz and dG9w...MTIz", f"{REDACTED}...{REDACTED} and {REDACTED}...{REDACTED}"),
        ("dG9...TIz", "dG9...TIz"),
        ("Wait... what?", "Wait... what?"),
        ("a dG9w+c2", "a dG9w+c2"),
        ("'sk-proj-a1b2c3...d4e5f6', 'x'", f"'{REDACTED}...{REDACTED}', 'x'"),
        ("'sk-proj-a1b2c3...", f"'{REDACTED}..."),
        ("sk-... and xoxb-...", "sk-... and xoxb-..."),
        ("my_library_name...and more", "my_library_name...and more"),
    ],
)
def test_half_a_secret_is_cut_out_where_a_text_was_cut_short(text: str, shown: str) -> None:
    assert without_halves(text, [SECRET]) == shown
