"""What MkDocs is told beyond mkdocs.yml: the pages are written to be read where the code is, too."""

from __future__ import annotations

import re
from typing import Any

_FENCE = re.compile(r"^( *```+)(\w+) [^`\n]*$", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """A page without what the tests read: the words after the language of a block."""
    return _FENCE.sub(r"\1\2", markdown)
