"""The credentials in a URL."""

from __future__ import annotations

import re

from pytest_samurai.redaction.credentials import is_secret_value
from pytest_samurai.redaction.edits import REDACTED

_USER_INFO = re.compile(r"\A(\w+://)[^/?#]*@")
_HOST = re.compile(r"(\w+://)(?:[^/?#@]*@)?([^/?#:]+)((?::\d+)?)")
_QUERY_KEY = re.compile(r"(?i)(?<=[?&])(key|api[_-]?key|access_token|token|sig|signature)=[^&#]*")


def without_credentials(url: str) -> str:
    """A URL without user and password, and without the values of parameters that are called like a key."""
    return _QUERY_KEY.sub(rf"\1={REDACTED}", _USER_INFO.sub(r"\1", url))


def hosts_of(url: str) -> list[str]:
    """What a URL calls its host: with and without the port, with the scheme before it."""
    match = _HOST.match(url)
    if match is None:
        return []
    scheme, host, port = match.groups()
    return [host, f"{host}{port}", f"{scheme}{host}", f"{scheme}{host}{port}"]


def url_credentials(url: str) -> list[str]:
    """The parts of a URL that hold a secret, by their names."""
    user = _USER_INFO.match(url)
    names = ["user and password"] if user and any(map(is_secret_value, user[0][len(user[1]) : -1].split(":"))) else []
    pairs = (match[0].partition("=") for match in _QUERY_KEY.finditer(url))
    return names + [f"parameter {name!r}" for name, _, value in pairs if is_secret_value(value)]
