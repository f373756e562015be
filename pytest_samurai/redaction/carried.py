"""The keys within a value that stands under the name of a credential."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_samurai.files import json
from pytest_samurai.redaction.names import is_secret_field, is_secret_header, is_secret_parameter
from pytest_samurai.redaction.plain import is_plain

# A password may have a comma in it; keys that are listed are long.
_SHORTEST_LISTED = 16
_SCHEMES = frozenset({"bearer", "basic", "token", "apikey", "api-key", "key", "digest", "hmac", "oauth", "sso-key"})
_LIST = re.compile(r"[,;\s]+")
_QUOTED = re.compile(r"(['\"`])(.*)\1", re.DOTALL)
# Source: RFC 9110, section 11.2 (`auth-param`); some write semicolons.
_PARAMETER = re.compile(r"(?:\A|[\s,;])([\w.-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,;\"]+))")
_USER = re.compile(r"[\w.@+-]{1,64}:([^:/][^:]*)")
# What a key may be called within these is too common elsewhere.
_AUTHENTICATION = frozenset({"authentication", "credentials", "auth"})


def keys_in(value: str) -> list[str]:
    """What may be a key in such a value: K of `Bearer K`, `"K"`, `token=K, x=1`, `user:K` and `K, K`.

    Of JSON it is what stands under telling names, and the items of a list. In what anybody might write there is none.
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
    """The value without the scheme before it, the quotes around it and the user before that, as far as it has them."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() in _SCHEMES and rest:
        yield (value := rest.strip())
    while quoted := _QUOTED.fullmatch(value):
        yield (value := quoted[2].strip())
    if user := _USER.fullmatch(value):
        yield user[1]


def keys_in_fields(said: object) -> Iterator[str]:
    """What may be a key in a JSON value: in the texts under names of credentials, at any depth."""
    # Each with the name that leads to it. Not recursive: a body may be nested deeper than Python's stack.
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
    """The texts in a value, or in the list that it is, and what else is there."""
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, str)], [
        entry for entry in entries if not isinstance(entry, str)
    ]


def _names_key(name: str, below: str) -> bool:
    if below.endswith("headers"):
        return is_secret_header(name.lower())
    return is_secret_field(name) or (below in _AUTHENTICATION and name.lower() in ("key", "token"))
