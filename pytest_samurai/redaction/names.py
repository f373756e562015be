"""The names that show that a value is secret: of variables, of headers, of parameters in a URL."""

from __future__ import annotations

import re
from typing import Literal

# --- variables of an environment

_WORDS = (
    *(
        "KEYS?",
        "TOKENS?",
        "SECRETS?",
        "PASSWORDS?",
        "PASSWD",
        "PASSPHRASES?",
        "PASSCODES?",
        "PASS",
        "PWD",
        "PW",
        "PAT",
        "AUTH",
    ),
    *("AUTHORIZATION", "JWT", "BEARER", "CREDENTIALS?", "CREDS?", "COOKIES?", "SAS", "KEY_BASE", "HMAC"),
    *("SALT", "PEPPER"),
)
# One of several, an environment, a region; or how the value is written.
_TAILS = (
    *("PROD", "PRODUCTION", "DEV", "DEVELOPMENT", "STAGING", "STAGE", "TEST", "TESTING", "SANDBOX", "QA", "UAT", "CI"),
    *("LIVE", "LOCAL", "GLOBAL", "DEFAULT", "OLD", "NEW", "PRIMARY", "SECONDARY", "BACKUP", "FALLBACK", "MAIN"),
    *("ADMIN", "READ", "WRITE", "RO", "RW", "RAW", "VALUE", "B64", "BASE64", "HEX", "PEM", "JSON", "V\\d"),
    *("HASH", "CURRENT", "PREVIOUS", "ACTIVE", "INTEGRATION", "E2E", "STG", "PRD", "SBX"),
    *(
        "EU",
        "US",
        "USA",
        "UK",
        "GB",
        "DE",
        "FR",
        "CH",
        "NL",
        "SE",
        "IE",
        "JP",
        "CN",
        "IN",
        "KR",
        "SG",
        "AU",
        "BR",
        "CA",
    ),
    *("EMEA", "APAC", "LATAM", "AMER", "EUROPE", "ASIA", "EAST", "WEST", "NORTH", "SOUTH", "CENTRAL"),
)
_VARIABLE = re.compile(
    # PWD alone is the directory.
    rf"(?:(?:^|_)(?!PWD\b)(?:{'|'.join(_WORDS)})|_PWD"
    rf"|(?:PASSWORD|PASSWD|API_?KEY|(?:ACCESS|AUTH|API|BEARER|SESSION)_?(?:KEY|TOKEN))S?)"
    rf"(?:_?\d{{1,3}}|_(?:{'|'.join(_TAILS)}))*$"
    # The kind of secret comes first, then its owner.
    r"|^(?:API_?KEY|(?:SECRET|ACCESS|PRIVATE)_KEY|(?:ACCESS|AUTH|API|BEARER)_TOKEN|TOKEN_FOR|PASSWORD|PASSWD)(?:_[A-Z0-9]+){1,2}$"
    r"|^(?:SSH|SMTP|DB|FTP|MYSQL)PASS$"
)
# Not secret: a public key, the key of a table, a number of tokens.
_NO_VARIABLE = re.compile(
    r"(?:PUBLIC|PUBLISHABLE|FOREIGN|SORT|PARTITION|CACHE)_KEY|^(?:DB_)?PRIMARY_KEY$|^(?:OLD)?PWD$"
    r"|^GOOGLE_APPLICATION_CREDENTIALS$|_(?:FILE|PATH|DIR|NAME|HEADER|PREFIX|ID|LENGTH|URL)$"
    r"|(?:^|_)(?:MAX|MIN|NUM|TOTAL|INPUT|OUTPUT|PROMPT|COMPLETION|CONTEXT|REASONING|THINKING|BUDGET|LIMIT)_(?:\w+_)?TOKENS"
)
_ADDRESS = re.compile(
    r"UR[IL]|DSN|PROXY|CONN|DATABASE|ENDPOINT|BROKER|HOST|SERVER|BASE|BACKEND|REDIS|MONGO|SQL|POSTGRES|DB|ADDR|REMOTE|INDEX"
    r"|REPO|QUEUE|AMQP|RABBIT|WEBHOOK|SENTRY"
)


def is_secret_variable(name: str) -> bool:
    """Whether a variable has the name of a secret: `..._KEY`, `..._TOKEN_2`, `PGPASSWORD`."""
    name = name.upper()
    return _VARIABLE.search(name) is not None and not _NO_VARIABLE.search(name)


VariableKind = Literal["secret", "address", ""]


def kind_of_variable(name: str) -> VariableKind:
    """What a variable holds by its name: a secret, an address, which may contain a password, or neither."""
    if is_secret_variable(name):
        return "secret"
    return "address" if _ADDRESS.search(name.upper()) is not None else ""


# --- headers of a request

_HEADER = re.compile(
    r"cookie|authori[sz]|authentication(?:-info)?$|secret|passw|passphrase|credential|csrf|xsrf|jwt|bearer"
    r"|api[-_]?key|(?:token|signature)$|(?:^|[-_])session$|[-_]auth[-_]header$"
    r"|(?:^|[-_.]|api|app|auth|access|secret|client|private)(?:key|auth|pass|pwd|pat)$"
)
# These are made for each request, describe it, or mark the pages of a list.
_NO_HEADER = re.compile(
    r"(?:idempotency|websocket|cache|surrogate|partition|routing|public|encryption|sort|continuation|page)"
    r"[-_](?:key|token)$"
)


def is_secret_header(name: str) -> bool:
    """Whether a header, in lower case, has the name of a credential: a key, a cookie, a session."""
    return _HEADER.search(name) is not None and not _NO_HEADER.search(name)


def is_session_header(name: str) -> bool:
    """Whether a request header, in lower case, names a session. In a reply, it may be kept."""
    return name.endswith(("session-id", "session_id", "sessionid"))


# --- parameters in the query of a URL

_PARAMETER = re.compile(
    r"(?i)(?:key\d?|code|pass|pat|sas|hmac|bearer|otp|hapikey|(?:aws)?access_?key_?id"
    r"|(?:.*[^a-z0-9])?(?:token|secret|password|passwd|pwd|passphrase|sig|signature|auth|authorization|credentials?|jwt|assertion)"
    r"|(?:.*[^a-z0-9])?(?:api|app|access|secret|subscription|private|auth|account|shared|client|service|master|admin"
    r"|functions?|host|license|consumer|developer|session|security|user|refresh|id)[-_.]?(?:key|token|secret|password))"
)
# These mark the pages of a list.
_NO_PARAMETER = re.compile(r"(?i)(?:.*[^a-z])?(?:page|next|previous|continuation|sync|start|resume|delta)[-_.]?token")


def is_secret_parameter(name: str) -> bool:
    """Whether a parameter has the name of a secret: `api_key`, `auth[token]`."""
    name = name.rstrip("]")
    return _PARAMETER.fullmatch(name) is not None and not _NO_PARAMETER.fullmatch(name)


# --- keys of JSON, and fields of a form

_FIELD = re.compile(
    r"(?:.*_)?(?:(?:api|access|secret|private|subscription|account|master|admin|auth|signing|encryption|shared|service"
    r"|client|session|security|refresh|bearer|id|user|virtual|webhook)_?(?:key|token)|api_?secret|secret|password|passwd"
    r"|pwd|passphrase|authori[sz]ation|credential|jwt|bearer|cookie|access_?key_?id)s?"
)
_NO_FIELD = re.compile(r"(?:.*_)?public_?(?:\w+_)?key")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-. ]")


def is_secret_field(name: str) -> bool:
    """Whether a JSON key has a name for secrets. `key`, `token` or `auth` alone doesn't tell."""
    words = _HUMP.sub("_", name).lower()
    return _FIELD.fullmatch(words) is not None and not _NO_FIELD.fullmatch(words)
