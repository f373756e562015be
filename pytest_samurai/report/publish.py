"""Reports, put where the user wants them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_samurai.files import replace_whole
from pytest_samurai.redaction import Redactor, environment_secrets
from pytest_samurai.report.forms.as_json import as_json
from pytest_samurai.report.forms.benchmark import benchmark
from pytest_samurai.report.forms.github import github_annotations
from pytest_samurai.report.forms.markdown import markdown
from pytest_samurai.report.forms.page import page
from pytest_samurai.report.run import Run
from pytest_samurai.settings import Target

_CONTENT = {"json": as_json, "md": markdown, "html": page, "benchmark": benchmark}


@dataclass(frozen=True, slots=True)
class Published:
    """What is left to do: `lines` to be printed as they are, and what could not be written, as `errors`."""

    lines: tuple[str, ...]
    errors: tuple[str, ...]


def publish(
    run: Run, targets: Sequence[Target], *, directory: Path, environ: Mapping[str, str], rootdir: Path | None = None
) -> Published:
    """Write reports, each whole or not at all, without the secrets of the environment; what fails stops no other.

    Paths are relative to `directory`. The files of tests are relative to `rootdir`, or, without one, to the top of the
    repository.
    """
    run = run.redacted(Redactor(environment_secrets(environ)).text)
    lines: list[str] = []
    errors = []
    for target in targets:
        path = directory / os.path.expanduser(target.path)  # noqa: PTH111 - pathlib's raises for a user it cannot find
        try:
            if target.form == "github":
                lines += github_annotations(run, _place(rootdir, environ))
                # Elsewhere than on GitHub there is none; there, the step may have put something into it already.
                path = Path(environ.get("GITHUB_STEP_SUMMARY") or os.devnull)
                with path.open("ab") as file:
                    file.write(_encoded(markdown(run)))
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                replace_whole(path, _encoded(_CONTENT[target.form](run)))
        except OSError as error:
            errors.append(f"the report {path} cannot be written: {error.strerror or error}")
    return Published(tuple(lines), tuple(errors))


def _place(rootdir: Path | None, environ: Mapping[str, str]) -> str:
    top = environ.get("GITHUB_WORKSPACE")
    return rootdir.relative_to(top).as_posix() if rootdir and top and rootdir.is_relative_to(top) else ""


def _encoded(text: str) -> bytes:
    # A reply may hold half of a surrogate pair, and an error may quote it.
    return text.encode("utf-8", "backslashreplace")
