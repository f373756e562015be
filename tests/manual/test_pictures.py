"""The pictures of the manual: what can be read in them is what the program says today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from manual.hooks import for_the_site
from manual.pictures import ASSETS, printed
from manual.redrun import CI_NAMES, COLUMNS, ENVIRONMENT, PAGE, TERMINAL, RedRun
from manual.terminal import SCHEMES, svg, text_in, text_of
from tests.test_docs import EVERY_PAGE, ROOT

PICTURES = ("page-dark.webp", "page-light.webp", "terminal-dark.svg", "terminal-light.svg")
LARGEST = 150_000


def steady(lines: list[str]) -> list[str]:
    """Lines without how long a run took, and without the marks that some versions of pytest set below a line."""
    kept = [re.sub(r"=+ (3 failed) in [\d.]+s =+", r"\1", line) for line in lines if set(line) - {" ", "^"}]
    return [line for line in kept if line]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_can_be_read_in_the_picture_of_the_terminal_is_what_a_run_prints(
    scheme: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in CI_NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    TERMINAL.prepare(pytester.path)
    result = pytester.runpytest_inprocess("--color=yes", *TERMINAL.arguments)
    result.assert_outcomes(failed=3)
    first, *shown = text_in((ASSETS / f"terminal-{scheme}.svg").read_text(encoding="utf-8"))
    assert first == "$ pytest --tb=short"
    assert steady(shown) == steady(text_of(result.stdout.str(), COLUMNS)), "make pictures"


def test_the_text_of_a_picture_is_that_of_its_lines_with_long_ones_folded() -> None:
    shown = "\x1b[31m<a> & b\x1b[0m  c\n\n\x1b[1m" + "0123456789" * 2 + "\x1b[0m\n"
    assert text_in(svg(shown, 12, "dark")) == ["<a> & b  c", "", "012345678901", "23456789"] == text_of(shown, 12)


def test_the_schemes_differ_in_colours_only_and_no_picture_asks_another_host() -> None:
    light, dark = (svg("\x1b[31mred\x1b[0m", 20, scheme) for scheme in SCHEMES)
    assert light != dark
    assert re.sub("#[0-9a-f]{6}", "", light) == re.sub("#[0-9a-f]{6}", "", dark)
    assert re.findall(r"https?://[^\"]*", light) == ["http://www.w3.org/2000/svg"]


def test_a_run_whose_words_are_gone_is_no_picture(tmp_path: Path) -> None:
    gone = RedRun("release-notes", "release_notes.py", "words of yesterday", "", ())
    with pytest.raises(
        ValueError, match=r"^release-notes/release_notes\.py has 'words of yesterday' 0 times, not once$"
    ):
        gone.prepare(tmp_path)


def test_a_run_that_does_not_get_to_its_tests_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"^pytest ended with 4, not with 1 \(tests failed\):\n"):
        printed(RedRun(PAGE.example, PAGE.file, PAGE.before, PAGE.after, ("--no-such-option",)), tmp_path)


def test_each_picture_is_small_and_is_shown_in_both_schemes() -> None:
    assert sorted(path.name for path in ASSETS.iterdir() if path.suffix != ".js") == sorted(PICTURES)
    assert [name for name in PICTURES if (ASSETS / name).stat().st_size > LARGEST] == []
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in PICTURES if f'"docs/assets/{name}"' not in readme] == []


def pictures(page: str) -> list[str]:
    return re.findall(r"<picture>.*?</picture>", page, re.DOTALL)


@pytest.mark.parametrize("path", EVERY_PAGE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_each_picture_of_a_page_has_a_file_for_each_scheme_and_a_text(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    assert page.count("<img") == len(pictures(page))
    for picture in pictures(page):
        [dark] = re.findall(r'<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">', picture)
        [(text, light)] = re.findall(r'<img alt="([^"]+)" src="([^"]+)">', picture)
        assert dark == light.replace("-light.", "-dark.") != light
        assert (path.parent / dark).is_file()
        assert (path.parent / light).is_file()
        assert len(text) > 50, "a text says what can be read in the picture"


def test_the_site_shows_the_picture_that_goes_with_its_own_switch() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = for_the_site(pictures(readme)[0])
    assert re.findall(r'src="([^"]+)"', shown) == [
        *("docs/assets/terminal-light.svg#only-light", "docs/assets/terminal-dark.svg#only-dark"),
    ]
    assert len(re.findall(r'alt="[^"]{50,}"', shown)) == 2
    assert "<picture" not in shown
