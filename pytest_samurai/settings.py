"""Every option, spelled once: its name, where it may be set, its default, its meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Final, Literal

from pytest_samurai.budget import Budget
from pytest_samurai.errors import SettingsError
from pytest_samurai.matching import COMPONENTS, Endpoints, Matcher, parse_path, parse_substitution

Mode = Literal["none", "once", "new_episodes", "all", "live"]
MODES: Final = ("none", "once", "new_episodes", "all", "live")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option: `parse` turns what was written into the value or raises ValueError with what would be right.

    `places` are among `ini`, `cli`, `test` (the marker, the `samurai_config` fixture, `use_cassette`) and `budget`
    (`samurai.budget()`).
    """

    name: str
    parse: Callable[[object], Any]
    places: frozenset[str]
    meaning: str
    default_text: str
    many: bool

    @property
    def ini(self) -> str:
        return f"samurai_{self.name}"

    @property
    def flag(self) -> str:
        return f"--samurai-{self.name.replace('_', '-')}"


def _option(
    parse: Callable[[object], Any], default: Any, places: str, meaning: str, *, shown: str = "", many: bool = False
) -> Any:
    metadata = {
        "parse": parse,
        "places": frozenset(places.split()),
        "meaning": meaning,
        "default_text": shown or str(default),
        "many": many,
    }
    return field(default=default, metadata=metadata)


def _one_of(*choices: str) -> Callable[[object], object]:
    def parse(value: object) -> object:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return value

    return parse


def _words(value: object) -> tuple[str, ...]:
    words = value.split() if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not words or not all(isinstance(word, str) for word in words):
        raise ValueError("a list of strings")
    return tuple(words)


def _match_on(value: object) -> tuple[str, ...]:
    words = _words(value)
    if not set(words) <= set(COMPONENTS):
        raise ValueError(f"names among {', '.join(COMPONENTS)}")
    return words


def _ignore(value: object) -> tuple[Any, ...]:
    return tuple(parse_path(path) for path in _words(value))


def _normalize(value: object) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ValueError("a list")
    return tuple(parse_substitution(entry) for entry in value)


def _count(value: object) -> int:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a whole number, 0 or more")
    return value


def _pace(value: object) -> float:
    if value == "recorded":
        return 1.0
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError('"recorded" or a number, 0 or more')
    return float(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("True or False")
    return value


def _directory(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a directory")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All options of one recorder, resolved."""

    mode: Mode = _option(
        _one_of(*MODES),
        "once",
        "ini cli test",
        "record mode: what happens to a request that has no recording",
        shown="`none` if the environment says `CI`, else `once`",
    )
    cassette_dir: str = _option(_directory, "cassettes", "ini cli", "directory of the cassettes, under rootdir")
    endpoints: tuple[str, ...] = _option(
        _words,
        ("*/chat/completions",),
        "ini test",
        "URL patterns (fnmatch on scheme://host/path) that are recorded; the rest passes through untouched",
        shown="*/chat/completions",
        many=True,
    )
    match_on: tuple[str, ...] = _option(
        _match_on,
        ("method", "endpoint", "chat"),
        "ini test",
        "what has to be equal for a recording to answer a request",
        shown="method endpoint chat",
        many=True,
    )
    ignore: tuple[Any, ...] = _option(
        _ignore, (), "test", 'paths of the request that do not count, as in `["user", "metadata.*"]`', shown="none"
    )
    normalize: tuple[Any, ...] = _option(
        _normalize,
        (),
        "test",
        "what varies from run to run: `uuid`, `datetime`, `tmp_path` or a pair `(pattern, replacement)`",
        shown="none",
    )
    unmarked: str = _option(
        _one_of("allow", "warn", "block"), "warn", "ini cli", "a live chat call from a test without the marker"
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
    max_requests: int | None = _option(_count, None, "test budget", "most requests of a test", shown="none")
    max_prompt_tokens: int | None = _option(_count, None, "test budget", "most prompt tokens of a test", shown="none")
    max_completion_tokens: int | None = _option(
        _count, None, "test budget", "most completion tokens of a test", shown="none"
    )
    max_total_tokens: int | None = _option(_count, None, "test budget", "most tokens of a test", shown="none")
    top: int = _option(_count, 5, "ini cli", "most expensive tests in the terminal summary")

    @property
    def matcher(self) -> Matcher:
        return Matcher(self.match_on, Endpoints(self.endpoints), self.ignore, self.normalize)

    @property
    def budget(self) -> Budget:
        return Budget(**{limit.name: getattr(self, limit.name) for limit in fields(Budget)})


@cache
def options() -> Mapping[str, Option]:
    """Every option by its name, in the order in which they are documented."""
    return {item.name: Option(name=item.name, **item.metadata) for item in fields(Settings)}


@dataclass(frozen=True, slots=True)
class Layer:
    """Options as somebody wrote them, and where: `source` begins the text of an error."""

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
            values[name] = _parse(layer, name, written)
    return Settings(**values)


def _parse(layer: Layer, name: str, written: object) -> Any:
    option = options().get(name)
    if option is None or layer.place not in option.places:
        known = ", ".join(option.name for option in options().values() if layer.place in option.places)
        raise SettingsError(f"{layer.source}: there is no option {name!r} here; there are {known}")
    try:
        return option.parse(written)
    except (ValueError, SettingsError) as error:
        right = f"it has to be {error}" if isinstance(error, ValueError) else str(error)
        raise SettingsError(f"{layer.source}: {name} is {written!r}; {right}") from None


def default_mode(environ: Mapping[str, str]) -> Mode:
    """`none` where the environment says `CI`, so that no build ever goes live by accident; else `once`."""
    return "none" if environ.get("CI", "").lower() not in ("", "0", "false") else "once"


def environment_layers(environ: Mapping[str, str]) -> tuple[Layer, Layer]:
    """The lowest layer (the default mode) and the one just under the command line (`SAMURAI_MODE`)."""
    written = environ.get("SAMURAI_MODE")
    return (
        Layer("the environment", "ini", {"mode": default_mode(environ)}),
        Layer("SAMURAI_MODE in the environment", "ini", {"mode": written} if written else {}),
    )
