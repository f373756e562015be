"""Writes reports to where the user wants them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_samurai.bill import own_prices
from pytest_samurai.files import replace_whole
from pytest_samurai.redaction import Redactor, environment_secrets
from pytest_samurai.report.run import Run
from pytest_samurai.settings import Target

if TYPE_CHECKING:
    from pytest_samurai.report.forms.output import Output


@dataclass(frozen=True, slots=True)
class Published:
    """What is left to print: the unchanged `lines` of reports, and `errors` for files that were not written."""

    lines: tuple[str, ...]
    errors: tuple[str, ...]


def publish(
    run: Run, targets: Sequence[Target], *, directory: Path, environ: Mapping[str, str], rootdir: Path | None = None
) -> Published:
    """Write reports without the secrets of the environment. Each is complete or missing, independent of the others.

    Paths are relative to `directory`. Test files are relative to `rootdir`, or without it to the top of the repository.
    The cassettes are below `rootdir`, or without it below `directory`.

    Raises SettingsError if the project's own prices cannot be read.
    """
    # Imported here, because most runs write no report.
    from pytest_samurai.report.forms import RENDER

    secrets = environment_secrets(environ)
    library = None
    if run.spoken and any(target.has_calls for target in targets):
        home = rootdir or directory
        # It needs the original paths: a redacted one would not work. It loads YAML, which a run without that report
        # does not need.
        from pytest_samurai.report.library import Library

        library = Library(home, run.spoken, secrets, own_prices(home))
    run = replace(run.redacted(Redactor(secrets).text), root=_root(rootdir, environ), library=library)
    lines: list[str] = []
    errors = []
    for target in targets:
        output = RENDER[target.form](run)
        lines += output.lines
        content = output.content.encode("utf-8", _HALF_A_PAIR)
        path = _path(target, output, directory, environ)
        try:
            if target.path:
                path.parent.mkdir(parents=True, exist_ok=True)
                replace_whole(path, content)
            else:
                with path.open("ab") as file:
                    file.write(content)
        except OSError as error:
            errors.append(f"the report {path} cannot be written: {error.strerror or error}")
    return Published(tuple(lines), tuple(errors))


# For `encode`, if it meets half of a surrogate pair: a reply may contain one, and an error may quote it.
_HALF_A_PAIR = "backslashreplace"


def _path(target: Target, output: Output, directory: Path, environ: Mapping[str, str]) -> Path:
    if target.path:
        return directory / os.path.expanduser(target.path)  # noqa: PTH111 - pathlib's raises for an unknown user
    return Path(environ.get(output.variable) or os.devnull)


def _root(rootdir: Path | None, environ: Mapping[str, str]) -> str:
    top = environ.get("GITHUB_WORKSPACE")
    return rootdir.relative_to(top).as_posix() if rootdir and top and rootdir.is_relative_to(top) else ""
