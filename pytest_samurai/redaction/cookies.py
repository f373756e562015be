"""Cookies that a network sets for every visitor."""

from __future__ import annotations

import re

# Source: Cloudflare's page on the cookies that it sets. They distinguish people from bots, and last for half an hour.
_CLOUDFLARE = frozenset({"__cf_bm", "_cfuvid", "__cfruid", "__cflb", "__cfseq"})
_NAME = re.compile(r"(?:\A|[;,])\s*([^=;,\s]+)=")
_ATTRIBUTES = frozenset({"path", "domain", "expires", "max-age", "samesite", "priority"})


def cloudflare_cookies(name: str, value: str) -> list[str]:
    """The names of the cookies in a header, if all of them are Cloudflare's; else none."""
    if name not in ("cookie", "set-cookie"):
        return []
    names = [cookie for cookie in _NAME.findall(value) if name == "cookie" or cookie.lower() not in _ATTRIBUTES]
    return names if _CLOUDFLARE.issuperset(names) else []
