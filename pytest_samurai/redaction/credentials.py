"""The secret values in an environment and in the headers of a request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from pytest_samurai.redaction.carried import keys_in
from pytest_samurai.redaction.names import VariableKind, is_secret_header, is_session_header, kind_of_variable
from pytest_samurai.redaction.plain import NUMBER, basic_password, basic_user, is_placeholder, is_plain
from pytest_samurai.redaction.urls import USER_INFO, secret_parameters, url_secrets
from pytest_samurai.redaction.vendors import CONNECTION_KEYS
from pytest_samurai.wire import Headers

_COOKIE = re.compile(r"=([^;]*)")
# Cookies also hold user preferences; a session is long.
_SHORTEST_SESSION = 16
# Anybody who knows a webhook's URL can post to it; the last steps of its path are the key.
_WEBHOOK = re.compile(r"(?i)https?://(?:hooks?\.|[^?#]*webhooks?\b)")
_STEP = re.compile(r"(?<=/)[\w.~%-]{16,}(?=[/?#]|\Z)")
_PASSWORD = re.compile(rf"(?i)(?:password|pwd|{'|'.join(CONNECTION_KEYS)})\s*=\s*([^;\s]+)")


def environment_secrets(environ: Mapping[str, str], kinds: dict[str, VariableKind] | None = None) -> frozenset[str]:
    """The values with names like `*_API_KEY`, `*_TOKEN` or `*_SECRET`, except plain words.

    They include the passwords in URLs and connection strings. `kinds` has the kinds of the names seen before; those of
    new names are added to it.
    """
    return frozenset(environment_names(environ, kinds))


def environment_names(environ: Mapping[str, str], kinds: dict[str, VariableKind] | None = None) -> dict[str, str]:
    """The same values, each with the name of its variable."""
    # Each call may ask, and reading a value of the environment means decoding it. So check the names first.
    kinds = {} if kinds is None else kinds
    telling: list[tuple[VariableKind, str]] = []
    for name in environ:
        kind = kinds.get(name)
        if kind is None:
            kind = kinds[name] = kind_of_variable(name)
        if kind:
            telling.append((kind, name))
    in_addresses = {
        secret: name for kind, name in telling if kind == "address" for secret in _secrets(_in_address(environ[name]))
    }
    return in_addresses | {
        secret: name
        for kind, name in telling
        if kind == "secret"
        for secret in _secrets([environ[name], *keys_in(environ[name])])
    }


def _in_address(address: str) -> list[str]:
    """What may be secret in a URL, in a webhook's URL, or in the fields of a connection string."""
    steps = _STEP.findall(address) if _WEBHOOK.match(address) else []
    return [*url_secrets(address), *_PASSWORD.findall(address), *steps]


def request_secrets(headers: Headers, url: str = "", names: dict[str, bool] | None = None) -> frozenset[str]:
    """The keys in a request, except plain words; for Basic authentication, the password as well.

    `names` says for each header seen before whether it is secret; new headers are added to it.
    """
    names = {} if names is None else names
    for name, _ in headers:
        if name not in names:
            names[name] = is_secret_header(name) or is_session_header(name)
    # "Bearer x" and "Basic x" end with their key; the other headers are nothing but a key.
    keys = [key for name, value in headers for key in _in_header(name, value, is_secret=names[name])]
    return _secrets([*keys, *filter(None, map(_basic_key, keys)), *url_secrets(url)])


def _in_header(name: str, value: str, *, is_secret: bool) -> list[str]:
    if value[:1] == "{":
        # Gateways take their settings as JSON, which may include other services' keys.
        return keys_in(value)
    if not is_secret:
        return []
    if name == "cookie":
        return [cookie for cookie in _COOKIE.findall(value) if len(cookie) >= _SHORTEST_SESSION]
    return [*value.split(maxsplit=1)[-1:], *keys_in(value)]


def set_cookies(headers: Headers) -> list[str]:
    """The values of the cookies that a reply sets, if they are secret and as long as a session."""
    values = [cookie for name, value in headers if name == "set-cookie" for cookie in _COOKIE.findall(value)[:1]]
    return [value for value in values if len(value) >= _SHORTEST_SESSION and is_secret_value(value)]


def _basic_key(credentials: str) -> str | None:
    """The password of Basic authentication, or the user if there is no password: some APIs take their key that way."""
    password = basic_password(credentials)
    return password if password != "" else basic_user(credentials)


def _secrets(values: Iterable[str]) -> frozenset[str]:
    return frozenset(value for value in map(str.strip, values) if not is_plain(value))


def own_keys(headers: Headers, url: str = "") -> frozenset[str]:
    """The keys that a recorded request still has. What another tool wrote in place of a key doesn't count."""
    return frozenset(filter(is_secret_value, request_secrets(headers, url)))


def is_credential(name: str, value: str) -> bool:
    """Whether a header is of a kind that holds a secret, and really holds one: not `Bearer [REDACTED]`, not a word."""
    if not is_secret_header(name):
        return False
    if name in ("cookie", "set-cookie"):
        # In a Set-Cookie, everything after the first value is an attribute.
        return any(map(is_secret_value, _COOKIE.findall(value)[: 1 if name == "set-cookie" else None]))
    credentials = value.split(maxsplit=1)[-1:]
    return any(is_secret_value(basic_password(key) or key) for key in credentials)


def is_secret_value(value: str) -> bool:
    """Whether a value may be a secret, rather than what people and tools put in place of one."""
    bare = re.sub(r"\A[\W_]+|[\W_]+\Z", "", unquote(value))
    return bool(_secrets([bare])) and not NUMBER.fullmatch(bare) and not is_placeholder(unquote(value))


def url_credentials(url: str) -> list[str]:
    """The parts of a URL that hold a secret, by name."""
    user = USER_INFO.match(url)
    names = ["user and password"] if user and any(map(is_secret_value, user[2].split(":"))) else []
    return names + [f"parameter {match[1]!r}" for match in secret_parameters(url) if is_secret_value(match[2])]
