"""Templates of pages. Only this module knows Jinja."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment


class Templates:
    """The files in `templates/`. Every value is escaped, except what another template made."""

    def __init__(self) -> None:
        self._environment = _environment()

    def join(self, markups: Iterable[str]) -> str:
        """Several results of `fill`, as one."""
        from markupsafe import Markup

        return Markup("").join(markups)

    def fill(self, name: str, **values: Any) -> str:
        """A template with its values, as markup that another template takes unchanged."""
        from markupsafe import Markup

        # No formatting here: the template has escaped its values.
        return Markup(self._environment.get_template(name).render(values))


def _environment() -> Environment:
    # Imported here, so that only a run that writes a page waits for it.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("pytest_samurai.report.forms"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
