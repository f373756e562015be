"""Requests that are signed, so that not a byte of them may change."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from pytest_samurai.wire import Request

_SIGNATURE = re.compile(
    r"""
    (^|[-_.])(sig|sign|hmac|mac|digest|jws|checksum)([-_.]|$)  # x-sign, content-digest, repr-digest, x-hub-sig
    | signature | hmac                                         # signature-input, x-hub-signature-256, X-Goog-Signature
    | sha-?(1|256|384|512) | md5                               # x-ms-content-sha256, content-md5
    | ^x-amz-                                                  # Signature Version 4: x-amz-date, x-amz-security-token
    | (body|content|payload)[-_]?hash                          # x-body-hash
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What a header or a part of a query is called that signs a request.

Sources: RFC 9421 (`signature`), RFC 9530 (`content-digest`), RFC 3230 (`digest`), RFC 1864 (`content-md5`); AWS
Signature Version 4; and what vendors call theirs.
"""

_PLAIN = frozenset({"basic", "bearer", "key", "token", "apikey", "api-key", "negotiate", "ntlm"})
"""Schemes of `authorization` that hand over a secret, and sign nothing."""

_SCHEME = re.compile(r"hmac|sha\d|signature|hawk|sharedkey|^(aws|mac|digest|oauth|sign)|auth-v\d", re.IGNORECASE)
_PARAMETER = re.compile(r"(^|[\s,;&/])[\w-]*(signature|sign|hash|mac)\s*=|^[\w-]*auth-v\d/", re.IGNORECASE)


def is_signed(request: Request) -> bool:
    """Whether a request carries a signature, in its headers or in its URL."""
    if any(_SIGNATURE.search(name) for name, _ in request.headers):
        return True
    if any(_signs(value) for name, value in request.headers if name.endswith("authorization")):
        return True
    return any(_SIGNATURE.search(name) for name, _ in parse_qsl(urlsplit(request.url).query))


def _signs(authorization: str) -> bool:
    scheme, _, rest = authorization.strip().partition(" ")
    if scheme.lower() in _PLAIN:
        return False
    return bool(rest and _SCHEME.search(scheme)) or _PARAMETER.search(authorization) is not None
