"""The rows: what is measured, in which sizes, and its targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from benchmarks.workload import LARGE, REWRITTEN, SMALL, STREAM


@dataclass(frozen=True)
class Entrant:
    """A contender with its job in a row. `label` is its name there.

    `runs` says how: in one process that stays (`worker`), in a new one for each turn (`fresh`), as a pytest run
    (`suite`), as small runs that predict a large one (`projected`), or with its instructions counted (`calls`,
    `pytest`). `before` is a job that another process does first, and its contender.
    """

    label: str
    contender: str
    job: Mapping[str, Any]
    runs: Literal["worker", "fresh", "suite", "projected", "calls", "pytest"] = "worker"
    before: tuple[str, Mapping[str, Any]] | None = None


Number = tuple[str, str]
"""An entrant's label, and the name of the number in its measurements."""


@dataclass(frozen=True)
class Target:
    """`of` must be at most `limit` times `to`, or at most `limit` more than `to`. `says` is the same in words.

    Without `to`, `of` itself must be at most `limit`.
    """

    what: str
    says: str
    of: Number
    to: Number | None
    limit: float
    by: Literal["ratio", "difference"] = "ratio"
    inverse: bool = False
    """Shown as how many times faster it is."""


@dataclass(frozen=True)
class Row:
    """Entrants that take turns, and the targets of their results."""

    key: str
    title: str
    entrants: Sequence[Entrant]
    targets: Sequence[Target]
    repeats: int
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True)
class Scale:
    """How much of everything."""

    name: str
    sizes: tuple[int, ...]
    """N: interactions in a cassette that is played to its end."""
    calls: int
    """Calls in a small cassette in one turn, in as many rounds as it takes."""
    scanned: int
    """Interactions in the cassette that scanning contenders must search."""
    streams: tuple[int, ...]
    """Streams in a cassette that is played to its end."""
    files: int
    tests: int
    shared: tuple[int, int]
    """Tests that share a cassette, and calls in each."""
    megabytes: int
    """The size of the recorded stream."""
    counted: int
    """Unmarked tests whose instructions are counted; a second run has twice as many."""
    repeats: int


FULL = Scale(
    name="full",
    sizes=(1, 10, 100, 1000, 10_000),
    calls=1000,
    scanned=1000,
    streams=(1, 100, 1000),
    files=1000,
    tests=500,
    shared=(20, 100),
    megabytes=20,
    counted=200,
    repeats=3,
)
QUICK = Scale(
    name="quick",
    sizes=(1, 10, 100),
    calls=100,
    scanned=100,
    streams=(1, 10),
    files=100,
    tests=50,
    shared=(5, 20),
    megabytes=5,
    counted=50,
    repeats=3,
)
SMOKE = Scale(
    name="smoke",
    sizes=(1, 3),
    calls=3,
    scanned=3,
    streams=(1, 2),
    files=3,
    tests=3,
    shared=(2, 2),
    megabytes=1,
    counted=10,
    repeats=1,
)

PEERS = ("vcrpy", "vcrpy, default", "cassetter", "respx", "pytest-httpx", "pytest-mockllm")


def rows(scale: Scale) -> list[Row]:
    """All rows, in the order of the results."""
    return [
        *(_replay(scale, client) for client in ("httpx.Client", "httpx.AsyncClient", "httpx2.Client")),
        _peers(scale),
        _large(scale),
        _streams(scale),
        _openai(scale),
        _open_close(scale),
        *_loading(scale),
        _foreign(scale),
        *_saving(scale),
        *_suites(scale),
        *_shared(scale),
        _xdist(scale),
        _first_chunk(scale),
        _recorded(scale),
        *_memory(scale),
        *_counted_calls(),
        _counted_pytest(scale),
    ]


def _rounds(scale: Scale, size: int) -> int:
    return max(1, scale.calls // size)


def _first_and_seen(floor: str, ours: str, name: str, first: float, seen: float) -> list[Target]:
    return [
        Target(f"{name}, file seen before", f"at most {seen} x floor", (ours, "seen"), (floor, "seen"), seen),
        Target(f"{name}, first time", f"at most {first} x floor", (ours, "first"), (floor, "first"), first),
    ]


def _replay(scale: Scale, client: str) -> Row:
    entrants, targets = [], []
    for size in scale.sizes:
        job = {"do": "replay", "client": client, "size": size, "rounds": _rounds(scale, size)}
        floor, ours = f"floor, N = {size:,}", f"samurai, N = {size:,}"
        entrants += [Entrant(floor, "floor", job), Entrant(ours, "samurai", job)]
        targets += _first_and_seen(floor, ours, f"N = {size:,}", 1.35, 1.15)
    ours, less = (f"samurai, N = {size:,}" for size in (scale.sizes[-1], scale.sizes[min(1, len(scale.sizes) - 1)]))
    what = f"flat: {ours.partition(', ')[2]} over {less.partition(', ')[2]}"
    targets.append(Target(what, "at most 1.1 x", (ours, "seen"), (less, "seen"), 1.1))
    small = {
        "do": "replay",
        "client": client,
        "size": scale.sizes[min(1, len(scale.sizes) - 1)],
        "rounds": _rounds(scale, 100),
    }
    entrants += [Entrant(f"{peer}, N = {small['size']}", peer, small) for peer in PEERS]
    return Row(f"replay-{client}", f"A replayed call of 1 kB through `{client}`", entrants, targets, scale.repeats)


def _peers(scale: Scale) -> Row:
    all_of_them = {"do": "replay", "client": "httpx.Client", "size": scale.scanned}
    sample = {**all_of_them, "plays": 20}
    ours: Number = ("samurai", "seen")
    return Row(
        "replay-peers",
        f"A replayed call of 1 kB from a cassette of {scale.scanned:,}",
        [
            *(Entrant(name, name, all_of_them) for name in ("floor", "samurai")),
            *(Entrant(name, name, sample) for name in PEERS),
        ],
        [
            Target("against vcrpy", "at least 500 x faster", ours, ("vcrpy", "seen"), 1 / 500, inverse=True),
            Target("against cassetter", "at least 15 x faster", ours, ("cassetter", "seen"), 1 / 15, inverse=True),
        ],
        scale.repeats,
        [f"The peers play 20 calls, spread evenly over the {scale.scanned:,}: all would take those that scan minutes."],
    )


def _large(scale: Scale) -> Row:
    size = min(100, scale.sizes[-1])
    entrants, targets = [], []
    for kind, seen, first in ((LARGE, 1.15, 1.35), (REWRITTEN, 2.0, 2.0)):
        job = {"do": "replay", "client": "httpx.Client", "kind": kind, "size": size, "rounds": 3}
        entrants += [Entrant(f"{name}, {kind}", name, job) for name in ("floor", "samurai")]
        targets += _first_and_seen(f"floor, {kind}", f"samurai, {kind}", kind, first, seen)
        job = {**job, "size": 10, "rounds": 1}
        entrants += [Entrant(f"{name}, {kind}", name, job) for name in PEERS]
    return Row(
        "replay-large",
        f"A replayed call of 50 kB with 20 messages and tools, N = {size} (the others: 10)",
        entrants,
        targets,
        scale.repeats,
    )


def _streams(scale: Scale) -> Row:
    entrants, targets = [], []
    for size in scale.streams:
        job = {"do": "replay_stream", "kind": STREAM, "size": size, "rounds": _rounds(scale, 4 * size)}
        floor, ours = f"floor, N = {size:,}", f"samurai, N = {size:,}"
        entrants += [Entrant(floor, "floor", job), Entrant(ours, "samurai", job)]
        targets += _first_and_seen(floor, ours, f"N = {size:,}", 1.35, 1.15)
    job = {"do": "replay_stream", "kind": STREAM, "size": scale.streams[0], "rounds": _rounds(scale, 20)}
    entrants += [Entrant(f"{peer}, N = {job['size']}", peer, job) for peer in PEERS]
    return Row(
        "replay-stream", "A replayed stream of 200 chunks through `httpx.Client`", entrants, targets, scale.repeats
    )


def _openai(scale: Scale) -> Row:
    size = min(100, scale.sizes[-1])
    job = {"do": "openai", "size": size, "rounds": 2}
    return Row(
        "replay-openai",
        f"A replayed call through `openai.OpenAI().chat.completions.create`, N = {size}",
        [Entrant(name, name, job) for name in ("floor", "samurai", *PEERS)],
        _first_and_seen("floor", "samurai", f"N = {size}", 1.05, 1.05),
        scale.repeats,
    )


def _open_close(scale: Scale) -> Row:
    job = {"do": "open_close", "size": 3, "rounds": _rounds(scale, 4)}
    return Row(
        "open-close",
        "Opening and closing a cassette of three interactions",
        [Entrant(name, name, job) for name in ("samurai", "vcrpy", "cassetter")],
        [
            Target("file seen before", "at most 0.05 x cassetter", ("samurai", "seen"), ("cassetter", "seen"), 0.05),
            Target("first time", "at most 0.15 x cassetter", ("samurai", "first"), ("cassetter", "first"), 0.15),
        ],
        scale.repeats,
    )


def _loading(scale: Scale) -> list[Row]:
    many = {"do": "load", "size": 3, "files": scale.files}
    single = {"do": "load", "size": scale.scanned}
    streams = {"do": "load", "size": min(10, scale.scanned), "kind": STREAM}
    titles = {
        "load-many": (f"Loading {scale.files:,} cassettes of three interactions", many),
        "load-one": (f"Loading one cassette of {scale.scanned:,} interactions", single),
        "load-streams": (f"Loading one cassette of {streams['size']} streams of 50 kB", streams),
    }
    rows = []
    for key, (title, job) in titles.items():
        targets = [
            Target(
                f"{what} against {peer}", f"at least {times} x faster", ("samurai", number), (peer, number),
                1 / times, inverse=True,
            )
            for number, what in (("load", "loaded"), ("read", "loaded and every body read"))
            for peer, times in (("cassetter", 3), ("vcrpy", 10))
        ]  # fmt: skip
        names = ("samurai", "vcrpy", "cassetter", *(() if key == "load-streams" else ("pytest-mockllm",)))
        rows.append(Row(key, title, [Entrant(name, name, job) for name in names], targets, scale.repeats))
    return rows


def _foreign(scale: Scale) -> Row:
    entrants = []
    for size, files in ((scale.scanned, 1), (3, scale.files)):
        job = {"do": "load_foreign", "of": "vcrpy", "size": size, "files": files}
        before = ("vcrpy", {"do": "write", "kind": SMALL, "size": size})
        entrants += [
            Entrant(f"{name}, {files:,} of {size:,}", name, job, before=before) for name in ("samurai", "vcrpy")
        ]
    many, single = f"{scale.files:,} of 3", f"1 of {scale.scanned:,}"
    return Row(
        "load-foreign",
        "Loading cassettes that vcrpy has written, never seen before",
        entrants,
        [
            Target(which, "at least 2 x faster than vcrpy", (f"samurai, {which}", "read"), (f"vcrpy, {which}", "read"),
                   1 / 2, inverse=True)
            for which in (single, many)
        ],
        scale.repeats,
    )  # fmt: skip


def _saving(scale: Scale) -> list[Row]:
    def row(key: str, size: int, rounds: int, target: Target) -> Row:
        job = {"do": "save", "size": size, "rounds": rounds}
        entrants = [Entrant(name, name, job) for name in ("samurai", "vcrpy", "cassetter", "pytest-mockllm")]
        return Row(key, f"Saving one cassette of {size:,} interactions", entrants, [target], scale.repeats)

    ours: Number = ("samurai", "save")
    return [
        row("save-one", scale.scanned, 1, Target("against vcrpy", "faster", ours, ("vcrpy", "save"), 1)),
        row("save-test", 3, 10, Target("against cassetter", "not slower", ours, ("cassetter", "save"), 1)),
    ]


def _suites(scale: Scale) -> list[Row]:
    rows = []
    for key, client, title, most, of_cassetter in (
        ("suite-one", "httpx", "one client for all", 1.3, None),
        ("suite-client", "httpx.Client", "`httpx.Client()` per test", 1.35, 0.12),
        ("suite-openai", "OpenAI", "`OpenAI()` per test", 1.35, 0.25),
    ):
        job = {"tests": scale.tests, "calls": 3, "client": client}
        names = ("floor", "samurai", "vcrpy", "cassetter", "respx", "pytest-httpx", "pytest-mockllm")
        targets = [
            Target("over the floor suite", f"at most {most} x floor", ("samurai", "cpu"), ("floor", "cpu"), most)
        ]
        if of_cassetter is not None:
            says = f"at most {of_cassetter} x cassetter"
            targets.append(Target("over cassetter's", says, ("samurai", "cpu"), ("cassetter", "cpu"), of_cassetter))
        rows.append(
            Row(
                key,
                f"A suite of {scale.tests} tests of 3 calls, {title}",
                [Entrant(name, name, job, "suite") for name in names],
                targets,
                scale.repeats,
            )
        )
    return rows


_PROJECTED = ((1, 2), (2, 2), (2, 6))


def _shared(scale: Scale) -> list[Row]:
    tests, calls = scale.shared
    recorded = tests * calls
    job = {"tests": tests, "calls": calls, "client": "httpx", "shared": recorded}
    projected = {**job, "samples": _PROJECTED}
    few = {"tests": min(10, tests), "calls": min(10, calls), "client": "httpx"}
    few["shared"] = max(scale.sizes[-1], recorded)
    peers = [Entrant("cassetter", "cassetter", job, "suite"), Entrant("vcrpy", "vcrpy", projected, "projected")]
    return [
        Row(
            "shared",
            f"One cassette of {recorded:,} interactions, shared by {tests} tests of {calls} calls",
            [*(Entrant(name, name, job, "suite") for name in ("floor", "samurai")), *peers],
            [
                Target("over the floor suite", "at most 1.0 x floor", ("samurai", "cpu"), ("floor", "cpu"), 1.0),
                Target(
                    "against pytest-recording", "at least 500 x faster", ("samurai", "cpu"), ("vcrpy", "cpu"), 1 / 500,
                    inverse=True,
                ),
            ],
            scale.repeats,
            ["vcrpy's is projected from suites of 1 test of 2 calls, 2 of 2 and 2 of 6: it would take too long."],
        ),
        Row(
            "shared-large",
            f"One cassette of {few['shared']:,} interactions, shared by {few['tests']} tests of {few['calls']} calls",
            [Entrant(name, name, few, "suite") for name in ("floor", "samurai", "cassetter")],
            [Target("loads and replays", "does", ("samurai", "cpu"), None, _PATIENCE)],
            1,
        ),
    ]  # fmt: skip


_PATIENCE = 300.0


def _xdist(scale: Scale) -> Row:
    job = {"tests": scale.tests, "calls": 10, "client": "httpx"}
    parallel = {**job, "arguments": ["-p", "xdist", "-n", "2"]}
    alone, two = "samurai", "samurai, -n 2"
    # The floor shows how much of the time is xdist's own: its workers start, collect and report for every contender.
    floor = [Entrant("floor", "floor", job, "suite"), Entrant("floor, -n 2", "floor", parallel, "suite")]
    return Row(
        "xdist",
        f"A suite of {scale.tests} tests of 10 calls under xdist",
        [*floor, Entrant(alone, "samurai", job, "suite"), Entrant(two, "samurai", parallel, "suite")],
        [Target("time on the wall", "at most 0.7 x of the time without", (two, "wall"), (alone, "wall"), 0.7)],
        scale.repeats,
        ["Needs two cores that nobody else uses."],
    )


_RECORDERS = ("samurai", "vcrpy, default", "cassetter")


def _first_chunk(scale: Scale) -> Row:
    chunks = min(50, scale.scanned)
    job = {"do": "first_chunk", "origin": None, "chunks": chunks, "milliseconds": 10, "rounds": min(5, scale.scanned)}
    return Row(
        "first-chunk",
        f"The first chunk of a stream while it is recorded: {chunks} chunks, one every 10 ms",
        [Entrant("live", "floor", job), *(Entrant(name, name, job) for name in _RECORDERS)],
        [Target("over live", "at most 1.05 x live", ("samurai", "first chunk"), ("live", "first chunk"), 1.05)],
        scale.repeats,
        ["Times on the wall."],
    )


def _recorded(scale: Scale) -> Row:
    job = {"do": "record", "origin": None, "size": scale.scanned}
    return Row(
        "record",
        f"{scale.scanned:,} calls recorded, from a server on this machine, to the written file",
        [Entrant("live", "floor", job), *(Entrant(name, name, job) for name in _RECORDERS)],
        [Target("over live, on the wall", "at most 1.2 x live", ("samurai", "wall"), ("live", "wall"), 1.2)],
        scale.repeats,
    )


def _memory(scale: Scale) -> list[Row]:
    job = {"do": "memory_record", "origin": None, "megabytes": scale.megabytes}
    large = {"kind": LARGE, "size": scale.scanned * 4 // 5}
    replay = {"do": "memory_replay", **large}

    def writes(name: str) -> tuple[str, Mapping[str, Any]]:
        return name, {"do": "write", **large}

    return [
        Row(
            "memory-record",
            f"Peak memory while one stream of {scale.megabytes} MB is recorded",
            [Entrant("live", "floor", job, "fresh"), *(Entrant(name, name, job, "fresh") for name in _RECORDERS)],
            [
                Target("more than live", "at most 2 MB", ("samurai", "grew"), ("live", "grew"), 2e6, "difference"),
                Target("time on the wall", "at most 2.5 x live", ("samurai", "wall"), ("live", "wall"), 2.5),
            ],
            scale.repeats,
            ["`grew` is the peak less what the process had just before, its imports done; live has no recorder."],
        ),
        Row(
            "memory-replay",
            f"Peak memory while one of {large['size']:,} calls of 50 kB is replayed",
            [Entrant(name, name, replay, "fresh", before=writes(name)) for name in ("samurai", "vcrpy", "cassetter")],
            [Target("beyond the file's size", "at most 30 MB", ("samurai", "beyond"), None, 30e6)],
            1,
        ),
    ]


def _counted_calls() -> list[Row]:
    rows = []
    for client in ("httpx.Client", "httpx.AsyncClient", "httpx2.Client"):
        entrants = [
            Entrant(f"{name}, {when}", name, {"client": client, "size": 60, "seen": when == "seen"}, "calls")
            for name, when in (("floor", "seen"), ("samurai", "seen"), ("samurai", "first"))
        ]
        floor = ("floor, seen", "instructions")
        rows.append(
            Row(
                f"count-{client}",
                f"Instructions of a replayed call of 1 kB through `{client}`",
                entrants,
                [
                    Target("file seen before", "at most 1.15 x floor", ("samurai, seen", "instructions"), floor, 1.15),
                    Target("first time", "at most 1.35 x floor", ("samurai, first", "instructions"), floor, 1.35),
                ],
                1,
                ["Counted by valgrind, the second thirty of sixty calls."],
            )
        )
    return rows


def _counted_pytest(scale: Scale) -> Row:
    entrants = [
        Entrant(f"{name}{'' if plugin else ', without'}", name, {"plugin": plugin, "tests": scale.counted}, "pytest")
        for name in ("samurai", "vcrpy", "cassetter")
        for plugin in (True, False)
    ]
    ours, without = "samurai", "samurai, without"
    return Row(
        "count-pytest",
        "Instructions of pytest with the plugin installed and unused",
        entrants,
        [
            Target("at start", "at most 2 % more", (ours, "start"), (without, "start"), 1.02),
            Target("per unmarked test", "at most 25,000 more", (ours, "test"), (without, "test"), 25_000, "difference"),
        ],
        1,
        ["Counted by valgrind; without is the same environment with `-p no:` the plugin. vcrpy is pytest-recording."],
    )
