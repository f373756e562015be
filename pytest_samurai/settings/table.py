"""The table of all options: each is a row here, and a field of `Settings`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NoReturn

from pytest_samurai.settings import values
from pytest_samurai.settings.forms import SPELLED, Target, parse_target
from pytest_samurai.settings.option import Option, option

if TYPE_CHECKING:
    from datetime import timedelta
    from decimal import Decimal

    from pytest_samurai.bill import Budget, Limits, Tolerance
    from pytest_samurai.matching import Matcher

CASSETTES: Final = "cassettes"
LOCK: Final = "samurai.lock"


def _targets(value: object) -> tuple[Target, ...]:
    return tuple(map(parse_target, values.words(value)))


def _listed(*entries: str) -> str:
    return ", ".join(f"`{entry}`" for entry in entries)


# The rows, in the order of the docs, with a class for each group.


class _Cassettes:
    """What is recorded where, and what a recording answers."""

    mode: values.Mode = option(
        values.mode,
        "once",
        "ini cli env test",
        f"what happens to a request without a recording: {_listed(*values.MODES)}; `{values.REWRITE}` is another name"
        " for `all`",
        shown="`none` if the environment says `CI`, else `once`",
    )
    cassette_dir: str = option(values.directory, CASSETTES, "ini cli", "directory of the cassettes, under rootdir")
    marker: tuple[str, ...] = option(
        values.markers,
        (),
        "ini",
        "more markers that mean the same as `samurai`: `vcr` for a suite written for pytest-recording, pytest-vcr or"
        " cassetter",
        shown="`samurai`",
        many=True,
    )
    endpoints: tuple[str, ...] = option(
        values.endpoints,
        ("known",),
        "ini test",
        "URL patterns (fnmatch on scheme://host/path) that are recorded, `known` for those of all known APIs; other"
        " model calls are refused in a replay",
        shown="`known`",
        many=True,
    )
    match_on: tuple[values.Matching, ...] = option(
        values.match_on,
        ("method", "endpoint", "chat"),
        "ini test",
        "what must be equal for a recording to answer a request: names from"
        f" {_listed(*values.COMPONENTS)}, and, in a test, functions `(r1, r2)` as in vcrpy",
        shown="`method endpoint chat`",
        many=True,
    )
    ignore: tuple[Any, ...] = option(
        values.ignore,
        (),
        "ini test",
        'paths of the request that do not count, as in `["user", "metadata.*"]`',
        shown="nothing",
        many=True,
    )
    normalize: tuple[Any, ...] = option(
        values.normalize,
        (),
        "ini test",
        f"what varies from run to run: {_listed(*values.VARYING)}, or, in a test, a pair `(pattern, replacement)`",
        shown="nothing",
        many=True,
    )
    redact: tuple[Any, ...] = option(
        values.redact,
        (),
        "ini test",
        "more to cut out of what is written: regular expressions (in an ini file, one on each line), the name `email`,"
        " and, in a test, functions `text -> text`; they add to what is built in, and to each other",
        shown="nothing",
        lines=True,
        combine=lambda lower, higher: (*lower, *higher),
    )


class _OfVcrpy:
    """Options with vcrpy's names and vcrpy's meanings."""

    filter_headers: tuple[Any, ...] = option(
        values.filters,
        (),
        "test",
        "request headers that are left out or replaced before anything is compared or written: names, and pairs"
        " `(name, replacement)`, as in vcrpy",
        shown="nothing",
    )
    filter_query_parameters: tuple[Any, ...] = option(
        values.filters, (), "test", "the same for parameters of the URL", shown="nothing"
    )
    filter_post_data_parameters: tuple[Any, ...] = option(
        values.filters, (), "test", "the same for keys of a JSON body, and fields of a form", shown="nothing"
    )
    filter_nested_post_data_parameters: bool = option(
        values.flag, False, "test", "filter these keys at any depth of a JSON body; with vcrpy 9.4 and newer"
    )
    before_record_request: tuple[Any, ...] = option(
        values.hooks,
        (),
        "test",
        "functions that take vcrpy's request and return what is compared and written; None lets it go live, unrecorded",
        shown="nothing",
    )
    before_record_response: tuple[Any, ...] = option(
        values.hooks,
        (),
        "test",
        "functions that take vcrpy's response and return what is written; None leaves the interaction out",
        shown="nothing",
    )
    ignore_hosts: tuple[Any, ...] = option(
        values.hosts,
        (),
        "test",
        "hosts whose calls go live, unrecorded: names and compiled patterns",
        shown="none",
    )
    ignore_localhost: bool = option(values.flag, False, "test", "let calls to this machine go live, unrecorded")


class _LikeVcrpy:
    """More options like these, which do not need vcrpy."""

    allow_playback_repeats: bool = option(
        values.flag,
        False,
        "test",
        "answer a request again, from the first equal recording, once all of them are played",
    )
    cassette_library_dir: str | None = option(
        values.library, None, "test", "directory of the cassette, under the working directory", shown="none"
    )
    path_transformer: Callable[[str], str] | None = option(
        values.transformer,
        None,
        "test",
        "a function that takes the path of the cassette, without its `.yaml`, and returns another",
        shown="none",
    )


class _Calls:
    """What happens to calls and to recordings."""

    unmarked: str = option(
        values.one_of(*values.UNMARKED),
        "warn",
        "ini cli",
        f"a live chat call from a test without the marker: {_listed(*values.UNMARKED)}",
    )
    unseen: str = option(
        values.one_of(*values.UNSEEN),
        "fail",
        "ini cli test",
        "a connection to a host that serves models, from a client that no hook sees, in a test that can only replay:"
        f" {_listed(*values.UNSEEN)}",
    )
    pace: float = option(
        values.pace,
        0.0,
        "test",
        'pace of replayed streams: `"recorded"` for the recorded time, a number to multiply it',
        shown="at once",
    )
    stream_usage: bool = option(
        values.flag, True, "test", "ask the server for the usage of streams, and hide the answer from the application"
    )
    estimate_usage: bool = option(
        values.estimate, False, "test", "count tokens here where the server did not; needs `pytest-samurai[estimate]`"
    )
    keep_retries: bool = option(
        values.flag,
        False,
        "test",
        "keep errors that a retry recovered from, and replay them without waiting",
    )
    headers: tuple[str, ...] = option(
        values.headers,
        (),
        "ini test",
        "more headers of replies to keep, by name or as in `x-name-*`; never one that carries a credential",
        shown="nothing",
        many=True,
    )
    keys: tuple[str, ...] = option(
        values.variables,
        (),
        "ini test",
        "more environment variables that get a placeholder in a replay, if they are not set",
        shown="nothing",
        many=True,
    )
    lazy_tls: bool = option(
        values.flag,
        True,
        "ini test",
        "for a client that can only replay, create the TLS context when it is first needed",
    )
    unused: str = option(
        values.one_of("fail", "warn", "ignore"),
        "fail",
        "ini cli test",
        "recorded interactions that a passed test did not play from its own cassette",
    )
    max_age: timedelta | None = option(
        values.age,
        None,
        "ini cli test",
        "warn about a recording older than this: `30d`, `12h`",
        shown="none",
    )


class _Limits:
    """What a test and a run may use."""

    max_requests: int | None = option(
        values.limit, None, "test budget", "most requests of a test; a test that makes more fails", shown="no limit"
    )
    max_prompt_tokens: int | None = option(
        values.limit, None, "test budget", "most prompt tokens of a test; a test that uses more fails", shown="no limit"
    )
    max_completion_tokens: int | None = option(
        values.limit,
        None,
        "test budget",
        "most completion tokens of a test; a test that uses more fails",
        shown="no limit",
    )
    max_total_tokens: int | None = option(
        values.limit, None, "test budget", "most tokens of a test; a test that uses more fails", shown="no limit"
    )
    max_cost: Decimal | None = option(
        values.cost_limit,
        None,
        "test budget",
        'most US dollars of a test, as in `"0.002"`; a test that costs more fails',
        shown="no limit",
    )
    run_max_total_tokens: int | None = option(
        values.limit, None, "ini cli", "most tokens of the whole run; the test that exceeds it fails", shown="no limit"
    )
    run_max_cost: Decimal | None = option(
        values.cost_limit,
        None,
        "ini cli",
        "most US dollars of the whole run; the test that exceeds it fails",
        shown="no limit",
    )
    max_live_requests: int | None = option(
        values.limit, None, "ini cli", "most requests of a run that go live; the next one is not sent", shown="no limit"
    )
    max_live_cost: Decimal | None = option(
        values.cost_limit,
        None,
        "ini cli",
        "most US dollars that a run spends live; a call that would exceed it is not sent",
        shown="no limit",
    )


class _Run:
    """What a run is compared with, and what is reported about it."""

    report: tuple[Target, ...] = option(
        _targets,
        (),
        "cli",
        f"a report to write: {_listed(*SPELLED)}; repeatable",
        shown="none",
        many=True,
    )
    lock: str = option(values.file, LOCK, "ini cli", "file with the accepted usage of each test, under rootdir")
    update: bool = option(values.flag, False, "cli", "write to the lock what the tests of this run use", shown="off")
    tolerance: Tolerance | None = option(
        values.tolerance,
        None,
        "ini cli test",
        "growth over the lock that is allowed: `10%`; `metric:10%` or `metric:200` for one of"
        f" {_listed(*values.METRICS)}",
        shown="`10%`",
        many=True,
        combine=lambda lower, higher: lower.under(higher),
    )
    prove: bool = option(
        values.flag,
        False,
        "cli",
        "at the end of the run, replay each test that just recorded, in another process; the test fails if its replay"
        " does",
        shown="off",
    )
    top: int = option(values.count, 5, "ini cli", "how many of the most expensive tests the terminal summary shows")
    show: str = option(
        values.one_of("failed", "never"),
        "failed",
        "ini cli",
        "show a test's last calls below its traceback: `failed` if it failed, `never`",
    )


def _rows(*groups: type) -> dict[str, Option]:
    return {name: row for group in groups for name, row in vars(group).items() if isinstance(row, Option)}


OF_VCRPY: Final = tuple(_rows(_OfVcrpy))
"""Options with vcrpy's names and vcrpy's meanings."""

OPTIONS: Final[Mapping[str, Option]] = _rows(_Cassettes, _OfVcrpy, _LikeVcrpy, _Calls, _Limits, _Run)
"""Every option by its name, in the order of the docs."""


class Settings(_Cassettes, _OfVcrpy, _LikeVcrpy, _Calls, _Limits, _Run):
    """All options of one recorder, resolved. An option that nobody sets has its default."""

    def __init__(self, **given: Any) -> None:
        vars(self).update({name: row.default for name, row in OPTIONS.items()}, **given)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"settings stay as they are: {name}")

    @cached_property
    def matcher(self) -> Matcher:
        from pytest_samurai.matching import Endpoints, Matcher

        names = tuple(entry for entry in self.match_on if isinstance(entry, str))
        return Matcher(names, Endpoints(self.endpoints), self.ignore, self.normalize)

    @cached_property
    def functions(self) -> tuple[Callable[[Any, Any], object], ...]:
        """The functions of `match_on`. They are asked about recordings whose named components are equal."""
        return tuple(entry for entry in self.match_on if not isinstance(entry, str))

    @cached_property
    def needs_vcrpy(self) -> bool:
        """Whether an option is set that needs vcrpy, whose import takes longer than most tests."""
        return bool(self.functions) or any(getattr(self, name) for name in OF_VCRPY)

    @cached_property
    def budget(self) -> Budget:
        from pytest_samurai.bill import LIMIT_NAMES, Budget

        return Budget(**{name: getattr(self, name) for name in LIMIT_NAMES})

    @property
    def limits(self) -> Limits | None:
        """The limits of the run; None if it has none."""
        limits: dict[str, Any] = {
            "max_total_tokens": self.run_max_total_tokens,
            "max_cost": self.run_max_cost,
            "max_live_requests": self.max_live_requests,
            "max_live_cost": self.max_live_cost,
        }
        if set(limits.values()) == {None}:
            return None
        from pytest_samurai.bill import Limits

        return Limits(**limits)
