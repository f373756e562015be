"""The JSON schemas of a cassette and of a lock, for editors and other programs that read these YAML files.

Both describe what this tool writes. It also reads other recorders' files (docs/vcrpy.md).
"""

from __future__ import annotations

import json
from typing import Any

from pytest_samurai.bill.lock import LOCKED_PARTS, TOKENS
from pytest_samurai.cassette.notes import (
    BLOCK,
    CHUNKS,
    FLAG,
    LAYOUT,
    MAPPING,
    MOVED,
    NOTES,
    NUMBER,
    PRICE,
    SEAL,
    TEXT,
)
from pytest_samurai.wire import RATES, UNPRICED

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_MONEY = {"type": "string", "pattern": r"^\d+(\.\d+)?$"}
_PRICE = {
    "type": "object",
    "description": "US dollars, as text: `..._mtok` for a million tokens, `requests_kcount` for 1,000 requests",
    "required": ["source", "input_mtok"],
    "additionalProperties": False,
    "properties": {"source": _TEXT, **dict.fromkeys(RATES, _MONEY)},
}
_HEADERS = {"type": "object", "additionalProperties": {"type": "array", "items": _TEXT}}

_OF_KIND: list[tuple[object, dict[str, Any]]] = [
    (TEXT, _TEXT),
    (BLOCK, _TEXT),
    (NUMBER, {"type": "number"}),
    (MAPPING, {"type": "object"}),
    (FLAG, {"const": True}),
    (LAYOUT, {"type": "string", "pattern": "^(folded|lines|spaced|ascii|crlf)( (folded|lines|spaced|ascii|crlf))*$"}),
    (MOVED, {"type": "string", "pattern": r"^\w+@\d+( \w+@\d+)*$"}),
    (PRICE, {"anyOf": [{"const": UNPRICED}, _PRICE]}),
    (CHUNKS, {"type": "string", "pattern": r"^\d+@\d+(\.\d+)?(\s+\d+@\d+(\.\d+)?)*\s*$"}),
    (SEAL, {"type": "string", "pattern": "^[0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{8}$"}),
]

_MEANINGS = {
    "answer": "what a stream answered, all events together; for people: the events are what is replayed",
    "recorded_at": "when the request was sent, in UTC",
    "duration": "seconds until the whole reply was there",
    "http_version": "HTTP/1.1 where it does not say",
    "request_layout": "how the body of the request was laid out to be read",
    "layout": "how the body of the reply was laid out to be read",
    "moved": "members of the reply that stand at its end, and where they were",
    "ending": "how a stream ended that did not end as it should",
    "error": "the error of a connection that broke",
    "hidden_usage": "the usage that this tool asked for and the application did not",
    "price": "the price of the model when it was recorded",
    "edited": "the file was edited by hand after it was recorded",
    "imported": "`pytest-samurai import` wrote it",
    "answered_at": "when the reply says that it was made, of what another tool has recorded without a time",
    "chunks": "the chunks of a stream, each as bytes@milliseconds",
    "seal": "checksums: of all but the bodies, and of the two bodies",
}


def cassette_schema() -> str:
    """The text of docs/cassette.schema.json."""
    notes = {note.name: {"description": _MEANINGS[note.name], **_of_kind(note.kind)} for note in NOTES.rows}
    body = {"type": ["string", "null"], "description": "text, or `!!binary` for bytes that are not text"}
    request = _closed({"method": _TEXT, "uri": _TEXT, "headers": _HEADERS, "body": body}, optional=("body",))
    status = _closed({"code": {"type": "integer"}, "message": _TEXT})
    response = _closed(
        {
            "status": status,
            "body": _closed({"string": body}, optional=("string",)),
            "headers": _HEADERS,
            "samurai": _closed(notes, optional=tuple(notes)),
        }
    )
    interaction = _closed({"request": request, "response": response})
    whole = _closed({"interactions": {"type": "array", "items": interaction}, "version": {"const": 1}})
    return _written("Cassette of pytest-samurai", "A file that a test has recorded: YAML, in vcrpy's format.", whole)


def lock_schema() -> str:
    """The text of docs/lock.schema.json."""
    counts = dict.fromkeys(("requests", *TOKENS, *LOCKED_PARTS), _COUNT)
    model = _closed(
        {
            **counts,
            "estimated": {"const": True, "description": "some tokens were counted here, not by the server"},
            "endpoints": {"type": "string", "description": "the APIs, apart from chat completions alone"},
        },
        optional=(*TOKENS, *LOCKED_PARTS, "estimated", "endpoints"),
    )
    models = {"type": "object", "description": "by model; none for a test without calls", "additionalProperties": model}
    whole = _closed(
        {
            "version": {"const": 1},
            "prices": {"type": "object", "description": "by model", "additionalProperties": _PRICE},
            "tests": {"type": "object", "description": "by the id of the test", "additionalProperties": models},
        }
    )
    return _written("Lock of pytest-samurai", "What `pytest --samurai-update` writes to samurai.lock: YAML.", whole)


def _of_kind(kind: object) -> dict[str, Any]:
    return next(schema for known, schema in _OF_KIND if known is kind)


def _closed(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name in properties if name not in optional],
        "properties": properties,
    }


def _written(title: str, description: str, schema: dict[str, Any]) -> str:
    whole = {"$schema": _DIALECT, "title": title, "description": description, **schema}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
