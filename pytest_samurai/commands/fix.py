"""Fixes for findings: secrets are cut out of cassettes, and what varies gets an entry of `normalize`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_samurai import cassette
from pytest_samurai.commands.findings import (
    CLOUDFLARE,
    CONFLICT,
    CREDENTIAL,
    DAMAGE,
    RULE,
    SHAPE,
    VALUE,
    VARYING,
    Finding,
)
from pytest_samurai.commands.iniedit import add_entries
from pytest_samurai.commands.ownnormalize import OwnNormalize
from pytest_samurai.commands.secrets import Secrets
from pytest_samurai.errors import CassetteError, SettingsError
from pytest_samurai.settings import OPTIONS

_SECRETS = frozenset({VALUE, SHAPE, CREDENTIAL, CLOUDFLARE, RULE})
_UNREADABLE = frozenset({DAMAGE, CONFLICT})


@dataclass(frozen=True, slots=True)
class Mended:
    """What was done: the changed line of the ini file, if any. And what was not done, by file, with the reason."""

    setting: str | None
    refused: Sequence[str]


def fix(findings: Iterable[Finding], secrets: Secrets, directory: Path, own: OwnNormalize) -> Mended:
    """Fix what can be fixed safely: secrets in our own recordings, and what varies from run to run.

    A file is changed completely or not at all, and only its secrets change. `normalize` is set in the ini file around
    the directory, unless one of the project's `own` goes before it. Raises no error for what cannot be fixed: that is
    in `refused`.
    """
    findings = list(findings)
    refused: list[str] = []
    codes: dict[Path, set[str]] = {}
    for finding in findings:
        codes.setdefault(finding.path, set()).add(finding.code)
    for path, of_path in codes.items():
        if of_path & _SECRETS:
            refused += _cut(path, of_path, secrets)
    varying = {finding: own.of(finding.path) for finding in findings if finding.code in VARYING.values()}
    for where in dict.fromkeys(its.where for its in varying.values() if its is not None):
        names = _entries(finding for finding, its in varying.items() if its is not None and its.where == where)
        refused.append(f"{where}: `samurai_config` overrides the ini file; add to its `normalize`: {', '.join(names)}")
    entries = _entries(finding for finding, its in varying.items() if its is None)
    setting = None
    if entries:
        try:
            setting = add_entries(directory, OPTIONS["normalize"].ini, entries)
        except (SettingsError, CassetteError) as error:
            refused.append(str(error))
    return Mended(setting, refused)


def _entries(findings: Iterable[Finding]) -> list[str]:
    """The entries of `normalize` that the findings ask for."""
    codes = {finding.code for finding in findings}
    return [entry for entry, code in VARYING.items() if code in codes]


def _cut(path: Path, codes: set[str], secrets: Secrets) -> Iterator[str]:
    """Cut the secrets out of a cassette. Yields the reasons if it cannot."""
    if path.suffix == cassette.JOURNAL:
        yield f"{path}: left by a run that died, so it is not changed; the next run of its test recovers it"
        return
    if codes & _UNREADABLE:
        yield f"{path}: cannot be read, so nothing was cut out"
        return
    try:
        cassette.mend(path, secrets.cut)
    except CassetteError as error:
        yield str(error)


def left(findings: Iterable[Finding], refused: Sequence[str]) -> list[str]:
    """Why secrets remain in files without any other message."""
    paths = dict.fromkeys(finding.path for finding in findings if finding.code in _SECRETS)
    return [
        f"{path}: the rest is outside of the recordings, or cannot safely be cut out; remove it by hand"
        for path in paths
        if not any(reason.startswith(f"{path}:") for reason in refused)
    ]
