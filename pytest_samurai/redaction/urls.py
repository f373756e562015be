"""The secrets in a URL: a user, a password, parameters with the name of a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from pytest_samurai.redaction.edits import REDACTED
from pytest_samurai.redaction.names import is_secret_parameter

USER_INFO = re.compile(r"\A([\w+.-]+://)([^/?#]*)@")
# Some separate parameters with a semicolon.
_PARAMETER = re.compile(r"(?<=[?&#;])([^=&#;]*)=((?:(?!;[\w.%\[\]-]+=)[^&#])*)")
_HOST = re.compile(r"(\w+://)(?:[^/?#@]*@)?([^/?#:]+)((?::\d+)?)")


def secret_parameters(url: str) -> Iterator[re.Match[str]]:
    """The parameters with the name of a secret: group 1 is the name, group 2 the value."""
    return (match for match in _PARAMETER.finditer(url) if is_secret_parameter(unquote(match[1])))


def url_secrets(url: str) -> list[str]:
    """The values in a URL that may be secret: its password, or a user without one, and its secret parameters."""
    if "?" not in url and "@" not in url and "#" not in url:
        return []
    values = [unquote(match[2]) for match in secret_parameters(url)]
    if user := USER_INFO.match(url):
        name, colon, password = user[2].partition(":")
        values.append(unquote(password if colon else name))
    return values


def without_credentials(url: str) -> str:
    """A URL without user and password, and without the values of parameters that are named like a key."""
    url = USER_INFO.sub(r"\1", url)
    for parameter in reversed([*secret_parameters(url)]):
        begin, end = parameter.span(2)
        url = f"{url[:begin]}{REDACTED}{url[end:]}"
    return url


def hosts_of(url: str) -> list[str]:
    """What a URL calls its host: with and without the port, and with the scheme."""
    match = _HOST.match(url)
    if match is None:
        return []
    scheme, host, port = match.groups()
    return [host, f"{host}{port}", f"{scheme}{host}", f"{scheme}{host}{port}"]
