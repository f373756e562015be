"""The command `check`."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from pytest_samurai.commands.check import Checked, Demands, check
from pytest_samurai.commands.cli.command import Command, add_cassettes, cassettes_chosen, hand_on, hand_on_json, read_by
from pytest_samurai.commands.findings import CODES, Finding, told
from pytest_samurai.commands.fix import Mended, fix, left
from pytest_samurai.commands.inifile import project_settings
from pytest_samurai.commands.ownnormalize import OwnNormalize
from pytest_samurai.commands.secrets import Secrets
from pytest_samurai.commands.tests import Suite
from pytest_samurai.files import now
from pytest_samurai.redaction import Redactor, one_line
from pytest_samurai.settings import OPTIONS
from pytest_samurai.text import plural


def _code(text: str) -> str:
    if not any(code.startswith(text.upper()) for code in CODES):
        raise ValueError(f"one of {', '.join(CODES)}, or the beginning of some")
    return text.upper()


def _arguments(parser: ArgumentParser) -> None:
    add_cassettes(parser)
    parser.add_argument(
        "--max-age",
        metavar="AGE",
        type=read_by(OPTIONS["max_age"].read),
        help='greatest age of a recording: "30d", "12h"',
    )
    parser.add_argument(
        "--redact",
        metavar="RULE",
        action="extend",
        type=read_by(OPTIONS["redact"].read),
        default=[],
        help='what else to look for: "email", or a regular expression, as in `samurai_redact`; repeatable',
    )
    parser.add_argument(
        "--ignore",
        metavar="CODE",
        action="append",
        type=read_by(_code),
        default=[],
        help="findings to ignore, by code, as SAM501, or the beginning of codes, as SAM5; repeatable",
    )
    parser.add_argument(
        "--fix", action="store_true", help="cut secrets out of cassettes, and add what varies to `samurai_normalize`"
    )
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("-q", "--quiet", action="store_true", help="print only what fails")
    forms.add_argument("--json", action="store_true", help="print JSON, for programs")


def _run(chosen: Namespace) -> int:
    secrets, own = Secrets(os.environ, chosen.redact), OwnNormalize(Suite(Path.cwd()))
    checked = _checked(chosen, secrets, own)
    fixed: list[Finding] = []
    mended = Mended(None, ())
    if chosen.fix:
        before, mended = checked, fix(checked.findings, secrets, Path.cwd(), own)
        checked = _checked(chosen, secrets, own)
        fixed = _gone(before, checked)
        mended = Mended(mended.setting, [*mended.refused, *left(checked.findings, mended.refused)])
    if chosen.json:
        hand_on_json(_as_json(checked, fixed, mended), secrets.redactor)
    else:
        _say(checked, fixed, mended, secrets.redactor, chosen)
    return 1 if checked.failing else 0


def _checked(chosen: Namespace, secrets: Secrets, own: OwnNormalize) -> Checked:
    of_project = project_settings(Path.cwd()).normalize

    def normalized(path: Path) -> Collection[Any]:
        its = own.of(path)
        return of_project if its is None else its.substitutions

    return check(
        cassettes_chosen(chosen, Suite(Path.cwd())), secrets, Demands(now(), chosen.max_age, normalized, chosen.ignore)
    )


def _gone(before: Checked, after: Checked) -> list[Finding]:
    """The findings that are gone. The line numbers of the others may have changed."""
    still = Counter((finding.path, finding.code, finding.text) for finding in after.findings)
    gone = []
    for finding in before.findings:
        key = (finding.path, finding.code, finding.text)
        if still[key]:
            still[key] -= 1
        else:
            gone.append(finding)
    return gone


def _say(checked: Checked, fixed: Sequence[Finding], mended: Mended, redactor: Redactor, chosen: Namespace) -> None:
    findings = list(told(checked.failing if chosen.quiet else checked.findings))
    if not chosen.quiet:
        for finding in told(fixed):
            hand_on(finding.shown(redactor, "fixed: "))
        if mended.setting is not None:
            hand_on(one_line(redactor, mended.setting))
    for finding in findings:
        hand_on(finding.shown(redactor))
    for reason in mended.refused:
        hand_on(one_line(redactor, f"not fixed: {reason}"))
    if not chosen.quiet:
        counted = [plural(checked.cassettes, "cassette"), plural(checked.interactions, "interaction")]
        if checked.journals:
            counted.insert(1, plural(checked.journals, "journal"))
        number = f"{len(fixed):,} fixed, " if chosen.fix else ""
        failing = sum(not finding.advice for finding in findings)
        hand_on(f"{', '.join(counted)}: {number}{plural(failing, 'finding')}")


def _as_json(checked: Checked, fixed: Sequence[Finding], mended: Mended) -> dict[str, Any]:
    suite = Suite(Path.cwd())

    def told_of(findings: Sequence[Finding]) -> list[dict[str, Any]]:
        return [finding.as_json(_test(suite, finding.path)) for finding in findings]

    return {
        "cassettes": checked.cassettes,
        "journals": checked.journals,
        "interactions": checked.interactions,
        "findings": told_of(checked.findings),
        "fixed": told_of(fixed),
        "setting": mended.setting,
        "not_fixed": list(mended.refused),
    }


def _test(suite: Suite, path: Path) -> str | None:
    """The test that owns a cassette; None if it is unknown, or if several tests share it."""
    tests = suite.owners.of(suite.name(suite.here / path))
    return tests[0] if len(tests) == 1 else None


COMMAND = Command(
    "check",
    "find secrets, damage and old recordings in cassettes, and fix them",
    _arguments,
    _run,
    status_1="a finding that is more than advice",
)
