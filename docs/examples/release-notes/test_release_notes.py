import httpx
import pytest
from release_notes import write

pytestmark = pytest.mark.samurai(max_requests=1, max_cost="0.0005")


def test_changes_are_grouped():
    notes = write(
        [
            "Add --json to the list command",
            "Fix a crash when the config file is empty",
            "Bump ruff to 0.17",
            "Remove the deprecated --silent flag; use --quiet",
        ]
    )
    assert notes.index("New") < notes.index("Fixed") < notes.index("Breaking")
    assert "--json" in notes
    assert "ruff" not in notes  # nobody who uses the tool notices


def test_a_heading_without_a_change_is_left_out():
    notes = write(["Fix the progress bar in narrow terminals"])
    assert "Fixed" in notes
    assert "Breaking" not in notes


def test_a_used_up_plan_is_an_error():
    with pytest.raises(httpx.HTTPStatusError, match="429"):
        write(["Fix a typo in the error for a missing file"])
