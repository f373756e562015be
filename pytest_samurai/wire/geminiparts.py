"""Joins the parts of a streamed Gemini answer.

Sources: the reference of `Part`, `FunctionCall` and `PartialArg`; the guide to thought signatures, which says not to
join a part that has one with another; and the accumulator of google-generativeai, which joins code and its output.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Final

from pytest_samurai.wire.dialect import Object
from pytest_samurai.wire.objects import as_object, as_objects, as_text

_JOINED: Final = {"executableCode": "code", "codeExecutionResult": "output"}
"""The kinds of parts that continue in the next part of the same kind, and the key of their text."""

_STEP: Final = re.compile(r"""\.([^.\[\]]+)|\[(\d+)\]|\[(['"])(.*?)\3\]""")
"""A step of a JSON path, as in RFC 9535: a name or a number."""

_VALUES: Final = ("stringValue", "numberValue", "boolValue")


def add_part(parts: list[dict[str, Any]], part: Object) -> None:
    """Add a part to the list; it may continue the last part."""
    last = parts[-1] if parts else {}
    call = part.get("functionCall")
    if _is_signed(last) or _is_signed(part):
        parts.append(dict(part))
    elif _are_texts(last, part):
        last |= {**part, "text": last["text"] + part["text"]}
    elif (kind := next((kind for kind in _JOINED if _is_one_of(kind, last, part)), None)) is not None:
        last[kind] = _joined(last[kind], part[kind], _JOINED[kind])
    elif isinstance(call, dict) and as_object(last.get("functionCall")).get("willContinue"):
        last |= {**part, "functionCall": last["functionCall"]}
        _go_on(last["functionCall"], call)
    elif isinstance(call, dict) and ("partialArgs" in call or call.get("willContinue")):
        parts.append({**part, "functionCall": _go_on({}, call)})
    else:
        parts.append(dict(part))


def _is_signed(part: Object) -> bool:
    return "thoughtSignature" in part and "functionCall" not in part


def _are_texts(last: Object, part: Object) -> bool:
    """Whether `part` continues the text of `last`. Thoughts and answers don't continue each other."""
    texts = all(isinstance(piece.get("text"), str) for piece in (last, part))
    return texts and last.get("thought") == part.get("thought")


def _is_one_of(kind: str, last: Object, part: Object) -> bool:
    both = [each[kind] for each in (last, part) if isinstance(each.get(kind), dict)]
    return len(both) == 2 and both[0].get("id") == both[1].get("id")


def _joined(last: Object, new: Object, key: str) -> dict[str, Any]:
    return {**last, **new, key: (as_text(last.get(key)) or "") + (as_text(new.get(key)) or "")}


def _go_on(call: dict[str, Any], new: Object) -> dict[str, Any]:
    """Add what the next part says about a call. `willContinue` stays while more is coming."""
    call |= {key: value for key, value in new.items() if key not in ("partialArgs", "willContinue")}
    for piece in as_objects(new.get("partialArgs")):
        _put(call, ["args", *_steps(as_text(piece.get("jsonPath")) or "")], piece)
    if new.get("willContinue") is True:
        call["willContinue"] = True
    else:
        call.pop("willContinue", None)
    return call


def _steps(path: str) -> list[str | int]:
    return [int(number) if number else name or quoted for name, number, _, quoted in _STEP.findall(path)]


def _put(holder: Any, steps: list[str | int], piece: Object) -> None:
    """Put a piece of a value where its path leads; a text continues there."""
    for step, following in pairwise(steps):
        if not _has_room(holder, step):
            return
        if not isinstance(step, int):
            holder.setdefault(step, [] if isinstance(following, int) else {})
        elif step == len(holder):
            holder.append([] if isinstance(following, int) else {})
        holder = holder[step]
    step = steps[-1]
    if len(steps) == 1 or not _has_room(holder, step):
        return
    value = next((piece[name] for name in _VALUES if name in piece), None)
    if isinstance(step, int) and step == len(holder):
        holder.append(value)
        return
    have = holder.get(step) if isinstance(holder, dict) else holder[step]
    holder[step] = have + value if isinstance(have, str) and isinstance(value, str) else value


def _has_room(holder: Any, step: str | int) -> bool:
    """Whether a step leads into a value, or just past the end of a list."""
    if isinstance(step, int):
        return isinstance(holder, list) and step <= len(holder)
    return isinstance(holder, dict)
