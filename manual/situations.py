"""Where each message is seen, and what to do about it.

A source is a module, or a module and a top-level definition (`recorder/stale.py`, `cassette/frame.py:MARK`); the longer
one wins. A message whose source is in none of these tables is on no page, and a test says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Situation:
    """What happened, in the words of a heading; what to do, in Markdown; and the sources of its messages."""

    title: str
    advice: str
    sources: tuple[str, ...]


PARTS: Mapping[str, tuple[Situation, ...]] = {
    "A test is red": (
        Situation(
            "A request has no recording",
            "If you meant the change, run the command that the message ends with: it records what is missing"
            " and nothing"
            " else. If you did not, undo it: the lines with `-` and `+` say what differs. See [matching](matching.md).",
            ("matching/miss.py", "plugin/repeats.py", "plugin/testreport.py", "report/causes.py"),
        ),
        Situation(
            "A test seems to have been renamed",
            "Run the `pytest-samurai mv` of the message. It moves the recording, and nothing is paid for. See"
            " [mv](mv.md).",
            ("recorder/renamed.py", "plugin/renamed.py"),
        ),
        Situation(
            "A call cannot be recorded or replayed",
            "Follow the line that begins with `To`: it names the setting that records this endpoint, or the"
            " way to let the call pass. See [intercept](intercept.md).",
            ("recorder/unrecorded.py", "recorder/unseen.py", "recorder/children.py", "intercept/routing.py"),
        ),
        Situation(
            "A test without the marker calls a model",
            "Mark the test, or set [`samurai_unmarked`](options.md) to `warn` or `allow`. See [recorder](recorder.md).",
            ("plugin/unmarked.py",),
        ),
        Situation(
            "A recording needs a real key",
            "Set the key in the environment and record again. A replay needs none. See [recorder](recorder.md).",
            ("recorder/placeholder.py",),
        ),
        Situation(
            "A test never ends after a miss",
            "Fix the miss that the message begins with; the wait is only how the application reacted to it.",
            ("plugin/watchdog.py",),
        ),
        Situation(
            "A budget is exceeded",
            "Make the prompt or the answer shorter, or raise the limit if the test is worth it. See"
            " [budget](budget.md).",
            ("bill/budget.py:_breach", "bill/budget.py:table", "bill/metrics.py"),
        ),
        Situation(
            "A budget cannot be judged",
            "Give the model a price, let the server count (`stream_usage`) or count here (`estimate_usage`),"
            " or record the call that went live. See [pricing](pricing.md) and [estimate](estimate.md).",
            (
                "bill/budget.py",
                "bill/estimate.py",
                "recorder/calls.py",
                "wire/objects.py",
            ),
        ),
        Situation(
            "A limit of the whole run is reached",
            "Raise the limit, or record the rest at another time. What was recorded so far is kept. See"
            " [tally](tally.md).",
            ("bill/tally.py", "recorder/ceilings.py"),
        ),
        Situation(
            "A test uses more than the lock has",
            "`pytest-samurai why TEST` names the message, tool or answer that grew. Accept it with"
            " `pytest --samurai-update TEST`, or undo it. See [lock](lock.md).",
            ("bill/regression.py", "bill/change.py", "report/causes.py:cause_lines", "plugin/advice.py"),
        ),
        Situation(
            "A stream ends early",
            "The recording has only what was read when it was made. Record the test again, or, if a deadline ended it,"
            ' replay with `pace="recorded"`. See [streams](streams.md).',
            ("intercept/ending.py",),
        ),
        Situation(
            "Recordings are not played",
            "Run the test with `--samurai-mode=update` to drop them, or set `unused`. See [recorder](recorder.md).",
            ("recorder/unused.py", "report/lines.py:shared_lines"),
        ),
        Situation(
            "A test recorded nothing",
            "Send the calls through httpx, or record again after the failed call works. If the test makes no calls"
            " now, delete its cassette. See [recorder](recorder.md).",
            ("recorder/stale.py",),
        ),
        Situation(
            "A fresh recording cannot be replayed",
            "Something varies from run to run. Fix it in the test by a seed or an order, or leave it out by `ignore` or"
            " `normalize`. See [prove](prove.md).",
            ("plugin/proof.py", "report/varied.py", "matching/varying.py"),
        ),
    ),
    "A note in the summary": (
        Situation(
            "What the run used",
            "Nothing: these are the lines of totals. See [report](report.md).",
            ("report/lines.py", "report/progress.py"),
        ),
        Situation(
            "What became of the recordings of another tool",
            "Add the line that the note gives, or record what it lists. See [vcrpy](vcrpy.md).",
            ("report/moved.py",),
        ),
        Situation(
            "What was left out of a cassette, or of a replay",
            "Nothing, if the test does not ask for it. Otherwise use the option that the message names.",
            (
                "recorder/retries.py",
                "recorder/cutheaders.py",
                "recorder/keeper.py",
                "recorder/editor.py",
                "recorder/others.py",
            ),
        ),
        Situation(
            "A run was interrupted",
            "Run the tests again in the mode that the message names: what was paid for is used. See"
            " [journal](journal.md).",
            ("recorder/interrupted.py",),
        ),
        Situation(
            "A recording is old",
            "Record it again, or raise `samurai_max_age`. See [options](options.md).",
            ("recorder/age.py",),
        ),
        Situation(
            "Calls outside of any recorder",
            "Mark the test, or move the call into one that is marked.",
            ("report/lines.py:unmarked_line", "report/forms/rows.py"),
        ),
        Situation(
            "Cassettes that no test has",
            "`pytest-samurai mv OLD NEW` for a renamed test, `pytest-samurai prune --write` for a deleted one.",
            ("report/orphans.py", "report/fullrun.py"),
        ),
        Situation(
            "The lock and the run differ",
            "Run `pytest --samurai-update` and commit the lock, once you agree with what it changes. See"
            " [lock](lock.md).",
            ("bill/locknotes.py", "report/standing.py", "report/lines.py:updated_line"),
        ),
        Situation(
            "A report cannot be written, or leaves something out",
            "Give the report a path that can be written; for the whole conversation, use `pytest-samurai show`."
            " See [report](report.md).",
            ("report/publish.py", "report/forms", "report/library.py"),
        ),
    ),
    "A file is refused": (
        Situation(
            "A cassette cannot be read",
            "Restore the file from git. If there is nothing to restore, delete it and record the test again."
            " See [cassette](cassette.md).",
            (
                "cassette/reader.py",
                "cassette/checked.py",
                "cassette/chunks.py",
                "cassette/frame.py",
                "cassette/headers.py",
                "cassette/layout.py",
                "cassette/loader.py",
                "cassette/notes.py",
                "cassette/sliced.py",
                "text/dates.py",
                "wire/price.py",
            ),
        ),
        Situation(
            "A cassette has changed outside of its bodies",
            "Restore the file, or, if you edited it, write the line that the message gives. See"
            " [cassette](cassette.md).",
            ("cassette/resealed.py",),
        ),
        Situation(
            "A cassette of another tool cannot be read",
            "Record the test again, or leave the file to the tool that wrote it. See [vcrpy](vcrpy.md).",
            ("cassette/foreign.py", "cassette/compressed.py"),
        ),
        Situation(
            "A cassette cannot be written",
            "Make the path writable, or free some space; nothing is sent that could not be kept.",
            ("cassette/writer.py", "cassette/mended.py", "files/locks.py"),
        ),
        Situation(
            "The lock cannot be read",
            "Resolve the merge conflict as the message says, or restore the file. See [lock](lock.md).",
            ("bill/lockfile.py", "text/scalar.py", "bill/apis.py"),
        ),
        Situation(
            "Prices in pyproject.toml are not prices",
            "Write them as the message shows. See [pricing](pricing.md).",
            ("bill/ownprices.py",),
        ),
    ),
    "A setting is refused": (
        Situation(
            "There is no such option, or not here",
            "Set the option where the message says. All of them are on the page of [options](options.md).",
            ("settings/mistakes.py", "settings/layers.py", "settings/option.py", "settings/table.py:Settings"),
        ),
        Situation(
            "An option cannot have this value",
            "Give it what the message asks for; these are the ends of messages that begin with the option and"
            " its value.",
            (
                "settings/values.py",
                "settings/forms.py:parse_target",
                "bill/tolerance.py",
                "matching/normalize.py",
                "matching/paths.py",
                "redaction/headers.py",
                "redaction/rules.py",
                "text/money.py",
                "plugin/state.py",
            ),
        ),
        Situation(
            "The marker or a fixture is misused",
            "Change the marker as the message says. See [fixtures and the marker](fixtures.md).",
            ("plugin/marker.py", "plugin/moved.py", "cassette/naming.py", "recorder/paths.py"),
        ),
        Situation(
            "`use_cassette` decorates a class",
            "Decorate the methods instead, or, under pytest, mark the class. See [use_cassette](context.md).",
            ("context.py",),
        ),
        Situation(
            "A hook of vcrpy is missing or gave something else",
            "Install `pytest-samurai[vcrpy]`, or fix the function that the message names. See [vcrpy](vcrpy.md).",
            ("recorder/vcrpy.py", "plugin/movedvcr.py"),
        ),
    ),
    "A command says": (
        Situation(
            "`check` found something",
            "`pytest-samurai check --fix` cuts secrets out and adds what varies to `normalize`; record again what it"
            " cannot fix. See [check](check.md).",
            (
                "commands/check.py",
                "commands/findings.py",
                "commands/fix.py",
                "commands/iniedit.py",
                "commands/secrets.py",
                "commands/cli/check.py",
                "redaction/shapes.py",
                "redaction/vendors.py",
                "wire/impossible.py",
            ),
        ),
        Situation(
            "A test or a file is not known",
            "Give a whole test id, the end of one that is unique, or the path of a cassette. See [ls](ls.md).",
            ("commands/tests.py", "commands/search.py", "commands/versions.py"),
        ),
        Situation(
            "git cannot answer",
            "Run the command in the repository, with a revision that it has.",
            ("commands/git.py", "commands/cli/diff.py"),
        ),
        Situation(
            "`mv`",
            "Give two test ids, or two files, of one kind; move away what has the new name. See [mv](mv.md).",
            ("commands/move.py", "commands/renames.py"),
        ),
        Situation(
            "`prune`",
            "Run all tests once, without paths or `-k`, from pytest's root directory; then prune. See"
            " [prune](prune.md).",
            ("commands/prune.py", "report/fullrunnote.py", "plugin/fullness.py", "plugin/recording.py"),
        ),
        Situation(
            "`import`",
            "Look at each file that the command names; what it could not change stays as it was. See"
            " [import](import.md).",
            ("commands/importer.py", "commands/movein", "commands/cli/import_.py"),
        ),
        Situation(
            "`show`",
            "Name another call, or another file. See [show](show.md).",
            ("commands/show.py", "commands/cli/show.py"),
        ),
        Situation(
            "`diff` and `review`",
            "Press one of the keys on offer; anything that you skip stays as it is. See [review](review.md).",
            (
                "commands/review.py",
                "commands/putback.py",
                "commands/callchange.py",
                "commands/comparison.py",
                "commands/cli/review.py",
                "text/forms.py",
                "text/rewording.py",
            ),
        ),
        Situation(
            "`why`",
            "Compare with a revision of the cassette by `--against`, where the lock has too little. See [why](why.md).",
            ("commands/why.py", "commands/cli/why.py"),
        ),
        Situation(
            "`cost`", "Set a price for the model in pyproject.toml. See [pricing](pricing.md).", ("commands/cost.py",)
        ),
        Situation(
            "`demo`",
            "Nothing: its red test is meant to fail. If it says that something went wrong, please report it.",
            ("commands/cli/demo.py",),
        ),
        Situation(
            "`report`",
            "Give the command a file that `pytest --samurai-report=json:PATH` of the same version wrote. See"
            " [report](report.md).",
            ("report/run.py", "report/spoken.py", "commands/cli/report.py"),
        ),
        Situation(
            "Any command",
            "Correct the argument or the ini file that the message names.",
            ("commands/cli/command.py", "commands/inifile.py"),
        ),
    ),
}

NO_MESSAGES: Mapping[str, str] = {
    "__init__.py:__getattr__": "Python's own words",
    "bill/__init__.py:__getattr__": "Python's own words",
    "cassette/__init__.py:__getattr__": "Python's own words",
    "files/__init__.py:__getattr__": "Python's own words",
    "matching/__init__.py:__getattr__": "Python's own words",
    "report/__init__.py:__getattr__": "Python's own words",
    "matching/bodies.py": "caught where bodies are compared",
    "intercept/twins.py": "cannot be reached",
    "bill/lockfile.py:_HEAD": "stands in the lock",
    "bill/locksums.py:END": "stands in the lock",
    "cassette/frame.py:MARK": "stands in each cassette",
    "bill/publiclist.py": "a source of prices",
    "settings/table.py": "the page of options",
    "settings/forms.py:FORMS": "the page of reports",
    "settings/page.py": "the page of options",
    "plugin/options.py": "the page of fixtures and the marker",
    "plugin/moved.py:_MARKERS": "what `pytest --markers` says",
    "plugin/hashseed.py": "a program",
    "plugin/refusals.py:_ENDED": "asyncio's own words",
    "recorder/signatures.py": "a regular expression",
    "commands/pieces.py": "styles of a terminal",
    "commands/review.py:MEANINGS": "the help of the keys",
    **{
        f"commands/cli/{name}.py:COMMAND": "the page of commands"
        for name in ("check", "cost", "demo", "diff", "import_", "ls", "mv", "prune", "report", "review", "show", "why")
    },
    "commands/cli/mv.py:_arguments": "the page of commands",
}
"""Texts that read as messages but are not, and why."""
