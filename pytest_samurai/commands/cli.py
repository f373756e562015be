"""The command line: what can be done without writing a test."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pytest_samurai import bill
from pytest_samurai.bill import fixture_cassette, own_prices
from pytest_samurai.cassette import cassette_of
from pytest_samurai.commands import why
from pytest_samurai.commands.check import check
from pytest_samurai.commands.cost import cost_lines, costs
from pytest_samurai.commands.importer import import_cassettes
from pytest_samurai.commands.prune import delete, judge
from pytest_samurai.errors import CassetteError, SamuraiError, SettingsError
from pytest_samurai.redaction import Redactor, environment_secrets, one_line
from pytest_samurai.report import (
    last_full_run,
    merged_runs,
    publish,
    read_run,
    regression_lines,
    top_lines,
    totals_line,
)
from pytest_samurai.server import ChatServer
from pytest_samurai.settings import CASSETTES, LOCK, SPELLED, Settings, Target, options, parse_target
from pytest_samurai.text import plural

_DEMO = Path(__file__).with_name("demo")
_DEMO_KEY = "sk-samurai-demo-0123456789abcdef"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status. Raises SystemExit(2) for arguments that make no sense."""
    parser = argparse.ArgumentParser(prog="pytest-samurai", description="Record and replay chat-completions calls.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="record a small test project from a server on loopback, then replay it")
    demo.set_defaults(run=_demo)
    judged = commands.add_parser("check", help="find secrets, damage and what is too old in cassettes")
    judged.add_argument(
        "paths", metavar="PATH", nargs="*", help=f"cassettes and directories of them (default: {CASSETTES})"
    )
    judged.add_argument("--max-age", metavar="AGE", type=_age, help='longest that a recording may be old: "30d", "12h"')
    judged.add_argument("-q", "--quiet", action="store_true", help="print what fails, and nothing else")
    judged.set_defaults(run=_check)
    pruned = commands.add_parser("prune", help="find what the last full run did not use of the cassettes; delete it")
    pruned.add_argument("--write", action="store_true", help="delete what is listed")
    pruned.add_argument(
        "--cache-dir",
        metavar="DIR",
        type=Path,
        default=".pytest_cache",
        help="pytest's cache_dir (default: %(default)s)",
    )
    pruned.set_defaults(run=_prune)
    foreign = commands.add_parser("import", help="rewrite cassettes of vcrpy, pytest-recording and cassetter as ours")
    foreign.add_argument("paths", metavar="PATH", nargs="+", help="cassettes and directories of them")
    foreign.set_defaults(run=_import)
    priced = commands.add_parser("cost", help="say what the recorded calls cost at today's prices, or on another model")
    priced.add_argument(
        "paths", metavar="PATH", nargs="*", help=f"cassettes and directories of them (default: {CASSETTES})"
    )
    priced.add_argument("--model", help="a model to compare with, for as many tokens")
    priced.set_defaults(run=_cost)
    reported = commands.add_parser("report", help="make other reports of JSON reports; those of several shards add up")
    reported.add_argument("files", metavar="JSON", nargs="+", type=Path, help="written by --samurai-report=json:PATH")
    reported.add_argument(
        "--to",
        metavar="REPORT",
        action="append",
        default=[],
        type=_target,
        help=f"{', '.join(SPELLED[:-1])} or {SPELLED[-1]}; repeatable (default: a summary to read here)",
    )
    reported.set_defaults(run=_report)
    asked = commands.add_parser("why", help="what made the difference to what a test used when that was accepted")
    asked.add_argument("test", metavar="TEST", help="id of a test, as in tests/test_geo.py::test_capital")
    asked.add_argument("--against", metavar="REV", help="compare with the cassette as of a git revision, not the lock")
    asked.add_argument("--cassette", metavar="PATH", type=Path, help="its cassette (default: by the name of the test)")
    asked.add_argument("--lock", metavar="PATH", type=Path, default=LOCK, help=f"the lock (default: {LOCK})")
    asked.set_defaults(run=_why)
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except SamuraiError as error:
        # It may quote a file of somebody else.
        redactor = Redactor(environment_secrets(os.environ))
        parser.error("\n".join(one_line(redactor, line) for line in str(error).splitlines()))


def _age(text: str) -> timedelta:
    try:
        age: timedelta = options()["max_age"].parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"it is {text!r}, and has to be {error}") from None
    return age


def _check(chosen: argparse.Namespace) -> int:
    paths = map(Path, chosen.paths or [CASSETTES])
    checked = check(paths, environ=os.environ, now=datetime.now(UTC), max_age=chosen.max_age)
    failing = [finding for finding in checked.findings if not finding.advice]
    for finding in failing if chosen.quiet else checked.findings:
        _print(finding.text)
    if not chosen.quiet:
        counted = f"{plural(checked.cassettes, 'cassette')}, {plural(checked.interactions, 'interaction')}"
        _print(f"{counted}: {plural(len(failing), 'finding')}")
    return 1 if failing else 0


def _prune(chosen: argparse.Namespace) -> int:
    root = Path()
    run = last_full_run(chosen.cache_dir)
    judged = judge(run, root, environ=os.environ)
    for line in judged.lines:
        _print(line)
    if not chosen.write:
        _print(judged.closing(run))
        return 1 if judged.unused else 0
    deleted = []
    for unused in judged.unused:
        try:
            delete(unused, run, root)
            deleted.append(unused)
        except CassetteError as error:
            _print(str(error))
    _print(judged.closing(run, deleted))
    return 0 if len(deleted) == len(judged.unused) else 1


def _import(chosen: argparse.Namespace) -> int:
    failed = False
    for outcome in import_cassettes(map(Path, chosen.paths), environ=os.environ):
        _print(outcome.text)
        failed = failed or outcome.failed
    return int(failed)


def _cost(chosen: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    paths = map(Path, chosen.paths or [CASSETTES])
    found = costs(paths, own_prices(Path.cwd()), now, chosen.model, environ=os.environ)
    for line in cost_lines(found, now, chosen.model):
        _print(line)
    return 1 if any(one.now is None or one.other is None for one in found) else 0


def _target(text: str) -> Target:
    try:
        return parse_target(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"it is {text!r}, and has to be {error}") from None


def _report(chosen: argparse.Namespace) -> int:
    runs = []
    for path in chosen.files:
        try:
            runs.append(read_run(path.read_bytes(), str(path)))
        except OSError as error:
            raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    run = merged_runs(runs)
    published = publish(run, chosen.to, directory=Path.cwd(), environ=os.environ)
    summary = [totals_line(run.totals), *top_lines(run.figures, Settings().top), *regression_lines(run.regressions)]
    for line in published.lines if chosen.to else summary:
        _print(line)
    for failed in published.errors:
        _print(failed)
    return 1 if published.errors else 0


def _why(chosen: argparse.Namespace) -> int:
    # Tests have their ids from the directory where the lock is.
    root = next((at for at in (Path.cwd(), *Path.cwd().parents) if (at / chosen.lock).is_file()), Path())
    fixture = fixture_cassette(chosen.test)
    if chosen.cassette is not None:
        cassette = chosen.cassette
    else:
        cassette = root / (fixture or CASSETTES / cassette_of(chosen.test))
    secrets = environment_secrets(os.environ)
    now = why.recorded(cassette, secrets)
    lock = bill.load_lock(root / chosen.lock)
    if chosen.against is not None:
        then = why.recorded_at(cassette, chosen.against, secrets)
        old, name = why.row(then), chosen.against
    else:
        then = None
        if lock is None or chosen.test not in lock.tests:
            where = f"no {chosen.lock}" if lock is None else f"no row for {chosen.test!r} in {chosen.lock}"
            raise SettingsError(f"there is {where}; compare with a revision of the cassette: --against=HEAD")
        old, name = lock.tests[chosen.test], str(chosen.lock)
    redactor = Redactor(secrets)

    def show(line: str) -> None:
        _print(one_line(redactor, line))

    show(f"{chosen.test}: {cassette}")
    shared = why.shared_line(chosen.test, cassette, now, old) if then is None and not fixture else None
    rates = why.prices([*(then or []), *now], own_prices(root)) | dict(lock.prices if lock is not None else {})
    for line in why.totals(old, why.row(now), rates, name) if shared is None else [shared]:
        show(line)
    if then is None:
        show("A lock has totals alone. What it was, call by call, is in the cassette of a revision: --against=HEAD")
    for line in why.explain(then, now) if then is not None else ():
        show(line)
    return 0


def _demo(_: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="pytest-samurai-demo-") as name:
        project = Path(name)
        shutil.copytree(_DEMO, project, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        with ChatServer(api_key=_DEMO_KEY) as server:
            _headline(f"1. Record: four calls go to a chat server, {server.base_url}")
            recorded = _pytest(
                project, "--samurai-mode=once", SAMURAI_API_KEY=_DEMO_KEY, SAMURAI_BASE_URL=server.base_url
            )
            sent = server.requests
            base_url = server.base_url
        _headline("What was written: cassettes/test_capital/test_capital.yaml")
        _print((project / "cassettes/test_capital/test_capital.yaml").read_text(encoding="utf-8"))
        _headline("2. Replay: the server is stopped, the key is gone, every connection is refused")
        replayed = _pytest(project, "--samurai-mode=none", SAMURAI_BASE_URL=base_url, DEMO_OFFLINE="1")
        as_told = recorded == replayed == 1 and sent == 4
        _print(
            "\nThe red test is meant to be red: it has a budget of 40 tokens, and spends more, live and in replay."
            if as_told
            else "\nThis did not go as it should have; please report it with the output above."
        )
    return 0 if as_told else 1


def _pytest(project: Path, *arguments: str, **environment: str) -> int:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SAMURAI_", "OPENAI_", "PYTEST_", "COV_")) and name != "CI"
    }
    command = ["pytest", "-p", "pytest_samurai.plugin", "-p", "no:cacheprovider", *arguments]
    if sys.stdout.isatty():
        command.append("--color=yes")
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project,
        # Only this plugin: others that happen to be installed are no part of what is shown.
        env={**inherited, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
        check=False,
    ).returncode


def _headline(text: str) -> None:
    _print(f"\n{text}\n{'-' * len(text)}")


def _print(text: str) -> None:
    # Unbuffered, so that it stays in order with what pytest prints.
    print(text, flush=True)
