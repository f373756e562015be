"""What an index shows of the package. `make package` builds it, and judges the rest."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from tests.test_docs import ROOT

SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_newest_section_of_the_changelog_is_that_of_the_version() -> None:
    sections = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sections[0] == SETTINGS["project"]["version"]


def test_the_description_is_the_readme_without_what_leads_nowhere_on_an_index_page() -> None:
    hook = SETTINGS["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    readme = shown = (ROOT / "README.md").read_text(encoding="utf-8")
    for substitution in hook["substitutions"]:
        shown = re.sub(substitution["pattern"], substitution["replacement"], shown)
    assert "](docs/" in readme
    assert re.findall(r"\]\(|<picture|<img|^```\w+ .*$", shown, re.MULTILINE) == []
    assert "\n\n\n" not in re.sub(r"```.*?```", "a block", shown, flags=re.DOTALL)
    kept = [line for line in re.findall(r"^## .*$", readme, re.MULTILINE) if line in shown]
    assert kept == re.findall(r"^## .*$", readme, re.MULTILINE)
    assert shown.endswith("MIT licence.\n")
