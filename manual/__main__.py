"""Write the generated pages and schemas: `python -m manual`."""

from __future__ import annotations

from manual.pages import DOCS, PAGES


def main() -> None:
    """Write each page from the current code."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
