"""The shapes by which secrets are known that nobody told us of."""

from __future__ import annotations

import re
from collections.abc import Mapping


def _shape(begin: bytes, rest: bytes) -> re.Pattern[bytes]:
    # The letter before a key may be the end of an escape, as in "my key:\nsk-...". The pattern begins with the first
    # letters of the key all the same, since `re` finds these many times faster.
    start = rb"%b(?:(?<![\w-]%b)|(?<=\\[nrtbf]%b)|(?<=\\u[0-9a-fA-F]{4}%b))" % ((begin,) * 4)
    return re.compile(start + rest)


SHAPES: Mapping[str, re.Pattern[bytes]] = {
    # Either it begins as the keys of a vendor do, or it has twelve characters with a digit among them, or many of both
    # cases: sk-learn-compatible-estimators is no key.
    "a key (sk-...)": _shape(
        b"sk-",
        rb"(?:(?:ant|admin|or|proj|svcacct)-[\w-]{16,}"
        rb"|[\w-]{0,40}?(?:(?=\w{0,200}\d)\w{12,}|(?=[a-z]{0,200}[A-Z])(?=[A-Z]{0,200}[a-z])\w{32,})[\w-]*)",
    ),
    "a Google key (AIza...)": _shape(b"AIza", rb"[\w-]{35}(?![\w-])"),
    "a Groq key (gsk_...)": _shape(b"gsk_", rb"[A-Za-z0-9]{32,}"),
    "a Hugging Face token (hf_...)": _shape(b"hf_", rb"[A-Za-z0-9]{30,}"),
    **{
        f"a Slack token (xox{kind}-...)": _shape(f"xox{kind}-".encode(), rb"(?=[\w-]{0,200}\d)[\w-]{10,}")
        for kind in "abprs"
    },
    **{f"a GitHub token (gh{kind}_...)": _shape(f"gh{kind}_".encode(), rb"[A-Za-z0-9]{36,}") for kind in "pousr"},
    "a GitHub token (github_pat_...)": _shape(b"github_pat_", rb"\w{22,}"),
    **{f"an AWS access key ({kind}...)": _shape(kind.encode(), rb"[A-Z0-9]{16}(?!\w)") for kind in ("AKIA", "ASIA")},
    "a JSON web token": _shape(b"eyJ", rb"[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    # To its end; if the text breaks off before that, as far as it goes on with the characters of a key.
    "a private key": re.compile(
        rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"
        rb"(?:(?:[^-]|-(?!----))*-----END (?:[A-Z]+ )*PRIVATE KEY-----|(?:\\[nr]|[A-Za-z0-9+/=\s]){64,})"
    ),
}
"""The patterns, by what a report calls the secret."""

# Each secret of these shapes begins with one of these, and hardly any text holds one. So five searches tell that a text
# has none, where there are two dozen shapes. Each begins with one letter, to which `re` can jump.
BEGINNINGS = tuple(
    map(
        re.compile,
        (
            rb"-(?:(?<=sk-)|(?<=xox[abprs]-))",
            rb"_(?:(?<=gsk_)|(?<=hf_)|(?<=gh[pousr]_)|(?<=github_pat_))",
            rb"A(?:Iza|KIA|SIA)",
            rb"eyJ",
            rb"-----BEGIN ",
        ),
    )
)

LONGEST_SHAPE = 1024
"""The most bytes that a shape has to see to know a secret."""

# The same for texts that are searched block by block. JSON web tokens and private keys may be longer than a block, so
# they are known by their beginnings.
IN_BLOCKS = (
    *(pattern for kind, pattern in SHAPES.items() if kind not in ("a JSON web token", "a private key")),
    _shape(b"eyJ", rb"[\w-]{10,}"),
    re.compile(rb"-----BEGIN [A-Z ]*"),
)
