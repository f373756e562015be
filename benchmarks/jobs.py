"""The jobs: what one contender does in its own process, once for each turn, and what is measured.

A job is a generator. It prepares, and then gives a measurement for each requested turn. Preparation between turns is
not measured. Times are processor times in seconds: nothing here waits, and other processes do not count. If a job does
wait, wall-clock time is measured, and its row says so.
"""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks import workload
from benchmarks.contenders import CONTENDERS, Contender, Refused
from benchmarks.loopback import EVENT
from benchmarks.sdk import sdk_exchanges, sdk_module
from benchmarks.suites import write_suite
from benchmarks.workload import (
    JSON,
    ORIGIN,
    SMALL,
    STREAM,
    URL,
    Exchange,
    completion,
    date_back,
    exchanges,
    question,
    spread,
    stream_chunks,
)

Measurement = dict[str, Any]
"""Named numbers, and under "note" what readers must know about them."""

Job = Iterator[Measurement]


class WrongAnswer(Exception):
    """A contender gave a different answer than the recorded one: its time does not count."""


def start(directory: Path, contender: str, do: str, **settings: Any) -> Job:
    """The job with this name, for this contender. Its files are in the directory."""
    return JOBS[do](directory, CONTENDERS[contender](), **settings)


# --- answers


def compare(expected: Sequence[bytes], given: Sequence[bytes]) -> str:
    """How the answers equal the recorded ones: byte by byte, or as JSON. Raises WrongAnswer for anything less."""
    if list(expected) == list(given):
        return ""
    if len(expected) != len(given):
        raise WrongAnswer(f"{len(given)} answers of {len(expected)}")
    for number, (wanted, got) in enumerate(zip(expected, given, strict=True)):
        if wanted != got and _value(wanted) != _value(got):
            raise WrongAnswer(f"answer {number + 1} of {len(expected)} is not the recorded one")
    return "answers equal as JSON, not to the byte"


def _value(body: bytes) -> object:
    try:
        value: object = json.loads(body)
    except ValueError:
        return body
    return value


# --- cassettes


def _cassette(directory: Path, contender: Contender, kind: str, size: int, items: Sequence[Exchange]) -> Path:
    """A cassette of these exchanges. It is only written once, whichever job asks for it."""
    path = _path(directory, contender, kind, size)
    if contender.writes and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"making-{path.name}")
        contender.saver(items)(beside)
        date_back(beside)
        beside.rename(path)
    return path


def _path(directory: Path, contender: Contender, kind: str, size: int) -> Path:
    return directory / contender.environment / f"{kind.replace(' ', '-')}-{size}.yaml"


class _Copies:
    """Fresh copies of a file, so that each is seen for the first time."""

    def __init__(self, original: Path) -> None:
        self._original = original
        self._directory = original.with_suffix("")
        self._directory.mkdir(parents=True, exist_ok=True)
        self._numbers = count()

    def make(self, number: int) -> list[Path]:
        for old in self._directory.iterdir():
            old.unlink()
        made = [self._directory / f"{next(self._numbers)}.yaml" for _ in range(number)]
        if self._original.exists():
            for path in made:
                shutil.copyfile(self._original, path)
                date_back(path)
            date_back(self._directory)
        return made


# --- calls


def _work_elsewhere() -> None:
    """Simulate what the processor does between two tests' calls: a millisecond of other code.

    A contender that reads a cassette before the first call finds nothing of the last call in the processor's caches.
    The floor reads none, and would find all of it, which no test does. Hot, its call takes 70 to 110 microseconds;
    after this, 140 to 200.
    """
    compile(_ELSEWHERE, "elsewhere", "exec")


_ELSEWHERE = Path(workload.__file__).read_text(encoding="utf-8")


def _module(client: str) -> str:
    return client.partition(".")[0]


def _play(client: Any, played: Sequence[Exchange]) -> tuple[float, list[bytes]]:
    given = []
    clock = time.process_time
    began = clock()
    for exchange in played:
        given.append(client.post(URL, content=exchange.sent, headers=_SENT).content)
    return clock() - began, given


async def _play_async(client: Any, played: Sequence[Exchange]) -> tuple[float, list[bytes]]:
    given = []
    clock = time.process_time
    began = clock()
    for exchange in played:
        given.append((await client.post(URL, content=exchange.sent, headers=_SENT)).content)
    return clock() - began, given


_SENT = {"content-type": JSON}


def _play_streams(client: Any, played: Sequence[Exchange]) -> tuple[float, list[list[bytes]]]:
    given = []
    clock = time.process_time
    began = clock()
    for exchange in played:
        with client.stream("POST", URL, content=exchange.sent, headers=_SENT) as response:
            given.append(list(response.iter_bytes()))
    return clock() - began, given


def _opened(client: str, contender: Contender, closing: ExitStack) -> Callable[[Sequence[Exchange]], Any]:
    """Plays exchanges through one client, which lives as long as the job."""
    module = import_module(_module(client))
    options = contender.client_options(module)
    if client.endswith("AsyncClient"):
        runner = closing.enter_context(asyncio.Runner())
        asynchronous = module.AsyncClient(**options)
        closing.callback(lambda: runner.run(asynchronous.aclose()))
        return lambda played: runner.run(_play_async(asynchronous, played))
    return partial(_play, closing.enter_context(module.Client(**options)))


def replay(
    directory: Path,
    contender: Contender,
    *,
    client: str,
    size: int,
    kind: str = SMALL,
    plays: int | None = None,
    rounds: int = 1,
) -> Job:
    """Seconds per call while every interaction of a cassette is played once, without opening it.

    `first`: from a file that the process has not seen before; `seen`: from one that it has.
    """
    items = exchanges(kind, size)
    path = _cassette(directory, contender, kind, size, items)
    copies = _Copies(path)
    played = spread(items, plays)
    expected = [exchange.reply for exchange in played]
    module = _module(client)
    with ExitStack() as closing:
        play = _opened(client, contender, closing)

        def turn(paths: Sequence[Path]) -> tuple[float, str]:
            taken, note = 0.0, ""
            gc.collect()
            for copy in paths:
                with contender.replaying(copy, items, played, module):
                    _work_elsewhere()
                    seconds, given = play(played)
                taken += seconds
                note = compare(expected, given)
            return taken / (len(paths) * len(played)), note

        if size <= _WARMED:
            turn([path])
        while True:
            fresh = copies.make(rounds)
            first, note = turn(fresh)
            seen, note = turn(fresh)
            yield {"first": first, "seen": seen, "note": note}


_WARMED = 1000
"""The largest cassette that is played once without measuring, for imports and caches.

In a larger one they hardly matter.
"""


def replay_stream(directory: Path, contender: Contender, *, kind: str, size: int, rounds: int = 1) -> Job:
    """Seconds per streamed reply, read chunk by chunk through `httpx.Client`; `first` and `seen` as in `replay`."""
    import httpx

    items = exchanges(kind, size)
    path = _cassette(directory, contender, kind, size, items)
    copies = _Copies(path)
    with httpx.Client(**contender.client_options(httpx)) as client:

        def turn(paths: Sequence[Path]) -> tuple[float, str]:
            taken, note = 0.0, ""
            gc.collect()
            for copy in paths:
                with contender.replaying(copy, items, items, "httpx"):
                    _work_elsewhere()
                    seconds, given = _play_streams(client, items)
                taken += seconds
                compare([exchange.reply for exchange in items], list(map(b"".join, given)))
                chunks, recorded = (
                    sum(map(len, bodies)) for bodies in (given, [exchange.chunks for exchange in items])
                )
                note = "" if chunks == recorded else f"{chunks // size} chunk(s) of {recorded // size}"
            return taken / (len(paths) * size), note

        turn([path])
        while True:
            fresh = copies.make(rounds)
            first, note = turn(fresh)
            seen, note = turn(fresh)
            yield {"first": first, "seen": seen, "note": note}


def openai_calls(directory: Path, contender: Contender, *, size: int, rounds: int = 1) -> Job:
    """Seconds per `OpenAI().chat.completions.create`; `first` and `seen` as in `replay`."""
    import openai

    bodies = [question(number) for number in range(size)]
    items = sdk_exchanges(size)
    path = _cassette(directory, contender, "openai", size, items)
    copies = _Copies(path)
    base = openai.DefaultHttpxClient
    options = contender.client_options(import_module(sdk_module()))
    given_client: dict[str, Any] = {"http_client": base(**options)} if options else {}
    # No retries: a contender that cannot see the SDK's client should show it at once.
    with openai.OpenAI(api_key="sk-none", base_url=f"{ORIGIN}/v1", max_retries=0, **given_client) as client:

        def turn(paths: Sequence[Path]) -> float:
            taken = 0.0
            gc.collect()
            for copy in paths:
                given = []
                with contender.replaying(copy, items, items, "openai"):
                    _work_elsewhere()
                    began = time.process_time()
                    for body in bodies:
                        given.append(client.chat.completions.create(**body))
                    taken += time.process_time() - began
                texts = [(reply.id, reply.choices[0].message.content, reply.usage.total_tokens) for reply in given]
                if texts != [_told(number) for number in range(size)]:
                    raise WrongAnswer("an answer is not the recorded one")
            return taken / (len(paths) * size)

        turn([path])
        while True:
            fresh = copies.make(rounds)
            yield {"first": turn(fresh), "seen": turn(fresh)}


def _told(number: int) -> tuple[str, str, int]:
    reply = completion(number)
    return reply["id"], reply["choices"][0]["message"]["content"], reply["usage"]["total_tokens"]


def counted(directory: Path, contender: Contender, *, client: str, size: int, plays: int, seen: bool) -> Job:
    """Nothing is measured here: valgrind counts the instructions of a process that does only this.

    Two runs that differ only in `plays` give the instructions of a call. Garbage collection is off, because by chance
    it could run in only one of them, and would cost as much as the calls.
    """
    gc.disable()
    items = exchanges(SMALL, size)
    path = _cassette(directory, contender, SMALL, size, items)
    with ExitStack() as closing:
        play = _opened(client, contender, closing)
        for played in (items, items[:plays]) if seen else (items[:plays],):
            with contender.replaying(path, items, played, _module(client)):
                _, given = play(played)
            compare([exchange.reply for exchange in played], given)
        yield {}


# --- files


def open_close(directory: Path, contender: Contender, *, size: int = 3, rounds: int = 20) -> Job:
    """Seconds to open a cassette for replay and close it, playing nothing; `first` and `seen` as in `replay`."""
    items = exchanges(SMALL, size)
    copies = _Copies(_cassette(directory, contender, SMALL, size, items))
    # As in a suite: the client's module is loaded, so a contender finds what it must patch.
    import_module("httpx")

    def turn(paths: Sequence[Path]) -> float:
        gc.collect()
        began = time.process_time()
        for path in paths:
            with contender.replaying(path, items, (), "httpx"):
                pass
        return (time.process_time() - began) / len(paths)

    turn(copies.make(1))
    while True:
        fresh = copies.make(rounds)
        yield {"first": turn(fresh), "seen": turn(fresh)}


def load(directory: Path, contender: Contender, *, size: int, files: int = 1, kind: str = SMALL) -> Job:
    """Seconds to load all of `files` cassettes, none seen before, with the contender's own function.

    `load` is the function alone; `read` also asks for every body.
    """
    items = exchanges(kind, size)
    path = _cassette(directory, contender, kind, size, items)
    copies = _Copies(path)
    loader = contender.loader()
    loader(path)
    expected = [body for exchange in items for body in (exchange.request, exchange.reply)]
    while True:
        fresh = copies.make(files)
        gc.collect()
        began = time.process_time()
        loaded = list(map(loader, fresh))
        between = time.process_time()
        bodies = list(map(contender.touch, loaded))
        ended = time.process_time()
        note = [compare(expected, [_bytes(body) for pair in pairs for body in pair]) for pairs in bodies][-1]
        yield {"load": between - began, "read": ended - began, "note": note, "bytes": files * path.stat().st_size}
        del loaded, bodies


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


def load_foreign(directory: Path, contender: Contender, *, of: str, size: int, files: int = 1) -> Job:
    """The same for cassettes that another contender has written, in its environment, under `directory`."""
    items = exchanges(SMALL, size)
    path = _path(directory, CONTENDERS[of](), SMALL, size)
    if not path.exists():
        raise Refused(f"there is no cassette of {of}: its environment is missing")
    beside = directory / f"foreign-{contender.environment}-{size}.yaml"
    shutil.copyfile(path, beside)
    copies = _Copies(beside)
    loader = contender.loader()
    expected = [body for exchange in items for body in (exchange.request, exchange.reply)]
    while True:
        fresh = copies.make(files)
        gc.collect()
        began = time.process_time()
        loaded = list(map(loader, fresh))
        bodies = list(map(contender.touch, loaded))
        ended = time.process_time()
        note = [compare(expected, [_bytes(body) for pair in pairs for body in pair]) for pairs in bodies][-1]
        yield {"read": ended - began, "note": note}


def save(directory: Path, contender: Contender, *, size: int, rounds: int = 1) -> Job:
    """Seconds to write a cassette with the contender's own function. It is then read back and compared."""
    items = exchanges(SMALL, size)
    saver, loader = contender.saver(items), contender.loader()
    expected = [body for exchange in items for body in (exchange.request, exchange.reply)]
    into = directory / contender.environment / f"saved-{size}"
    into.mkdir(parents=True, exist_ok=True)
    numbers = count()
    while True:
        paths = [into / f"{next(numbers)}.yaml" for _ in range(rounds)]
        gc.collect()
        began = time.process_time()
        for path in paths:
            saver(path)
        taken = time.process_time() - began
        pairs = contender.touch(loader(paths[-1]))
        note = compare(expected, [_bytes(body) for pair in pairs for body in pair])
        for path in paths:
            path.unlink()
        yield {"save": taken / rounds, "note": note}


def write(directory: Path, contender: Contender, *, kind: str, size: int) -> Job:
    """A cassette for a job that must find it there."""
    _cassette(directory, contender, kind, size, exchanges(kind, size))
    while True:
        yield {}


# --- recording


def record(directory: Path, contender: Contender, *, origin: str, size: int) -> Job:
    """Wall-clock seconds for `size` calls to a server on this machine, from opening a new cassette to its file."""
    import httpx

    items = exchanges(SMALL, size)
    expected = [exchange.reply for exchange in items]
    url = f"{origin}/plain/v1/chat/completions"
    tapes = _tapes(directory, contender)
    with httpx.Client(timeout=60) as client:
        _record_all(client, contender, next(tapes), url, items[:3])
        while True:
            path = next(tapes)
            gc.collect()
            began, began_cpu = time.perf_counter(), time.process_time()
            given = _record_all(client, contender, path, url, items)
            taken, taken_cpu = time.perf_counter() - began, time.process_time() - began_cpu
            compare(expected, given)
            note = _kept(contender, path, expected)
            yield {"wall": taken, "cpu": taken_cpu, "note": note}


def _record_all(client: Any, contender: Contender, path: Path, url: str, items: Sequence[Exchange]) -> list[bytes]:
    with contender.recording(path):
        return [client.post(url, content=exchange.sent, headers=_SENT).content for exchange in items]


def _kept(contender: Contender, path: Path, expected: Sequence[bytes]) -> str:
    """Whether the cassette holds the replies: a contender that is fast because it loses them does not count."""
    if contender.name == "floor":
        return ""
    return compare(expected, [_bytes(reply) for _, reply in contender.touch(contender.loader()(path))])


def _tapes(directory: Path, contender: Contender) -> Iterator[Path]:
    """New paths, one after another."""
    own = directory / "tapes"
    own.mkdir(exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=own, prefix=f"{contender.environment}-"))
    return (fresh / f"{number}.yaml" for number in count())


def first_chunk(
    directory: Path, contender: Contender, *, origin: str, chunks: int, milliseconds: int, rounds: int
) -> Job:
    """Wall-clock seconds until the first chunk of a stream arrives, and until the last."""
    import httpx

    url = f"{origin}/stream-{chunks}-{milliseconds}/v1/chat/completions"
    [exchange] = exchanges(STREAM, 1)
    expected = b"".join(stream_chunks(0, chunks))
    tapes = _tapes(directory, contender)
    with httpx.Client(timeout=60) as client:

        def call(path: Path) -> tuple[float, float]:
            with contender.recording(path):
                began = time.perf_counter()
                with client.stream("POST", url, content=exchange.sent, headers=_SENT) as response:
                    reading = response.iter_bytes()
                    given = [next(reading)]
                    first = time.perf_counter() - began
                    given += reading
                    last = time.perf_counter() - began
            compare([expected], [b"".join(given)])
            _kept(contender, path, [expected])
            return first, last

        call(next(tapes))
        while True:
            times = [call(next(tapes)) for _ in range(rounds)]
            firsts, lasts = zip(*times, strict=True)
            yield {"first chunk": statistics.median(firsts), "last chunk": statistics.median(lasts)}


# --- memory


def _memory(name: str) -> int:
    """Bytes: `VmRSS`, the current memory of this process; `VmHWM`, its maximum since `_forget_peak`."""
    try:
        text = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        raise Refused("only Linux tells the peak memory since a moment") from None
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(f"{name}:"))


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def memory_record(directory: Path, contender: Contender, *, origin: str, megabytes: int) -> Job:
    """Bytes that the process `grew` by at its peak while recording a stream, and the `wall` seconds to its file."""
    import httpx

    [exchange] = exchanges(STREAM, 1)
    tapes = _tapes(directory, contender)
    with httpx.Client(timeout=60) as client:

        def call(path: Path, url: str) -> int:
            got = 0
            with (
                contender.recording(path),
                client.stream("POST", url, content=exchange.sent, headers=_SENT) as response,
            ):
                for data in response.iter_bytes():
                    got += len(data)
            return got

        # Imports, and what is only made once.
        call(next(tapes), f"{origin}/stream-5-0/v1/chat/completions")
        gc.collect()
        before = _memory("VmRSS")
        _forget_peak()
        path = next(tapes)
        began = time.perf_counter()
        got = call(path, f"{origin}/bulk-{megabytes}/v1/chat/completions")
        taken = time.perf_counter() - began
        peak = _memory("VmHWM")
        expected = EVENT * (megabytes * 1000) + b"data: [DONE]\n\n"
        if got != len(expected):
            raise WrongAnswer(f"{got} bytes of {len(expected)}")
        _kept(contender, path, [expected])
        yield {"grew": peak - before, "peak": peak, "wall": taken}


def memory_replay(directory: Path, contender: Contender, *, kind: str, size: int) -> Job:
    """Bytes that the process `grew` by at its peak while replaying one call; `beyond` leaves out the file's size."""
    import httpx

    path = _path(directory, contender, kind, size)
    small = _cassette(directory, contender, SMALL, 3, exchanges(SMALL, 3))
    with httpx.Client() as client:

        def call(cassette: Path, exchange: Exchange) -> bytes:
            with contender.replaying(cassette, [exchange], [exchange], "httpx"):
                given: bytes = client.post(URL, content=exchange.sent, headers=_SENT).content
            return given

        call(small, exchanges(SMALL, 1)[0])
        [exchange] = exchanges(kind, 1, size // 2)
        gc.collect()
        before = _memory("VmRSS")
        _forget_peak()
        given = call(path, exchange)
        peak = _memory("VmHWM")
        note = compare([exchange.reply], [given])
        file = path.stat().st_size
        yield {"grew": peak - before, "beyond": peak - before - file, "file": file, "note": note}


JOBS: dict[str, Callable[..., Job]] = {
    "replay": replay,
    "replay_stream": replay_stream,
    "openai": openai_calls,
    "open_close": open_close,
    "load": load,
    "load_foreign": load_foreign,
    "save": save,
    "write": write,
    "write_suite": write_suite,
    "record": record,
    "first_chunk": first_chunk,
    "memory_record": memory_record,
    "memory_replay": memory_replay,
    "counted": counted,
}
