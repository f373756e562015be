"""Whether a cell of the table is right. If not, the cell says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from clients.counted import Counted
from clients.runner import Phase, Result

YES: Final = "yes"
RED: Final = "red"

RECORDED_COLUMNS: Final = ("recorded", "replayed", "usage", "miss", "budget", "live in replay")
REFUSED_COLUMNS: Final = ("in a replay", "in a recording")


def cells(result: Result) -> dict[str, str]:
    """The cells of a row, by column. A right one says so in a word or two; `wrong` finds the others."""
    return _refused(result) if result.row.refused else _recorded(result)


def wrong(cells: Mapping[str, str]) -> list[str]:
    """The cells that are wrong, each with its column."""
    return [f"{column}: {cell.removeprefix('**no**: ')}" for column, cell in cells.items() if cell.startswith("**no**")]


def _no(text: str) -> str:
    return f"**no**: {' '.join(text.split())[:300]}"


def _recorded(result: Result) -> dict[str, str]:
    recorded, replayed = result.recording.test("test_call"), result.replay.test("test_call")
    return {
        "recorded": _of_recording(result, recorded),
        "replayed": _of_replay(recorded, replayed),
        "usage": _of_usage(result, recorded, replayed),
        "miss": _of_miss(result.replay.test("test_miss")),
        "budget": _of_budget(result, result.replay.test("test_budget")),
        "live in replay": _of_live(result),
    }


def _of_recording(result: Result, recorded: Mapping[str, Any]) -> str:
    if recorded["outcome"] != "passed":
        return _no(_last_line(recorded["text"]))
    if outside := _outside(result.recording):
        return _no(f"tried {outside}")
    answered = [exchange for exchange in result.exchanges if exchange.status == 200]
    if not answered:
        return _no("nothing came to the server")
    if len(answered) != len(recorded["calls"]):
        paths = ", ".join(exchange.path for exchange in result.exchanges)
        return _no(f"{len(answered)} requests answered ({paths}), {len(recorded['calls'])} calls recorded")
    return YES


def _of_replay(recorded: Mapping[str, Any], replayed: Mapping[str, Any]) -> str:
    if replayed["outcome"] != "passed":
        return _no(_last_line(replayed["text"]))
    for what in ("answer", "calls"):
        if what not in recorded or recorded[what] != replayed[what]:
            return _no(f"{what} was {recorded.get(what)}, and is {replayed[what]}")
    return YES if replayed["answer"] else _no("the answer is empty")


def _of_usage(result: Result, recorded: Mapping[str, Any], replayed: Mapping[str, Any]) -> str:
    if result.row.unknown_usage:
        known = recorded.get("usage") or replayed.get("usage")
        return _no(f"{known}, where nobody can know it") if known else "unknown"
    counts = [exchange.counted for exchange in result.exchanges if exchange.status == 200]
    known = [count for count in counts if count is not None]
    if len(known) != len(counts) or not counts:
        return _no("the server did not say")
    server = Counted(sum(count.prompt for count in known), sum(count.completion for count in known))
    for phase in (recorded, replayed):
        if phase.get("usage") != list(server):
            return _no(f"{phase.get('usage')}, the server counted {list(server)}")
    return "equal"


def _of_miss(missed: Mapping[str, Any]) -> str:
    if missed["outcome"] != "failed":
        return _no(f"the test {missed['outcome']}")
    if "RequestNotRecorded" not in missed["text"] or "of Japan?" not in missed["text"]:
        return _no(f"not its text: {_last_line(missed['text'])}")
    return RED if missed["sends"] == 1 else _no(f"{missed['sends']} attempts")


def _of_budget(result: Result, broken: Mapping[str, Any]) -> str:
    if broken["outcome"] != "failed":
        return _no(f"the test {broken['outcome']}")
    said = r"max_total_tokens" if result.row.unknown_usage else r"max_total_tokens is 1, used [\d,]+ \(\+"
    return RED if re.search(said, broken["text"]) else _no(f"not its text: {_last_line(broken['text'])}")


def _of_live(result: Result) -> str:
    if outside := _outside(result.replay):
        return _no(f"tried {outside}")
    return "nothing" if result.live == 0 else _no(f"{result.live} connections")


def _outside(phase: Phase) -> str:
    """The hosts beyond this machine that a client tried to reach, and was refused."""
    return ", ".join(sorted({host for test in phase.tests.values() for host in test["outside"]}))


def _refused(result: Result) -> dict[str, str]:
    replayed, broken = result.replay.test("test_call"), result.recording.test("test_budget")
    if replayed["outcome"] != "failed" or result.row.refused not in replayed["text"]:
        replay = _no(f"{replayed['outcome']}: {_last_line(replayed['text'])}")
    else:
        replay = f"{RED}, before it connects" if result.live == 0 else _no(f"{result.live} connections")
    if result.row.refused not in result.recording.printed or broken["outcome"] != "failed":
        recording = _no(f"its budget {broken['outcome']}: {_last_line(result.recording.printed)}")
    else:
        recording = f"named in the summary, its budget {RED}"
    return {"in a replay": replay, "in a recording": recording}


def _last_line(text: str) -> str:
    errors = [line for line in text.splitlines() if line.startswith("E ")]
    return (errors or text.strip().splitlines() or ["nothing said"])[-1]
