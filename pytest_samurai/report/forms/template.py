"""Templates of pages. Only this module knows Jinja."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment


class Templates:
    """The files in `templates/`. Whatever they are given is escaped, but for what another of them has made."""

    def __init__(self) -> None:
        self._environment = _environment()

    def join(self, markups: Iterable[str]) -> str:
        """What `fill` gave, several times, as one."""
        from markupsafe import Markup

        return Markup("").join(markups)

    def fill(self, name: str, **values: Any) -> str:
        """A template with its values, as markup that a further template takes as it is."""
        from markupsafe import Markup

        # Not by formatting: what fills a template has been escaped in it.
        return Markup(self._environment.get_template(name).render(values))


def _environment() -> Environment:
    # Here, so that only a run that writes a page waits for the import.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("pytest_samurai.report.forms"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
