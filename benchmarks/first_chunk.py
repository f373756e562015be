"""How long the first chunk of a stream takes while it is recorded, beside the same call without a recorder.

    python benchmarks/first_chunk.py [--rounds 15] [--chunks 50] [--interval 0.01]

Live and recording take turns in one run against one server, and the ratio is of medians, so that the load of the
machine weighs on both. Writes benchmarks/first_chunk.md.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import tempfile
import time
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import httpx

from pytest_samurai import use_cassette
from pytest_samurai.server import ChatServer

_TABLE = Path(__file__).with_suffix(".md")


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--chunks", type=int, default=50)
    parser.add_argument("--interval", type=float, default=0.01, help="seconds between chunks")
    parser.add_argument("--out", type=Path, default=_TABLE)
    given = parser.parse_args()
    live: list[float] = []
    recorded: list[float] = []
    chunks = 0
    with (
        ChatServer(chunk_interval=given.interval) as server,
        httpx.Client(timeout=60) as client,
        tempfile.TemporaryDirectory() as name,
    ):
        for number in range(given.rounds + 1):
            path = Path(name, f"{number}.yaml")
            recording = use_cassette(path, mode="once")
            # Each goes first in every other round: whoever does may find the server's thread asleep.
            for times, recorder in ((live, nullcontext()), (recorded, recording))[:: 1 if number % 2 else -1]:
                times.append(_first_chunk(client, server.base_url, given.chunks, recorder)[0])
            with use_cassette(path, mode="none"):
                chunks = _first_chunk(client, server.base_url, given.chunks, nullcontext())[1]
    # The first round warms up imports and connections.
    given.out.write_text(_report(live[1:], recorded[1:], chunks, given), encoding="utf-8")


def _first_chunk(
    client: httpx.Client, base_url: str, chunks: int, recorder: AbstractContextManager[object]
) -> tuple[float, int]:
    """Seconds until the first chunk, and how many there were in all."""
    # The server repeats what a tool says, a chunk for each word, and adds three: the role, the finish reason, the end.
    words = " ".join(["word"] * chunks)
    body = {
        "model": "gpt-4o-mini",
        "messages": [{"role": "tool", "content": words}],
        "max_tokens": chunks - 3,
        "stream": True,
    }
    with recorder:
        began = time.perf_counter()
        with client.stream("POST", f"{base_url}/chat/completions", json=body) as response:
            reading = response.iter_raw()
            next(reading)
            first = time.perf_counter() - began
            return first, 1 + sum(1 for _ in reading)


def _report(live: list[float], recorded: list[float], chunks: int, given: argparse.Namespace) -> str:
    ratio = statistics.median(recorded) / statistics.median(live)
    return f"""# First chunk of a stream while it is recorded

`python benchmarks/first_chunk.py --rounds {given.rounds} --chunks {given.chunks} --interval {given.interval}`,
{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.machine()}.

| | median | min | max |
| --- | --- | --- | --- |
| live, ms | {_milliseconds(live)} |
| recording, ms | {_milliseconds(recorded)} |
| recording / live | {ratio:.2f} | | |

The server sends the first chunk at once, so that this is the harder ratio: a model that thinks for 10 ms before it
speaks would make it {_thinking(live, recorded):.2f}.

Replay returned {chunks} chunks.
"""


def _thinking(live: list[float], recorded: list[float]) -> float:
    return (statistics.median(recorded) + 0.01) / (statistics.median(live) + 0.01)


def _milliseconds(times: list[float]) -> str:
    return " | ".join(f"{1000 * value:.2f}" for value in (statistics.median(times), min(times), max(times)))


if __name__ == "__main__":
    main()
