"""A contender's process. It reads a job as a line of JSON, and writes its measurements as another.

    python -m benchmarks.worker DIRECTORY CONTENDER [JOB]

Sending the same job again asks for one more turn. A job given as an argument runs once, and a refusal is an error.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.contenders import Refused
from benchmarks.jobs import Job, start


def main() -> None:
    """Serve until the input ends."""
    directory, contender = Path(sys.argv[1]), sys.argv[2]
    if len(sys.argv) > 3:
        next(start(directory, contender, **json.loads(sys.argv[3])))
        return
    # What a contender prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    begun: dict[str, Job] = {}
    for line in sys.stdin:
        answers.write(json.dumps(_turn(begun, line, directory, contender)) + "\n")
        answers.flush()


def _turn(begun: dict[str, Job], line: str, directory: Path, contender: str) -> dict[str, Any]:
    try:
        if line not in begun:
            begun[line] = start(directory, contender, **json.loads(line))
        return next(begun[line])
    except KeyboardInterrupt:
        raise
    except Refused as reason:
        begun.pop(line, None)
        return {"refused": str(reason)}
    except BaseException as error:  # noqa: BLE001 - any error is its answer: it cannot do this
        begun.pop(line, None)
        return {"refused": f"{type(error).__name__}: {_first_line(str(error))}"}


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0][:200]


if __name__ == "__main__":
    main()
