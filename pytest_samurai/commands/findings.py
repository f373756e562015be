"""What a check of cassettes finds. Each finding has a code that stays the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from pytest_samurai.redaction import Redactor, one_line


class Code(NamedTuple):
    """A kind of finding. `advice` fails nothing; a run shows only the first finding that is `told_once`."""

    what: str
    advice: bool = False
    told_once: bool = False


VALUE: Final = "SAM101"
SHAPE: Final = "SAM102"
CREDENTIAL: Final = "SAM103"
CLOUDFLARE: Final = "SAM104"
RULE: Final = "SAM105"
DAMAGE: Final = "SAM201"
CONFLICT: Final = "SAM202"
OLD: Final = "SAM203"
UNDATED: Final = "SAM204"
PART: Final = "SAM301"
TOTAL: Final = "SAM302"
EDITED: Final = "SAM401"
IMPORTED: Final = "SAM402"
UNSEALED: Final = "SAM403"

VARYING: Final = {
    "uuid": "SAM501",
    "datetime": "SAM502",
    "tmp_path": "SAM503",
    "date": "SAM504",
    "time": "SAM505",
    "epoch": "SAM506",
    "port": "SAM507",
    "address": "SAM508",
}
"""The codes of what may vary from run to run, by entry of `normalize`. `hex` is missing, as many names look like it."""

CODES: Final[Mapping[str, Code]] = {
    VALUE: Code("the value of an environment variable that holds a key"),
    SHAPE: Code("text with the shape of a key, even in pieces"),
    CREDENTIAL: Code("a credential in a header or a URL, and the same key elsewhere"),
    CLOUDFLARE: Code("a cookie that Cloudflare sets for every visitor", told_once=True),
    RULE: Code("a match of `--redact`"),
    DAMAGE: Code("a file that cannot be read, or not safely"),
    CONFLICT: Code("the marks of a merge conflict"),
    OLD: Code("a recording that is older than `--max-age`"),
    UNDATED: Code("a recording whose `recorded_at` is not a date, with `--max-age`"),
    PART: Code("a part of the tokens that exceeds the whole"),
    TOTAL: Code("a total of tokens that the server cannot have given"),
    EDITED: Code("edited by hand", advice=True, told_once=True),
    IMPORTED: Code("imported from another tool", advice=True, told_once=True),
    UNSEALED: Code("without a seal, so nobody can tell whether it was changed", advice=True, told_once=True),
    VARYING["uuid"]: Code("a UUID in a request", advice=True),
    VARYING["datetime"]: Code("a date with a time in a request, or the day of the recording", advice=True),
    VARYING["tmp_path"]: Code("a temporary path in a request", advice=True),
    VARYING["date"]: Code("a written date in a request, near the day of the recording", advice=True),
    VARYING["time"]: Code("a time of day in a request, near that of the recording", advice=True),
    VARYING["epoch"]: Code("a Unix time in a request, near that of the recording", advice=True),
    VARYING["port"]: Code("a port in a request, of the kind that the system assigns", advice=True),
    VARYING["address"]: Code("a memory address in a request", advice=True),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding: its file, its code and its text. `line` is None if unknown. No text contains a secret."""

    path: Path
    line: int | None
    code: str
    text: str

    @property
    def advice(self) -> bool:
        """Whether it fails nothing."""
        return CODES[self.code].advice

    def shown(self, redactor: Redactor, note: str = "") -> str:
        """The finding on a line that is safe to print, with `note` before its code."""
        where = f"{self.path}" if self.line is None else f"{self.path}:{self.line}"
        advice = "advice: " if self.advice else ""
        return one_line(redactor, f"{where}: {note}{self.code} {advice}{self.text}")

    def as_json(self, test: str | None) -> dict[str, Any]:
        """The finding as JSON values, with the test that owns the cassette, if known."""
        return {
            "file": self.path.as_posix(),
            "line": self.line,
            "test": test,
            "code": self.code,
            "advice": self.advice,
            "text": self.text,
        }


def chosen(findings: Iterable[Finding], ignored: Sequence[str]) -> list[Finding]:
    """The findings whose codes do not begin with one of `ignored`."""
    return [finding for finding in findings if not finding.code.startswith(tuple(ignored))]


def told(findings: Sequence[Finding]) -> Iterator[Finding]:
    """The findings as people read them. Of those that are listed once, the first gives their number."""
    first: dict[str, Finding] = {}
    others: dict[str, int] = {}
    for finding in findings:
        if CODES[finding.code].told_once and first.setdefault(finding.code, finding) is not finding:
            others[finding.code] = others.get(finding.code, 0) + 1
    for finding in findings:
        before = first.get(finding.code, finding)
        if before is finding:
            count = others.get(finding.code, 0)
            yield replace(finding, text=f"{finding.text}{_more(finding.code, count)}") if count else finding


def _more(code: str, count: int) -> str:
    if code == CLOUDFLARE:
        return f", one of Cloudflare's cookies, and {count:,} more of these"
    return f", and {count:,} more of these: `pytest-samurai ls` has them"
