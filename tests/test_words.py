"""The prose is plain English: phrases that we had to rewrite don't come back. CONTRIBUTING says how we write.

A tool can't tell good English. It can hold the words that made readers stumble, and their kinds.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.test_docs import EVERY_PAGE, ROOT

INSTEAD: Mapping[str, str] = {
    r"for ever": "forever, from then on",
    r"(?<!pay )(?<!waits )for nothing(?! else| again)": "free",
    r"dear(er|est)?": "expensive",
    r"(take|takes|taken|taking|took) up(?! to)": "pick up",
    r"as good as": "the same as, almost",
    r"(?<!there )(?<!if )(is|are|was|were|be) no(?! longer| more than| one)": "isn't a",
    r"(?<!there )(is|are|was|were) none": "isn't, there isn't any",
    r"none of it": "nothing, or: it is left out",
    r"no more(?! than| \w+ than)": "no longer",
    r"with success": "successfully",
    r"let pass|lets? \w+ pass|lets pass": "allow, let through",
    r"(is|are|was) through": "ends",
    r"(is|are|was|were) to be(?! the)": "must, will, should",
    r"beside": "next to, besides, compared with",
    r"anew": "again",
    r"but for|save for|other than that of": "except",
    r"of which": "whose, or a new sentence",
    r"whichever": "no matter which",
    r"so many": "that many, or the number",
    r"such an?": "this, a ... like this",
    r"mend(s|ed|ing)?": "fix",
    r"as ever": "as usual, as before",
    r"(where|there)(by|in|of|upon|with)": "usual words",
    r"(hence|thus|whilst|lest|upon|shall)": "usual words",
    r"(is|are|was|were) told": "is reported, the message says",
    r"not \w+ (is|are) (?=[a-z])[^.?|]*:": "the subject first",
    r"its sisters": "the others",
    r"ours (there|here)": "our files there",
    r"rows? of tests that (is|are) (gone|no)": "tests that no longer exist",
    r"stands? (there|here)": "is here",
    r"lies? (there|here|beside|below)|where (it|they|these) lies?": "is, are",
    r"(says|knows|means|sure|shows|sees), that": "no comma before that",
    r"(is|are) called (as|like)": "has the name of",
    r"by accident": "by mistake",
}
"""What doesn't come back, as a regular expression of whole words, and what to write instead."""

_STATEMENT_WITH_WHAT = re.compile(r"(?:^|(?<=[.!?] ))What [^.?!|`]*(?:`[^`]*`[^.?!|`]*)*\.(?= |$)")
"""`What is new is recorded.` hides its subject; a question may begin like this."""

_PATTERNS = [(re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), instead) for pattern, instead in INSTEAD.items()]
_FENCE = re.compile(r"^(?P<indent> *)(?:```|<!--).*?^(?P=indent)(?:```|.*-->) *$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]+(?:\n[^`\n]+)?`")
_STARTS = re.compile(r"^ *(?:[-*|#>]|\d+\.) ?", re.MULTILINE)

PAGES = [ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *EVERY_PAGE]


class Prose(NamedTuple):
    """A paragraph, an item of a list or a row of a table, on one line, and the number of its first line."""

    line: int
    text: str


def of_a_page(markdown: str) -> Iterator[Prose]:
    """The prose of a page, without its blocks of code and with `x` for code within a line."""
    kept = _FENCE.sub(lambda block: "\n" * block[0].count("\n"), markdown)
    kept = _CODE.sub(lambda code: "`x`" + "\n" * code[0].count("\n"), kept)
    paragraph: list[str] = []
    start = 0
    for number, line in enumerate([*kept.split("\n"), ""], 1):
        if paragraph and (not line.strip() or _STARTS.match(line)):
            yield Prose(start, " ".join(paragraph))
            paragraph = []
        if line.strip() and not line.startswith("    "):
            start = number if not paragraph else start
            paragraph.append(_STARTS.sub("", line).strip())


def of_a_module(source: str) -> Iterator[Prose]:
    """The texts of a module, docstrings included; `x` is filled in for code and for what a run fills in."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "`x`" for part in node.values]
            text = "".join(str(part) for part in parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        for prose in of_a_page(text):
            yield Prose(node.lineno + prose.line - 1, prose.text)


def stumbled_on(prose: Iterator[Prose], name: str) -> list[str]:
    """What a reader would stumble on, with file and line, and what to write instead."""
    found = []
    for line, text in prose:
        for pattern, instead in _PATTERNS:
            found += [f"{name}:{line}: {match[0]!r}: write {instead}" for match in pattern.finditer(text)]
        found += [
            f"{name}:{line}: {match[0]!r}: begin with the subject" for match in _STATEMENT_WITH_WHAT.finditer(text)
        ]
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_page_has_none_of_the_phrases_that_do_not_come_back(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    assert stumbled_on(of_a_page(path.read_text(encoding="utf-8")), name) == []
