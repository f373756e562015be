"""Signed requests, in which not one byte may change."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from pytest_samurai.wire import Request, parse_object

_SIGNATURE = re.compile(
    r"""
    (^|[-_.])(sig|sign|mac|digest|jws|checksum|hash|sha|integrity)([-_.]|$)  # x-sign, content-digest, x-body-hash
    | signature | hmac                # signature-input, x-hub-signature-256, X-Goog-Signature
    | sha-?(1|256|384|512) | md5      # x-ms-content-sha256, content-md5
    | ^x-amz-                         # Signature Version 4: x-amz-date, x-amz-security-token
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""The names of headers, query parameters and body fields that sign a request.

Sources: RFC 9421 (`signature`), RFC 9530 (`content-digest`), RFC 3230 (`digest`), RFC 1864 (`content-md5`); AWS
Signature Version 4; and the names that vendors use.
"""

_PLAIN = frozenset({"basic", "bearer", "key", "token", "apikey", "api-key", "negotiate", "ntlm"})
"""Schemes of `authorization` that send a secret and sign nothing."""

_SCHEME = re.compile(r"hmac|sha\d|signature|hawk|sharedkey|^(aws|mac|digest|oauth|sign)", re.IGNORECASE)
_PARAMETER = re.compile(r"(^|[\s,;&/])[\w-]*(signature|sign|hash|mac)\s*=|^[\w-]*auth-v\d/", re.IGNORECASE)


def is_signed(request: Request) -> bool:
    """Whether a request carries a signature, in its headers, in its URL, or at the top of its body."""
    if any(_SIGNATURE.search(name) for name, _ in request.headers):
        return True
    if any(_signs(value) for name, value in request.headers if name.endswith("authorization")):
        return True
    of_url = (name for name, _ in parse_qsl(urlsplit(request.url).query))
    return any(map(_SIGNATURE.search, (*of_url, *(parse_object(request.body) or {}))))


def _signs(authorization: str) -> bool:
    scheme, _, rest = authorization.strip().partition(" ")
    if scheme.lower() in _PLAIN:
        return False
    return bool(rest and _SCHEME.search(scheme)) or _PARAMETER.search(authorization) is not None
