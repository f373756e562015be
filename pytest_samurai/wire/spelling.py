"""The usual spelling of a URL."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

USUAL_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
"""The port of a URL that names none, by its scheme."""


def plain_url(url: str) -> str:
    """The scheme, host and path of a URL in their usual spelling. The case of the path stays.

    Servers accept many spellings of one path: a slash at the end, double slashes, backslashes, percent-encoding (even
    double), parameters (`;v=1`), dot segments. The query and the fragment are left out.
    """
    head = url.partition("#")[0].partition("?")[0]
    scheme, is_whole, rest = head.partition("://")
    authority, _, path = rest.partition("/") if is_whole else ("", "", head)
    while (decoded := unquote(path)) != path:
        path = decoded
    segments: list[str] = []
    for segment in path.replace("\\", "/").split("/"):
        name = segment.partition(";")[0].strip()
        if name == "..":
            del segments[-1:]
        elif name not in ("", "."):
            segments.append(name)
    origin = f"{scheme.lower()}://{authority.lower()}" if is_whole else ""
    return "/".join([origin, *segments])
