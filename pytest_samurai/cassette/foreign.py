"""Translates the layouts of other tools to that of today's vcrpy, which is also ours.

They are vcrpy's oldest layout for httpx, what it keeps of aiohttp, Betamax's base64, cassetter's bodies with a `type`,
and bodies that pydantic-ai's serializer has parsed. Bodies become text or bytes. Brotli and Zstandard are decoded here;
our own recordings keep these bodies as they came.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_samurai.cassette.checked import shortened
from pytest_samurai.cassette.compressed import can_be_undone, undone
from pytest_samurai.files import json
from pytest_samurai.text import parse_moment, timestamp, visible

_STRUCTURED = re.compile(rb"^ *(?:body:\r?\n +type: (?:json|text|binary|none)\s*$|parsed_body:)", re.MULTILINE)
_STRUCTURED_MARKS = (b" type: json", b" type: text", b" type: binary", b" type: none", b"parsed_body:")
_ENVELOPE = frozenset({"type", "content"})
_CARRIED = ("content-encoding", "transfer-encoding", "content-length")


def has_structured_bodies(content: bytes) -> bool:
    """Whether a file holds JSON bodies as YAML, where a text like 2026-01-01 may have no quotes."""
    # Hardly any file contains these texts, and searching for them is much faster than checking every line.
    return any(mark in content for mark in _STRUCTURED_MARKS) and _STRUCTURED.search(content) is not None


_OF_CASSETTER = "are not HTTP, and would be lost; leave them to cassetter, in a separate file"
_KEPT_NOWHERE = {
    "grpc_interactions": _OF_CASSETTER,
    "ws_interactions": _OF_CASSETTER,
    "metadata": "is vcrpy's, and would be lost; leave the file to the tests that read it",
}


def lost(document: Mapping[str, Any]) -> str | None:
    """A sentence about content outside the interactions that has no place in our layout; None if there is none."""
    return next((f"`{name}` {what}" for name, what in _KEPT_NOWHERE.items() if document.get(name)), None)


class NotHttp(Exception):
    """What a list of interactions of another tool holds instead of a call over HTTP."""


def _refuse_other_protocols(item: Any) -> None:
    if not isinstance(item, dict) or not item or "request" in item or "response" in item:
        return
    names = [str(name) for name in item]
    if "direction" in names or item.get("kind") == "close":
        what = "a WebSocket message"
    elif any(name.startswith("request_") for name in names):
        what = "a gRPC call"
    else:
        what = f"something that has {visible(shortened(names))}"
    raise NotHttp(f"is {what}, not a call over HTTP; {_LEAVE_IT}")


_LEAVE_IT = (
    "leave the file to the tool that wrote it, and if its test makes calls over HTTP as well, give it a cassette for"
    ' them: samurai("another name.yaml")'
)


def translated(item: Any) -> Any:
    """An interaction in today's layout. One that has that layout already stays as it is, and so does anything else.

    Raises ValueError if a body isn't what its tool says it is, NotHttp if it is no call over HTTP. Calls beside that
    are not read either, because the next recording would lose it.
    """
    _refuse_other_protocols(item)
    request, response = (item.get(side) if isinstance(item, dict) else None for side in ("request", "response"))
    if not isinstance(request, dict) or not isinstance(response, dict):
        return item
    request = dict(request)
    if "body" in request or "parsed_body" in request:
        request["body"] = _body(request)
    response = _response(response)
    if moment := item.get("recorded_at"):
        response["samurai"] = {"recorded_at": _timestamp(moment), **_notes(response)}
    return {"request": request, "response": response}


def _response(data: Mapping[str, Any]) -> dict[str, Any]:
    response = dict(data)
    if "status_code" in response and "status" not in response:
        response = _of_old_httpx(response)
    if isinstance(response.get("status"), int):
        response["status"] = {"code": response["status"]}
    if "body" in response or "parsed_body" in response:
        response["body"] = {"string": _body(response)}
        headers = response.get("headers")
        if isinstance(headers, dict) and "samurai" not in data:
            body, response["headers"] = _plain(response["body"]["string"], headers)
            response["body"] = {"string": body}
    return response


def _plain(body: Any, headers: Mapping[Any, Any]) -> tuple[Any, Mapping[Any, Any]]:
    """A body, decoded if possible, and its headers, which say so, and also whether it is a stream."""
    encoding = _value(headers, "content-encoding").strip().lower()
    if _is_readable(body):
        headers = _without(headers, ["content-encoding"])
    elif body and can_be_undone(encoding):
        body = undone(encoding, _encoded(body))
        headers = _without(headers, ["content-encoding"])
    if not _value(headers, "content-type") and _is_stream(body):
        headers = {**headers, "content-type": "text/event-stream"}
    return body, headers


def _value(headers: Mapping[Any, Any], name: str) -> str:
    """The first value of a header, by its lower-case name; empty if there is none."""
    values = next((value for key, value in headers.items() if str(key).lower() == name), "")
    value = values[0] if isinstance(values, list) and values else values
    return value.decode("latin-1") if isinstance(value, bytes) else str(value or "")


def _is_stream(body: Any) -> bool:
    """Whether a body is server-sent events. Recorders that keep few headers lose the one that said so."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    return isinstance(text, str) and _STREAM.match(text) is not None


_STREAM = re.compile(r"(?:\ufeff)?(?:(?::|event:|id:|retry:)[^\r\n]*(?:\r\n?|\n)+)*data:")


def _is_readable(body: Any) -> bool:
    """Whether a body is JSON or events, so not encoded: some recorders decode it but keep the header."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    if not isinstance(text, str):
        return False
    try:
        return text.startswith(("data:", "event:", ":")) or json.loads(text) is not None
    except (ValueError, RecursionError):
        return False


def _without(headers: Mapping[Any, Any], names: Iterable[str]) -> dict[Any, Any]:
    return {name: value for name, value in headers.items() if str(name).lower() not in names}


def _of_old_httpx(data: dict[str, Any]) -> dict[str, Any]:
    """vcrpy 4.1 to 5.1 kept the body that httpx had decoded, with the headers for the encoded one."""
    headers = data.get("headers")
    if isinstance(headers, dict):
        headers = _without(headers, _CARRIED)
    version = data.get("http_version")
    return {
        "status": {"code": data["status_code"]},
        "headers": headers,
        "body": {"string": data.get("content")},
        "samurai": {**({"http_version": version} if version else {}), **_notes(data)},
    }


def _notes(response: Mapping[str, Any]) -> dict[str, Any]:
    ours = response.get("samurai")
    return ours if isinstance(ours, dict) else {}


def _body(data: Mapping[str, Any]) -> Any:
    if "parsed_body" in data:
        return _json(data["parsed_body"])
    body = data["body"]
    if isinstance(body, list):
        return _json(body)
    if not isinstance(body, dict):
        return body
    if body.keys() <= _ENVELOPE and body.get("type") in ("json", "text", "binary", "none"):
        return _of_type(body["type"], body.get("content"))
    if "base64_string" in body:
        return base64.b64decode(str(body["base64_string"]))
    return body["string"] if "string" in body else _json(body)


def _of_type(kind: str, content: Any) -> Any:
    if kind == "json":
        return _json(content)
    if kind == "binary":
        try:
            return bytes.fromhex(str(content))
        except ValueError:
            raise ValueError("a body of type binary is not in hexadecimal digits") from None
    return content


def _json(value: Any) -> str:
    # Only its value was kept, so any spelling will do.
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a body is not JSON: {error}") from None


# --- what vcrpy writes with Python's tags


def buffered(value: Mapping[str, Any]) -> bytes:
    """The content of a body that was a file. Raises ValueError if it has none."""
    state = value.get("state")
    if not isinstance(state, list | tuple) or not state or not isinstance(state[0], str | bytes):
        raise ValueError("a body that was a file has no content")
    return _encoded(state[0])


def iterated(value: Mapping[str, Any]) -> bytes:
    """The content of a body that was an iterator. Raises ValueError if it has none."""
    arguments = value.get("args")
    parts = arguments[0] if isinstance(arguments, list | tuple) and arguments else None
    if not isinstance(parts, list) or not all(isinstance(part, str | bytes) for part in parts):
        raise ValueError("a body that was an iterator has no content")
    return b"".join(map(_encoded, parts))


def _encoded(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


# --- when


def _timestamp(moment: Any) -> str:
    """A time of another tool, written like ours. Raises ValueError if it isn't a time."""
    try:
        return timestamp(parse_moment(moment))
    except ValueError:
        raise ValueError(f"`recorded_at` is {moment!r}, not a date with a time") from None
