"""The values that are secret, in an environment and in the headers of a request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from urllib.parse import unquote

from pytest_samurai.redaction.plain import NUMBER, basic_password, is_placeholder, is_plain
from pytest_samurai.wire import Headers

_SECRET_ENDS = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_SECRET_NAME = re.compile(r"(_|^)(API_?KEY|TOKEN|SECRET|SECRET_KEY|ACCESS_KEY|PASSWORD)$", re.IGNORECASE)
_KEY_HEADERS = ("authorization", "proxy-authorization", "api-key", "x-api-key", "x-goog-api-key")
_CREDENTIAL_HEADERS = (*_KEY_HEADERS, "cookie", "set-cookie", "*api-key", "*-token", "*-secret")
_COOKIE = re.compile(r"=([^;]*)")


def environment_secrets(environ: Mapping[str, str]) -> frozenset[str]:
    """The values that stand under names like `*_API_KEY`, `*_TOKEN` or `*_SECRET`, without those that are words."""
    return frozenset(environment_names(environ))


def environment_names(environ: Mapping[str, str]) -> dict[str, str]:
    """The same values, each with its name."""
    # Each test asks, and to read a value of the environment is to decode it. So the names are looked at first.
    names = [name for name in environ if name.upper().endswith(_SECRET_ENDS) and _SECRET_NAME.search(name)]
    return {secret: name for name in names for secret in _secrets([environ[name]])}


def request_secrets(headers: Headers) -> frozenset[str]:
    """The key that a request carries, unless it is a word; of Basic authentication, the password as well."""
    # "Bearer x" and "Basic x" have their key at the end; the other headers are nothing but a key.
    keys = [value.split(maxsplit=1)[-1] for name, value in headers if name in _KEY_HEADERS and value.strip()]
    return _secrets([*keys, *(password for key in keys if (password := basic_password(key)))])


def _secrets(values: Iterable[str]) -> frozenset[str]:
    return frozenset(value for value in map(str.strip, values) if not is_plain(value))


def own_keys(headers: Headers) -> frozenset[str]:
    """The keys that a recorded request still carries. What another tool has put in the place of one is none."""
    return frozenset(filter(is_secret_value, request_secrets(headers)))


def is_credential(name: str, value: str) -> bool:
    """Whether a header is of a kind that carries a secret, and carries one: not `Bearer [REDACTED]`, not a word."""
    if not any(fnmatchcase(name, pattern) for pattern in _CREDENTIAL_HEADERS):
        return False
    if name in ("cookie", "set-cookie"):
        # What follows the first value of a Set-Cookie are its attributes.
        return any(map(is_secret_value, _COOKIE.findall(value)[: 1 if name == "set-cookie" else None]))
    credentials = value.split(maxsplit=1)[-1:]
    return any(is_secret_value(basic_password(key) or key) for key in credentials)


def is_secret_value(value: str) -> bool:
    """Whether a value may be a secret, and not what people and tools put in the place of one."""
    bare = re.sub(r"\A[\W_]+|[\W_]+\Z", "", unquote(value))
    return bool(_secrets([bare])) and not NUMBER.fullmatch(bare) and not is_placeholder(unquote(value))
