"""The prose is plain English: phrases that we had to rewrite don't come back. CONTRIBUTING says how we write.

A tool can't tell good English. It can hold the words that made readers stumble, and their kinds.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
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
    r"(?<!there )(is|are|was|were) (?-i:none)": "isn't, there isn't any",
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
    r"in silence|without a word": "silently",
    r"for want of": "without",
    r"whatever (becomes|became) of": "no matter what happens to",
}
"""What doesn't come back, as a regular expression of whole words, and what to write instead."""

_STATEMENT_WITH_WHAT = re.compile(r"(?:^|(?<=[.!?] ))What [^.?!|`]*(?:`[^`]*`[^.?!|`]*)*\.(?= |$)")
"""`What is new is recorded.` hides its subject; a question may begin like this."""

_PATTERNS = [(re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), instead) for pattern, instead in INSTEAD.items()]
_FENCE = re.compile(r"^(?P<indent> *)(?:```|<!--).*?^(?P=indent)(?:```|.*-->) *$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]+(?:\n[^`\n]+)?`")
_STARTS = re.compile(r"^ *(?:[-*|#>]|\d+\.) ?", re.MULTILINE)

GENERATED = {"api.md", "commands.md", "fixtures.md", "messages.md", "options.md"}
"""Their texts are those of the modules."""
PAGES = [
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    *(page for page in EVERY_PAGE if page.name not in GENERATED),
]
MODULES = sorted(path for room in ("pytest_samurai", "manual") for path in (ROOT / room).rglob("*.py"))


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
    """The texts of a module, docstrings included; `x` stands for code, and for what is filled in at run time."""
    for line, text in _texts(ast.parse(source)):
        for prose in of_a_page(text):
            yield Prose(line + prose.line - 1, prose.text)


def _texts(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "`x`" for part in node.values]
        yield node.lineno, "".join(str(part) for part in parts)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str) and " " in node.value:  # a word by itself is a name
            yield node.lineno, node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from _texts(child)


def stumbled_on(prose: Iterable[Prose], name: str) -> list[str]:
    """What a reader would stumble on, with file and line, and what to write instead."""
    return [
        f"{name}:{line}: {match[0]!r}: write: {instead}"
        for line, text in prose
        for pattern, instead in _PATTERNS
        for match in pattern.finditer(text)
    ]


def hidden_subjects(prose: Iterable[Prose], name: str) -> list[str]:
    """The statements that begin with "what", with file and line."""
    return [
        f"{name}:{line}: {match[0]!r}: begin with the subject"
        for line, text in prose
        for match in _STATEMENT_WITH_WHAT.finditer(text)
    ]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_page_has_none_of_the_phrases_that_do_not_come_back(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    prose = list(of_a_page(path.read_text(encoding="utf-8")))
    assert stumbled_on(prose, name) + hidden_subjects(prose, name) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_texts_of_a_module_have_none_of_them_either(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    assert stumbled_on(of_a_module(path.read_text(encoding="utf-8")), name) == []


@pytest.mark.parametrize(
    "phrase",
    [
        "It replays for ever, offline and for nothing.",
        "No dearer by accident",
        "It leaves a journal, which the next one takes up.",
        "The fixture is as good as the marker.",
        "This is no `Exception`, so no SDK retries it.",
        "Errors that were retried with success are left out.",
        "10% is let pass.",
        "The rows of tests that are no more",
        "The calls of a test until its body is through",
        "Words are none.",
        "The test has its sisters.",
        "## Ours there",
        "It is no model: it repeats your words.",
        "With `-q` there is none\nof it.",
    ],
)
def test_what_readers_stumbled_on_is_found(phrase: str) -> None:
    assert stumbled_on(of_a_page(phrase), "page.md")


def test_a_finding_names_the_line_at_which_its_paragraph_begins() -> None:
    page = """# Title

```text
It is no model.
```

- one
- `it is no model`, and
  it stays for ever
| a | It is no model |

What is new is recorded. What is `new`? Yes.
"""
    prose = list(of_a_page(page))
    assert stumbled_on(prose, "page.md") == [
        "page.md:8: 'for ever': write: forever, from then on",
        "page.md:10: 'is no': write: isn't a",
    ]
    assert hidden_subjects(prose, "page.md") == ["page.md:12: 'What is new is recorded.': begin with the subject"]


def test_the_texts_of_a_module_are_its_docstrings_and_its_messages() -> None:
    module = '"""One.\n\nIt is no model.\n"""\n\nfor ever in ():\n    print(f"{ever} is no number")  # it is no model\n'
    assert stumbled_on(of_a_module(module), "a.py") == [
        "a.py:3: 'is no': write: isn't a",
        "a.py:7: 'is no': write: isn't a",
    ]
