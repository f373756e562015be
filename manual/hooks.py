"""What MkDocs needs besides mkdocs.yml: the pages are also written to be read next to the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BESIDE_DOCS = ("CHANGELOG.md", "CONTRIBUTING.md")
"""Pages of the site that are next to docs/, where everybody looks for them."""

_FENCE = re.compile(r"^( *```+)(\w+) [^`\n]*$", re.MULTILINE)
_UP = re.compile(rf"\]\(((?:\.\./)*)\.\./({'|'.join(map(re.escape, BESIDE_DOCS))})")

_PICTURE = re.compile(
    r'<picture>\s*<source media="[^"]*" srcset="(?P<dark>[^"]*)">\s*<img alt="(?P<alt>[^"]*)" src="(?P<light>[^"]*)">'
    r"\s*</picture>"
)


def for_the_site(markdown: str) -> str:
    """Markdown whose pictures follow the site's own switch of light and dark, which a `<picture>` knows nothing of."""
    both = r'<img alt="\g<alt>" src="\g<light>#only-light"><img alt="\g<alt>" src="\g<dark>#only-dark">'
    return _PICTURE.sub(both, markdown)


def on_files(files: Any, *, config: Any) -> Any:
    """Add the pages next to docs/. Links and the search lead to them; the contents do not list them."""
    # Imported here, because the tests of the pages run without MkDocs.
    from mkdocs.structure.files import File, InclusionLevel

    for name in BESIDE_DOCS:
        content = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=content, inclusion=InclusionLevel.NOT_IN_NAV))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """A page as the site shows it: no words for tests after a block's language, and links within the site."""
    text = for_the_site(_FENCE.sub(r"\1\2", markdown))
    if page.file.src_uri in BESIDE_DOCS:
        return text.replace("](docs/", "](")
    return _UP.sub(r"](\1\2", text)
