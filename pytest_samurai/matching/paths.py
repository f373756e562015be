"""Paths into a JSON value: messages[0].content, metadata.*, tools[*].function.name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_samurai.errors import SettingsError
from pytest_samurai.files import json
from pytest_samurai.matching.bodies import Json

Path_ = tuple[str | int, ...]

ANY = "*"

_KEY = r"[^.\[\]\s]+"
_STEP = re.compile(rf'(?:^|\.)(?P<key>{_KEY})|\[(?P<index>[0-9]+|\*)\]|\[(?P<quoted>"(?:[^"\\]|\\.)*")\]')


def parse_path(path: str) -> Path_:
    """`messages[0].content` as ("messages", 0, "content"); `*` stands for any key or index.

    A key that isn't a plain word is written as a JSON string in brackets: `metadata["run.id"]`. Raises SettingsError if
    the text isn't a path.
    """
    steps: list[str | int] = []
    end = 0
    for step in _STEP.finditer(path):
        if step.start() != end:
            break
        end = step.end()
        if step["key"]:
            steps.append(step["key"])
        elif step["quoted"]:
            steps.append(_unquoted(path, step["quoted"]))
        else:
            steps.append(ANY if step["index"] == ANY else int(step["index"]))
    if not steps or end != len(path):
        raise _no_path(path)
    return tuple(steps)


def _unquoted(path: str, quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        raise _no_path(path) from None


def _no_path(path: str) -> SettingsError:
    return SettingsError(f'{path!r} is not a path into a JSON body; write it like "messages[0].content"')


def format_path(path: Sequence[str | int]) -> str:
    """The text that `parse_path` reads."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(_KEY, step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=not step.isprintable())}]"
    return text or "(whole body)"


def without(value: Json, path: Path_) -> Json:
    """A copy of the value without what is at a path."""
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        chosen = value.keys() if step == ANY else (step,)
        if not rest:
            return {key: inner for key, inner in value.items() if key not in chosen}
        return {key: without(inner, rest) if key in chosen else inner for key, inner in value.items()}
    if isinstance(value, list):
        if not rest and step == ANY:
            return []
        # A removed list item becomes null, so that the items after it keep their indexes.
        return [
            (without(inner, rest) if rest else None) if step in (ANY, index) else inner
            for index, inner in enumerate(value)
        ]
    return value
