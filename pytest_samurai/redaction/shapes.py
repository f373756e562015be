"""Shapes that reveal secrets that we don't know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from pytest_samurai.redaction.vendors import VENDORS


@dataclass(frozen=True, eq=False)
class Shape:
    """A kind of secret as a report names it, and the source of its pattern. Every match contains one of `traces`.

    - If the pattern has a group `cut`, only that group is the secret.
    - `may_break`: whether the secret is also recognized if it continues on another line, or in another part of a
      message.
    - `is_plain`: whether what follows the trace is long without an underscore.
    """

    kind: str
    source: bytes
    traces: tuple[bytes, ...]
    may_break: bool = True
    is_plain: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """The pattern, made when first needed. Most runs never need it: hardly any text has a trace of a key."""
        return re.compile(self.source)

    def may_be_in(self, text: bytes) -> bool:
        """Whether a text has a trace of it; without traces, any text has."""
        return not self.traces or any(trace in text for trace in self.traces)


def _begins(kind: str, begins: Iterable[str], rest: bytes, *not_before: bytes) -> Shape:
    """A shape with one of several beginnings, and none of `not_before` in front."""
    traces = tuple(begin.encode() for begin in begins)
    # The pattern begins with the first letters of the key, because `re` finds these many times faster.
    starts = (
        re.escape(trace) + b"".join(rb"(?<!%b%b)" % (before, re.escape(trace)) for before in not_before)
        for trace in traces
    )
    is_plain = re.match(rb"(?:\(\?=.*?\))?(?:\(\?:)?\[[^\\_\]]*\]|eyJ", rest) is not None
    return Shape(kind, rb"(?:%b)%b" % (b"|".join(starts), rest), traces, is_plain=is_plain)


# A key may follow a letter, a digit or a hyphen. But any long base64 contains the three letters of some vendor.
_LONG_RUN = rb"[\w-]{24}"
_DIGITS_AND_LETTERS = rb"(?=[a-fA-F]{0,200}\d)(?=\d{0,200}[a-fA-F])"
# ask, desk, disk, flask, kiosk, mask, risk, task
_WORDS_BEFORE = (rb"(?i:[tml]a)", rb"(?i:d[ei])", rb"(?i:ri)", rb"(?i:io)", rb"\b[Aa]")

SHAPES = (
    # A vendor's usual beginning, or twelve characters with a digit among them, or many in both cases:
    # sk-learn-compatible-estimators is not a key, and neither is task-0123456789abcdef.
    _begins("a key (sk-...)", ["sk-"], rb"(?:ant|admin|or|proj|svcacct|lf|helicone)-[\w-]{16,}"),
    _begins(
        "a key (sk-...)",
        ["sk-"],
        rb"(?=[a-zA-Z]{0,200}\d)(?=[a-z0-9]{0,200}[A-Z])(?=[A-Z0-9]{0,200}[a-z])[A-Za-z0-9]{40,}",
        _LONG_RUN,
    ),
    _begins(
        "a key (sk-...)",
        ["sk-"],
        rb"[\w-]{0,40}?(?:(?=\w{0,200}\d)\w{12,}|(?=[a-z]{0,200}[A-Z])(?=[A-Z]{0,200}[a-z])\w{32,})[\w-]*",
        rb"[A-Za-z_]",
        _LONG_RUN,
    ),
    # After an underscore, a few digits may be a number: desk_sk-0123456789abcdef. After letters, only what nobody
    # writes by hand is a key, and not if the letters turn it into a word.
    _begins("a key (sk-...)", ["sk-"], rb"(?=[\w-]{0,200}\d)[\w-]{20,}", rb"[A-Za-z]", rb"(?<!_)", _LONG_RUN),
    _begins("a key (sk-...)", ["sk-"], _DIGITS_AND_LETTERS + rb"[0-9a-fA-F]{32,}", *_WORDS_BEFORE, _LONG_RUN),
    # Source: Modal's page on tokens: ak-... is the id, as-... the secret, each of 22
    # letters and digits. Words end so too.
    _begins(
        "a Modal key (ak-..., as-...)",
        ["ak-", "as-"],
        rb"(?=[a-z0-9]{0,30}[A-Z])(?=[A-Z0-9]{0,30}[a-z])(?=[A-Za-z]{0,30}\d)[A-Za-z0-9]{20,30}(?![\w-])",
        rb"[A-Za-z]{2}",
        rb"\b[A-Za-z]",
        _LONG_RUN,
    ),
    _begins("a Google key (AIza...)", ["AIza"], rb"[\w-]{35}(?![\w-])", _LONG_RUN),
    _begins("a Groq key (gsk_...)", ["gsk_"], rb"[A-Za-z0-9]{32,}", _LONG_RUN),
    _begins("a Hugging Face token (hf_...)", ["hf_"], rb"[A-Za-z0-9]{30,}", _LONG_RUN),
    *(
        _begins(f"a Slack token (xox{kind}-...)", [f"xox{kind}-"], rb"(?=[\w%-]{0,200}\d)[\w%-]{10,}")
        for kind in "abcdeoprs"
    ),
    *(_begins(f"a GitHub token (gh{kind}_...)", [f"gh{kind}_"], rb"[A-Za-z0-9]{30,}", _LONG_RUN) for kind in "pousr"),
    _begins("a GitHub token (github_pat_...)", ["github_pat_"], rb"[A-Za-z0-9]{20,}\w*"),
    *(
        _begins(f"an AWS access key ({kind}...)", [kind], rb"[A-Z0-9]{16}(?!\w)", rb"[A-Z]", _LONG_RUN)
        for kind in ("AKIA", "ASIA", "ABIA", "ACCA")
    ),
    _begins("a JSON web token", ["eyJ"], rb"[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    *(
        _begins(f"{kind} ({begins[0]}...)", begins, rest, *([_LONG_RUN] if len(begins[0]) < 5 else []))
        for kind, begins, rest in VENDORS
    ),
    # Up to its end; if the text breaks off earlier, as far as the characters of a key continue. No JSON quote is in it,
    # so two texts of a JSON value are never taken for one key.
    Shape(
        "a private key",
        rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----"
        rb"(?:(?:[^\"-]|(?<=\\)\"|-(?!----))*-----END (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----"
        rb"|(?:\\[nr]|[A-Za-z0-9+/=\s]){64,})",
        (b"BEGIN ",),
    ),
    # Source: RFC 3986, section 3.2.1. What people write in examples is not a password.
    Shape(
        "a credential",
        rb"://[^\s/@:\"'<>\\?#(){}\[\]|^`]{0,100}:"
        rb"(?P<cut>(?!(?i:pass|password|passwd|pwd|pw|secret|token|user|changeme|redacted|your\w*|my\w*|x+|[.*]+|%s)@)"
        rb"(?![$%]\w*@)[^\s/:\"'<>\\?#(){}\[\]|^`]{1,200})@(?=[\w%-])",
        (b"://",),
        may_break=False,
    ),
    Shape(
        "a Telegram token",
        rb"(?<!\d)\d{8,10}:AA[\w-]{33}(?![\w-])",
        (b":AA",),
        may_break=False,
    ),
    # Source: trufflehog, `discordbottoken`: the id of the bot in base64, which is a number of 17 digits or more;
    # a time; and a signature.
    Shape(
        "a Discord token",
        rb"[MNO][A-Za-z0-9]{22,27}\.[\w-]{6}\.[\w-]{27,40}(?![\w-])",
        (b".",),
        may_break=False,
    ),
    # Source: trufflehog, `twilioapikey`.
    Shape("a Twilio key", rb"SK[0-9a-f]{32}(?![A-Za-z0-9])", (b"SK",), may_break=False),
    # Source: Mapbox' page on access tokens: pk. is public, and sk. secret; then JSON in base64, and a signature.
    Shape("a Mapbox token", rb"[pst]k\.eyJ[\w-]{20,}\.[\w-]{20,}", (b"k.eyJ",), may_break=False),
    # Source: trufflehog, `terraformcloudpersonal`.
    Shape("a Terraform token", rb"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,}", (b".atlasv1.",), may_break=False),
    # Source: "Azure API key formats" of Microsoft's credential scanner; the letters in the middle are its signature.
    Shape(
        "an Azure key",
        rb"[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{6,30}",
        (b"JQQJ99",),
        may_break=False,
    ),
)
"""All shapes; if two overlap, the first gives the name."""

LONGEST_SHAPE = 1024
"""The most bytes that a shape needs to recognize a secret."""

# For texts that are searched block by block. JSON web tokens and private keys may be longer than a block, so they are
# recognized by their beginnings.
IN_BLOCKS = (
    *SHAPES,
    _begins("a JSON web token", ["eyJ"], rb"[\w-]{10,}"),
    Shape("a private key", rb"-----BEGIN [A-Z ]*", (b"BEGIN ",)),
)


def _glances(shapes: Iterable[Shape]) -> Iterator[re.Pattern[bytes]]:
    """A few patterns. One of them matches wherever a trace of one of many shapes begins something long.

    Traces that end in a sign are found by that sign, the others by their first letter: `re` can jump to either.
    """
    ends: dict[tuple[bytes, bytes], set[bytes]] = {}
    firsts: dict[bytes, set[bytes]] = {}
    for shape in shapes:
        # Names in code contain underscores, and with them they are long.
        letters = b"A-Za-z0-9+/%-" if shape.is_plain else rb"\w+/%-"
        for trace in (trace for trace in shape.traces if trace not in _SPECIAL):
            if trace[-1:] in b"-_.":
                ends.setdefault((trace[-1:], letters), set()).add(trace)
            else:
                firsts.setdefault(trace[:1], set()).add(re.escape(trace[1:]))
    for (sign, letters), traces in ends.items():
        # Check the letter before the sign first: code contains thousands of signs.
        by_letter: dict[bytes, list[bytes]] = {}
        for trace in sorted(traces):
            by_letter.setdefault(trace[-2:-1], []).append(rb"(?<=%b)" % re.escape(trace))
        before = re.escape(b"".join(by_letter))
        looks = rb"(?:%b)" % b"|".join(
            rb"(?<=%b)(?:%b)" % (re.escape(letter + sign), b"|".join(whole)) for letter, whole in by_letter.items()
        )
        long = rb"(?=[%b]{0,24}\d|[%b]{19})" % (letters, letters)
        # The part that usually fails faster goes first.
        parts = (looks, long) if (sign, letters) == (b"_", rb"\w+/%-") else (long, looks)
        yield re.compile(rb"%b(?<=[%b].)%b%b" % (re.escape(sign), before, *parts))
    for first, rests in firsts.items():
        yield re.compile(rb"%b(?:%b)" % (re.escape(first), b"|".join(sorted(rests))))


# These contain blanks, have no distinct beginning, or begin as words do.
_SPECIAL = {
    b"BEGIN ": rb"BEGIN (?:[A-Z]+ )*PRIVATE KEY",
    b"://": rb"://[^\s/@\"?#]{0,100}:[^\s/\"?#]{1,200}@",
    b".": rb"\.[\w-]{6}\.[\w-]{27}",
    b"k.eyJ": rb"k\.eyJ",
    b"SK": rb"SK[0-9a-f]{32}",
}

BEGINNINGS = (*_glances(SHAPES), *map(re.compile, _SPECIAL.values()))
"""Patterns; one of them matches in every text that holds a secret of these shapes, and in hardly any other text."""

STARTS = tuple({trace for shape in SHAPES for trace in shape.traces if shape.may_break and trace not in _SPECIAL})
"""The beginnings of the secrets that have a distinct one."""
