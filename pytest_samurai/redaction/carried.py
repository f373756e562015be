"""The keys inside a value with the name of a credential."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_samurai.files import json
from pytest_samurai.redaction.names import is_secret_field, is_secret_header, is_secret_parameter
from pytest_samurai.redaction.plain import is_plain

# A password may contain a comma; keys in a list are long.
_SHORTEST_LISTED = 16
_SCHEMES = frozenset({"bearer", "basic", "token", "apikey", "api-key", "key", "digest", "hmac", "oauth", "sso-key"})
_LIST = re.compile(r"[,;\s]+")
_QUOTED = re.compile(r"(['\"`])(.*)\1", re.DOTALL)
# Source: RFC 9110, section 11.2 (`auth-param`); some write semicolons.
_PARAMETER = re.compile(r"(?:\A|[\s,;])([\w.-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,;\"]+))")
_USER = re.compile(r"[\w.@+-]{1,64}:([^:/][^:]*)")
# The names that a key may have inside these are too common elsewhere.
_AUTHENTICATION = frozenset({"authentication", "credentials", "auth"})


def keys_in(value: str) -> list[str]:
    """What may be a key in the value: K in `Bearer K`, `"K"`, `token=K, x=1`, `user:K` and `K, K`.

    In JSON, it is whatever has a telling name, and the items of a list. Something that anybody might write is not a
    key.
    """
    if is_plain(value):
        return []
    if value.lstrip()[:1] in ("{", "["):
        try:
            said = json.loads(value)
        except (ValueError, RecursionError):
            return []
        return [*_texts_of(said)[0], *keys_in_fields(said)]
    keys = [*_bare(value)]
    keys += [quoted or bare for name, quoted, bare in _PARAMETER.findall(value) if is_secret_parameter(name)]
    listed = [part for part in _LIST.split(value.strip()) if part.lower() not in _SCHEMES]
    if len(listed) > 1 and all(len(part) >= _SHORTEST_LISTED for part in listed):
        keys += [key for part in listed for key in (part, *_bare(part))]
    return keys


def _bare(value: str) -> Iterator[str]:
    """The value without a scheme before it, without quotes, and without a user before the password."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() in _SCHEMES and rest:
        yield (value := rest.strip())
    while quoted := _QUOTED.fullmatch(value):
        yield (value := quoted[2].strip())
    if user := _USER.fullmatch(value):
        yield user[1]


def keys_in_fields(said: object) -> Iterator[str]:
    """What may be a key in a JSON value: the texts under names of credentials, at any depth."""
    # Each value with its name. Not recursive: a body may be nested deeper than Python's stack.
    values: list[tuple[str, object]] = [("", said)]
    while values:
        below, value = values.pop()
        if isinstance(value, list):
            values += [(below, entry) for entry in value]
        elif isinstance(value, dict):
            for name, inner in value.items():
                if not _names_key(name, below):
                    values.append((name.lower(), inner))
                    continue
                texts, others = _texts_of(inner)
                yield from (key for text in texts for key in (text, *keys_in(text)))
                values += [(name.lower(), other) for other in others]


def _texts_of(value: object) -> tuple[list[str], list[object]]:
    """The texts in a value, or in its items if it is a list, and everything else in it."""
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, str)], [
        entry for entry in entries if not isinstance(entry, str)
    ]


def _names_key(name: str, below: str) -> bool:
    if below.endswith("headers"):
        return is_secret_header(name.lower())
    return is_secret_field(name) or (below in _AUTHENTICATION and name.lower() in ("key", "token"))
