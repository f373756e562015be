"""Take the manual's pictures again, from real runs: `make pictures`. The page needs a browser and playwright."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from manual.browser import launch
from manual.redrun import CI_NAMES, COLUMNS, ENVIRONMENT, PAGE, TERMINAL, RedRun
from manual.terminal import SCHEMES, svg

ASSETS = Path(__file__).parents[1] / "docs" / "assets"
WIDTH, QUALITY = 1000, 85

# What a reader of the page would open first.
_OPEN = """
for (const each of document.querySelectorAll('details')) {
  each.open = each.matches('.failure') || each.textContent.includes('test_a_broken_lamp')
}
"""


_END = """
[...document.querySelectorAll('h3, h4')].find(each => each.textContent.startsWith('Call 2')).getBoundingClientRect().top
"""
"""The height at which the picture ends: above the second call."""


def printed(run: RedRun, directory: Path) -> str:
    """What pytest prints of the run in a process of its own, in colour.

    Raises:
        RuntimeError: no test failed, or pytest did not get that far.
    """
    run.prepare(directory)
    environment = {name: value for name, value in os.environ.items() if name not in CI_NAMES}
    environment.update(ENVIRONMENT)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--color=yes", *run.arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 1:
        raise RuntimeError(
            f"pytest ended with {done.returncode}, not with 1 (tests failed):\n{done.stdout}{done.stderr}"
        )
    return done.stdout


def terminal_pictures(directory: Path) -> None:
    """Write the terminal as SVG."""
    shown = f"$ pytest {' '.join(TERMINAL.arguments)}\n{printed(TERMINAL, directory)}"
    for scheme in SCHEMES:
        (ASSETS / f"terminal-{scheme}.svg").write_text(svg(shown, COLUMNS, scheme), encoding="utf-8")


def page_pictures(directory: Path) -> None:
    """Write the page of a run as WebP."""
    # Imported here, because the pictures of the terminal need no browser.
    from playwright.sync_api import sync_playwright

    printed(PAGE, directory)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for scheme in SCHEMES:
            page = browser.new_page(color_scheme=scheme, viewport={"width": WIDTH, "height": 600})
            page.goto((directory / "run.html").as_uri())
            page.evaluate(_OPEN)
            page.set_viewport_size({"width": WIDTH, "height": int(page.evaluate(_END))})
            # playwright itself writes PNG and JPEG only; WebP is a third of the size.
            taken = page.context.new_cdp_session(page).send(
                "Page.captureScreenshot", {"format": "webp", "quality": QUALITY}
            )
            (ASSETS / f"page-{scheme}.webp").write_bytes(base64.b64decode(taken["data"]))


def main() -> None:
    """Write all pictures."""
    for write in (terminal_pictures, page_pictures):
        with tempfile.TemporaryDirectory() as directory:
            write(Path(directory))


if __name__ == "__main__":
    main()
