"""Every option, spelled once: its name, where it may be set, its default, its meaning."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, NoReturn

from pytest_samurai.errors import SettingsError
from pytest_samurai.settings.forms import SPELLED, Target, parse_target

# Read at the start of every pytest, most of which have no use for more than the names of the options: the rooms that
# know what the values mean are asked when there is a value.
if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_samurai.bill import Budget, Limits, Tolerance
    from pytest_samurai.matching import Matcher

Mode = Literal["none", "once", "new_episodes", "all", "live"]
MODES: Final = ("none", "once", "new_episodes", "all", "live")
CASSETTES: Final = "cassettes"
LOCK: Final = "samurai.lock"
UNMARKED: Final = ("allow", "warn", "block")
COMPONENTS: Final = (
    *("method", "endpoint", "chat"),
    *("uri", "scheme", "host", "port", "path", "query", "headers", "body", "raw_body"),
)
"""The names of `matching.COMPONENTS`."""
METRICS: Final = ("requests", "prompt_tokens", "completion_tokens", "total_tokens", "cost")
"""Those of `bill.METRICS`."""

PLACES: Final[Mapping[str, str]] = {
    "ini": "in the ini file",
    "cli": "on the command line",
    "env": "in the environment",
    "test": "in the marker, the `samurai_config` fixture or `use_cassette`",
    "budget": "in `samurai.budget()`",
}

PRECEDENCE: Final = (
    "defaults",
    "ini file",
    "`samurai_config` fixture",
    "marker",
    "`SAMURAI_MODE` in the environment",
    "command line",
)
"""Where an option may be said, later ones over earlier ones."""


class Option:
    """One option: `parse` turns what was written into the value or raises ValueError with what would be right.

    `places` are among `PLACES`. `meaning` and `default_text` are Markdown; the help of the command line has them too.
    `many` says that it is a list, `combine` what comes of a lower and a higher layer that both set it.
    """

    # By hand, as `Settings` is: every start of pytest would wait for what a dataclass writes and compiles.
    def __init__(
        self,
        parse: Callable[[object], Any],
        default: Any,
        places: str,
        meaning: str,
        *,
        shown: str,
        many: bool,
        combine: Callable[[Any, Any], Any],
    ) -> None:
        self.name = ""
        self.parse = parse
        self.default = default
        self.places = frozenset(places.split())
        self.meaning = meaning
        self.default_text = shown or f"`{default}`"
        self.many = many
        self.combine = combine

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @property
    def is_switch(self) -> bool:
        """Whether it is said by its name alone on the command line."""
        return self.parse is _flag

    @property
    def ini(self) -> str:
        """Without the `run_` that tells a limit of the run from one of a test: tests have none in the ini file."""
        return f"samurai_{self.name.removeprefix('run_')}"

    @property
    def flag(self) -> str:
        return f"--{self.ini.replace('_', '-')}"

    def spelled(self, place: str) -> str:
        """The option's name as it is written in a place."""
        return {"ini": self.ini, "cli": self.flag, "env": self.ini.upper()}.get(place, self.name)


def _higher(_: Any, higher: Any) -> Any:
    return higher


def _option(
    parse: Callable[[object], Any],
    default: Any,
    places: str,
    meaning: str,
    *,
    shown: str = "",
    many: bool = False,
    combine: Callable[[Any, Any], Any] = _higher,
) -> Any:
    """An option as a field of `Settings`, where its value will be of any type."""
    return Option(parse, default, places, meaning, shown=shown, many=many, combine=combine)


def _listed(*values: str) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _one_of(*choices: str) -> Callable[[object], object]:
    def parse(value: object) -> object:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return value

    return parse


def _words(value: object) -> tuple[str, ...]:
    # Only what can be read twice: a test's options are checked when it is collected, and read again when it runs.
    words = value.split() if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) and word for word in words):
        raise ValueError("a list of strings")
    return tuple(words)


def _endpoints(value: object) -> tuple[str, ...]:
    words = _words(value)
    if not words:
        raise ValueError("a list of URL patterns, with at least one in it")
    return words


Matching = str | Callable[[Any, Any], object]
"""A name among `COMPONENTS`, or a function of two of vcrpy's requests, the one that is made and a recorded one."""


def _match_on(value: object) -> tuple[Matching, ...]:
    entries = value.split() if isinstance(value, str) else value
    if not isinstance(entries, list | tuple) or not all(isinstance(entry, str) or callable(entry) for entry in entries):
        raise ValueError("a list of strings and of functions (r1, r2)")
    if not entries or not {entry for entry in entries if isinstance(entry, str)} <= set(COMPONENTS):
        raise ValueError(f"a list of one or more of {', '.join(COMPONENTS)}, and of functions (r1, r2)")
    return tuple(entries)


def _filters(value: object) -> tuple[Any, ...]:
    """Names, and pairs of a name and what takes the place of its value: a text, None or a function."""
    entries = value if isinstance(value, list | tuple) else [None]
    if not all(_is_filter(entry) for entry in entries):
        raise ValueError("a list of names and of pairs (name, replacement)")
    return tuple(entries)


def _is_filter(entry: object) -> bool:
    if isinstance(entry, tuple) and len(entry) == 2:
        name, replacement = entry
        return isinstance(name, str) and (replacement is None or isinstance(replacement, str) or callable(replacement))
    return isinstance(entry, str)


def _hooks(value: object) -> tuple[Any, ...]:
    hooks = value if isinstance(value, list | tuple) else [value]
    if not all(map(callable, hooks)):
        raise ValueError("a function, or a list of functions")
    return tuple(hooks)


def _hosts(value: object) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(host, str | re.Pattern) for host in value):
        raise ValueError("a list of host names and of compiled patterns")
    return tuple(value)


def _ignore(value: object) -> tuple[Any, ...]:
    from pytest_samurai.matching import parse_path

    return tuple(parse_path(path) for path in _words(value))


def _normalize(value: object) -> tuple[Any, ...]:
    from pytest_samurai.matching import parse_substitution

    entries = value.split() if isinstance(value, str) else value
    if not isinstance(entries, list | tuple):
        raise ValueError("a list of names and of pairs (pattern, replacement)")
    return tuple(parse_substitution(entry) for entry in entries)


def _count(value: object) -> int:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a whole number, 0 or more")
    return value


def _limit(value: object) -> int | None:
    """A count; or None, by which a test has none of the limit that its class or module has."""
    return None if value is None else _count(value)


def _cost_limit(value: object) -> Decimal | None:
    """An amount; or None, by which a test has none of the limit that its class or module has."""
    from pytest_samurai.text import parse_money

    try:
        return None if value is None else parse_money(value)
    except ValueError:
        raise ValueError('an amount of US dollars, 0 or more, as in "0.002"') from None


def _pace(value: object) -> float:
    if value == "recorded":
        return 1.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError('"recorded" or a number, 0 or more')
    return float(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("True or False")
    return value


def _estimate(value: object) -> bool:
    if _flag(value):
        from pytest_samurai.bill import require_tokenizer

        require_tokenizer()
    return bool(value)


def _ini_flag(value: object) -> bool:
    """A flag that an ini file may hold too, which knows nothing but text."""
    return _flag({"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value)


_AGE_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _age(value: object) -> timedelta:
    found = re.fullmatch(r"(\d{1,4})([mhdw])", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('a number below 10,000 and a unit: "90m", "12h", "30d" or "4w"')
    return timedelta(**{_AGE_UNITS[found[2]]: int(found[1])})


def _directory(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a directory")
    return value


def _targets(value: object) -> tuple[Target, ...]:
    return tuple(map(parse_target, _words(value)))


def _file(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a file")
    return value


def _tolerance(value: object) -> Tolerance:
    from pytest_samurai.bill import parse_tolerance

    # On the command line, where it may be said several times, each time may have several words.
    return parse_tolerance([entry for words in _words(value) for entry in words.split()])


class Settings:
    """All options of one recorder, resolved. What is not given has its default."""

    def __init__(self, **values: Any) -> None:
        vars(self).update({name: option.default for name, option in options().items()}, **values)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"settings stay as they are: {name}")

    mode: Mode = _option(
        _one_of(*MODES),
        "once",
        "ini cli env test",
        f"what happens to a request that has no recording: {_listed(*MODES)}",
        shown="`none` if the environment says `CI`, else `once`",
    )
    cassette_dir: str = _option(_directory, CASSETTES, "ini cli", "directory of the cassettes, under rootdir")
    endpoints: tuple[str, ...] = _option(
        _endpoints,
        ("*/chat/completions",),
        "ini test",
        "URL patterns (fnmatch on scheme://host/path) that are recorded; the rest passes through untouched",
        shown="`*/chat/completions`",
        many=True,
    )
    match_on: tuple[Matching, ...] = _option(
        _match_on,
        ("method", "endpoint", "chat"),
        "ini test",
        f"what has to be equal for a recording to answer a request; names among {_listed(*COMPONENTS)}, and, in a test,"
        " functions `(r1, r2)` as vcrpy has them",
        shown="`method endpoint chat`",
        many=True,
    )
    ignore: tuple[Any, ...] = _option(
        _ignore, (), "test", 'paths of the request that do not count, as in `["user", "metadata.*"]`', shown="nothing"
    )
    normalize: tuple[Any, ...] = _option(
        _normalize,
        (),
        "test",
        "what varies from run to run: `uuid`, `datetime`, `tmp_path` or a pair `(pattern, replacement)`",
        shown="nothing",
    )
    filter_headers: tuple[Any, ...] = _option(
        _filters,
        (),
        "test",
        "request headers that are left out or replaced before anything is compared or written: names, and pairs"
        " `(name, replacement)`, as vcrpy has them",
        shown="nothing",
    )
    filter_query_parameters: tuple[Any, ...] = _option(
        _filters, (), "test", "the same for parameters of the URL", shown="nothing"
    )
    filter_post_data_parameters: tuple[Any, ...] = _option(
        _filters, (), "test", "the same for keys of a JSON body, and fields of a form", shown="nothing"
    )
    before_record_request: tuple[Any, ...] = _option(
        _hooks,
        (),
        "test",
        "functions that get vcrpy's request and give what is compared and written; None lets it pass unrecorded",
        shown="nothing",
    )
    before_record_response: tuple[Any, ...] = _option(
        _hooks,
        (),
        "test",
        "functions that get vcrpy's response and give what is written; None leaves the interaction out",
        shown="nothing",
    )
    ignore_hosts: tuple[Any, ...] = _option(
        _hosts, (), "test", "hosts whose calls pass, live and unrecorded: names and compiled patterns", shown="none"
    )
    ignore_localhost: bool = _option(_flag, False, "test", "let calls to this machine pass, live and unrecorded")
    unmarked: str = _option(
        _one_of(*UNMARKED),
        "warn",
        "ini cli",
        f"a live chat call from a test without the marker: {_listed(*UNMARKED)}",
    )
    pace: float = _option(
        _pace,
        0.0,
        "test",
        'speed of replayed streams: `"recorded"` for their own time, a number for a factor of it',
        shown="at once",
    )
    stream_usage: bool = _option(
        _flag, True, "test", "ask the server for the usage of streams, and hide the answer from the application"
    )
    estimate_usage: bool = _option(
        _estimate, False, "test", "count tokens here where the server did not; needs `pytest-samurai[estimate]`"
    )
    keep_retries: bool = _option(
        _flag, False, "test", "keep the errors that a client retried with success, and replay them without a back-off"
    )
    lazy_tls: bool = _option(
        _ini_flag, True, "ini test", "make the TLS context of a client that can only replay when it is first needed"
    )
    unused: str = _option(
        _one_of("fail", "warn", "ignore"),
        "fail",
        "ini cli test",
        "recorded interactions that a passed test did not play from its own cassette",
    )
    max_age: timedelta | None = _option(
        _age, None, "ini cli test", "age from which a recording is named in a warning: `30d`, `12h`", shown="none"
    )
    max_requests: int | None = _option(
        _limit, None, "test budget", "most requests of a test; a test that makes more fails", shown="no limit"
    )
    max_prompt_tokens: int | None = _option(
        _limit, None, "test budget", "most prompt tokens of a test; a test that uses more fails", shown="no limit"
    )
    max_completion_tokens: int | None = _option(
        _limit, None, "test budget", "most completion tokens of a test; a test that uses more fails", shown="no limit"
    )
    max_total_tokens: int | None = _option(
        _limit, None, "test budget", "most tokens of a test; a test that uses more fails", shown="no limit"
    )
    max_cost: Decimal | None = _option(
        _cost_limit,
        None,
        "test budget",
        'most US dollars of a test, as in `"0.002"`; a test that costs more fails',
        shown="no limit",
    )
    run_max_total_tokens: int | None = _option(
        _limit, None, "ini cli", "most tokens of the whole run; the test that passes it fails", shown="no limit"
    )
    run_max_cost: Decimal | None = _option(
        _cost_limit,
        None,
        "ini cli",
        "most US dollars of the whole run; the test that passes it fails",
        shown="no limit",
    )
    max_live_requests: int | None = _option(
        _limit, None, "ini cli", "most requests of a run that go live; the next one is not sent", shown="no limit"
    )
    max_live_cost: Decimal | None = _option(
        _cost_limit,
        None,
        "ini cli",
        "most US dollars that a run spends live; a call that would pass it is not sent",
        shown="no limit",
    )
    report: tuple[Target, ...] = _option(
        _targets,
        (),
        "cli",
        f"a report to write: {_listed(*SPELLED)}; repeatable",
        shown="none",
        many=True,
    )
    lock: str = _option(_file, LOCK, "ini cli", "file with what each test used when that was accepted, under rootdir")
    update: bool = _option(_flag, False, "cli", "write to the lock what the tests of this run use", shown="off")
    tolerance: Tolerance | None = _option(
        _tolerance,
        None,
        "ini cli test",
        f"growth over the lock that is let pass: `10%`; `metric:10%` or `metric:200` for one of {_listed(*METRICS)}",
        shown="`10%`",
        many=True,
        combine=lambda lower, higher: lower.under(higher),
    )
    top: int = _option(_count, 5, "ini cli", "most expensive tests in the terminal summary")

    @cached_property
    def matcher(self) -> Matcher:
        from pytest_samurai.matching import Endpoints, Matcher

        names = tuple(entry for entry in self.match_on if isinstance(entry, str))
        return Matcher(names, Endpoints(self.endpoints), self.ignore, self.normalize)

    @cached_property
    def functions(self) -> tuple[Callable[[Any, Any], object], ...]:
        """The functions of `match_on`, which are asked about what is equal in all that is named there."""
        return tuple(entry for entry in self.match_on if not isinstance(entry, str))

    @cached_property
    def needs_vcrpy(self) -> bool:
        """Whether something is asked for that only vcrpy can do; importing it takes longer than most tests."""
        return bool(self.functions) or any(getattr(self, name) for name in OF_VCRPY)

    @cached_property
    def budget(self) -> Budget:
        from pytest_samurai.bill import Budget

        return Budget(**{limit.name: getattr(self, limit.name) for limit in fields(Budget)})

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


OF_VCRPY: Final = (
    "filter_headers",
    "filter_query_parameters",
    "filter_post_data_parameters",
    "before_record_request",
    "before_record_response",
    "ignore_hosts",
    "ignore_localhost",
)
"""Options that have vcrpy's names and vcrpy's meanings."""

_OTHERWISE_HERE: Final[Mapping[str, str]] = {
    "record_mode": "it is called mode",
    "cassette_library_dir": "it is the ini key samurai_cassette_dir, or the fixture of that name",
    "vcr_cassette_dir": "it is the ini key samurai_cassette_dir, or the fixture of that name",
    "path_transformer": "name the cassette in the marker",
    "func_path_generator": "name the cassette in the marker",
    "before_record": "it is called before_record_request",
    "additional_matchers": "put them into match_on",
    "drop_unused_requests": "see unused",
    "decode_compressed_response": "bodies are always stored decoded",
    "serializer": "cassettes are always YAML",
    "filter_sensitive_data": "values of the environment, and the key of a request, are always left out",
    "record_on_exception": "of a failed test, what is kept is its calls that all went well",
}
"""What else people have in `vcr_config`, and what it is here."""


@cache
def options() -> Mapping[str, Option]:
    """Every option by its name, in the order in which they are documented."""
    return {name: item for name, item in vars(Settings).items() if isinstance(item, Option)}


# Not a dataclass, which takes seven times as long to define.
class Layer(NamedTuple):
    """Options as somebody wrote them, and where: `source` begins the text of an error, `place` is one of `PLACES`."""

    source: str
    place: str
    values: Mapping[str, object]


def resolve(layers: Iterable[Layer]) -> Settings:
    """Lay the layers over the defaults, later ones over earlier ones.

    Raises SettingsError, naming the layer's source, for an option that is unknown there or a value it cannot have.
    """
    values: dict[str, Any] = {}
    for layer in layers:
        for name, written in layer.values.items():
            value = _parse(layer, name, written)
            values[name] = options()[name].combine(values[name], value) if name in values else value
    return Settings(**values)


def _parse(layer: Layer, name: str, written: object) -> Any:
    option = options().get(name)
    if option is None or layer.place not in option.places:
        raise SettingsError(f"{layer.source}: {_not_here(option, name, layer.place)}")
    try:
        return option.parse(written)
    except (ValueError, SettingsError) as error:
        right = f"it has to be {error}" if isinstance(error, ValueError) else str(error)
        raise SettingsError(f"{layer.source}: {option.spelled(layer.place)} is {written!r}; {right}") from None


def _not_here(option: Option | None, name: str, place: str) -> str:
    if option is not None:
        elsewhere = " or ".join(
            f"{PLACES[other]} ({option.spelled(other)})" for other in PLACES if other in option.places
        )
        return f"{name} is not set here, but {elsewhere}"
    if name in _OTHERWISE_HERE:
        return f"there is no option {name!r} here: {_OTHERWISE_HERE[name]}"
    from difflib import get_close_matches

    known = [option.name for option in options().values() if place in option.places]
    near = get_close_matches(str(name), known, 1)
    return f"there is no option {name!r} here; " + (f"is it {near[0]}?" if near else f"there are {', '.join(known)}")


def in_ci(environ: Mapping[str, str]) -> bool:
    """Whether the environment says `CI`."""
    return environ.get("CI", "").lower() not in ("", "0", "false")


def default_mode(environ: Mapping[str, str]) -> Mode:
    """`none` in CI, so that no build ever goes live by accident; else `once`."""
    return "none" if in_ci(environ) else "once"


def environment_layers(environ: Mapping[str, str]) -> tuple[Layer, Layer]:
    """The lowest layer (the default mode) and the one just under the command line (`SAMURAI_MODE`)."""
    written = environ.get("SAMURAI_MODE")
    return (
        Layer("the default", "env", {"mode": default_mode(environ)}),
        Layer("the environment", "env", {"mode": written} if written else {}),
    )


# --- documentation


def options_page() -> str:
    """The precedence and the table of all options, in Markdown: the text of docs/options.md below its title."""
    rows = [["ini", "command line", "marker, fixture", "default", "meaning"], ["---"] * 5]
    for option in options().values():
        names = [f"`{option.spelled(place)}`" if place in option.places else "" for place in ("ini", "cli", "test")]
        rows.append([*names, option.default_text, option.meaning])
    lines = ["|".join(["", *(f" {cell} " if cell else " " for cell in cells), ""]) for cells in rows]
    return "\n".join(
        [f"Where an option is set more than once, the later one wins: {' < '.join(PRECEDENCE)}.", "", *lines, ""]
    )
