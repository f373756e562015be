"""The browser for pictures and for tests of pages: Debian's `chromium`, or a similar one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def launch(playwright: Playwright) -> Browser:
    """Start the first of `BROWSERS` that is installed.

    Raises:
        RuntimeError: none of them is.
    """
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise RuntimeError(f"no browser: install one of {', '.join(BROWSERS)}")
    # As root, which is common in CI jobs, Chromium only starts without its sandbox.
    return playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
