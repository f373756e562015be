"""The credentials in a URL."""

from __future__ import annotations

import re

from pytest_samurai.redaction.addresses import USER_INFO, secret_parameters
from pytest_samurai.redaction.credentials import is_secret_value
from pytest_samurai.redaction.edits import REDACTED

_HOST = re.compile(r"(\w+://)(?:[^/?#@]*@)?([^/?#:]+)((?::\d+)?)")


def without_credentials(url: str) -> str:
    """A URL without user and password, and without the values of parameters that are called like a key."""
    url = USER_INFO.sub(r"\1", url)
    for parameter in reversed([*secret_parameters(url)]):
        begin, end = parameter.span(2)
        url = f"{url[:begin]}{REDACTED}{url[end:]}"
    return url


def hosts_of(url: str) -> list[str]:
    """What a URL calls its host: with and without the port, with the scheme before it."""
    match = _HOST.match(url)
    if match is None:
        return []
    scheme, host, port = match.groups()
    return [host, f"{host}{port}", f"{scheme}{host}", f"{scheme}{host}{port}"]


def url_credentials(url: str) -> list[str]:
    """The parts of a URL that hold a secret, by their names."""
    user = USER_INFO.match(url)
    names = ["user and password"] if user and any(map(is_secret_value, user[2].split(":"))) else []
    return names + [f"parameter {match[1]!r}" for match in secret_parameters(url) if is_secret_value(match[2])]
