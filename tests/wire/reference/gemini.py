"""A stream of the Gemini API with every part, and everything else that the reference names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Json = Any

USAGE: Json = {
    "promptTokenCount": 2000,
    "cachedContentTokenCount": 800,
    "candidatesTokenCount": 120,
    "thoughtsTokenCount": 300,
    "toolUsePromptTokenCount": 50,
    "totalTokenCount": 2470,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 1500}, {"modality": "AUDIO", "tokenCount": 500}],
    "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 800}],
    "candidatesTokensDetails": [{"modality": "TEXT", "tokenCount": 120}],
    "toolUsePromptTokensDetails": [{"modality": "TEXT", "tokenCount": 50}],
    "trafficType": "ON_DEMAND",
}
SO_FAR: Json = {"promptTokenCount": 2000, "candidatesTokenCount": 3, "totalTokenCount": 2003}

WHOLE: list[Json] = [
    {"functionCall": {"id": "1", "name": "clock", "args": {"zone": "CET"}}, "thoughtSignature": "c2ln"},
    {"functionResponse": {"id": "1", "name": "clock", "response": {"time": "12:00"}}},
    {"inlineData": {"mimeType": "image/png", "data": "aGVsbG8="}, "partMetadata": {"a": 1}},
    {"fileData": {"fileUri": "gs://a/b.mp4", "mimeType": "video/mp4"}, "videoMetadata": {"fps": 1.0}},
    {"inlineData": {"mimeType": "image/png", "data": "aGVsbG8="}, "mediaResolution": {"numTokens": 7}},
    {"toolCall": {"id": "2", "toolType": "GOOGLE_MAPS", "args": {"q": "Köln"}}},
    {"toolResponse": {"id": "2", "toolType": "GOOGLE_MAPS", "response": {"places": []}}},
    {"audioTranscription": {"text": "It rains.", "finished": True}},
    {"fileData": {"fileUri": "gs://a/b.pdf"}, "documentMetadata": {"startPage": 1, "endPage": 2}},
    {"fileData": {"fileUri": "gs://a/b.csv"}, "spreadsheetMetadata": {"sheetIndex": 0}},
    {"fileData": {"fileUri": "gs://a/b.wav"}, "audioMetadata": {"startOffset": "1s"}},
    {"fileData": {"fileUri": "gs://a/c.wav"}, "mediaProcessing": "MEDIA_PROCESSING_UNSPECIFIED"},
    {"text": "Rain.", "speechMetadata": {"speaker": "Anna"}},
]
"""Parts that arrive complete."""

PARTS: list[Json] = [
    {"text": "I look for „Köln“.", "thought": True},
    {"executableCode": {"language": "PYTHON", "code": "print(6 * 7)\n"}},
    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "42\n43\n"}},
    {"functionCall": {"id": "3", "name": "weather", "args": {"city": "Köln", "days": [1, True, {"a b": "so"}]}}},
    {"text": "It is Köln. 🏰"},
    {"text": "", "thoughtSignature": "c2lnbmVk"},
    {"text": "And more."},
    *WHOLE,
]
"""The complete answer."""


def pieces(text: str, size: int = 4) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def called_in_pieces() -> Iterator[Json]:
    """A call whose arguments are streamed, as in Vertex AI: the last part adds nothing."""
    yield {"functionCall": {"id": "3", "name": "weather", "willContinue": True}}
    city = pieces("Köln", 2)
    for number, piece in enumerate(city):
        more = number < len(city) - 1
        partial = {"jsonPath": "$.city", "stringValue": piece, "willContinue": more}
        yield {"functionCall": {"partialArgs": [partial], "willContinue": True}}
    numbers: list[Json] = [
        {"jsonPath": "$.days[0]", "numberValue": 1},
        {"jsonPath": "$.days[1]", "boolValue": True},
        {"jsonPath": "$.days[2]['a b']", "stringValue": "s", "willContinue": True},
    ]
    yield {"functionCall": {"partialArgs": numbers, "willContinue": True}}
    yield {
        "functionCall": {"partialArgs": [{"jsonPath": "$.days[2]['a b']", "stringValue": "o"}], "willContinue": True}
    }
    yield {"functionCall": {}}


def coming() -> Iterator[Json]:
    """The parts as they arrive."""
    yield from ({"text": piece, "thought": True} for piece in pieces("I look for „Köln“."))
    yield from ({"executableCode": {"language": "PYTHON", "code": piece}} for piece in pieces("print(6 * 7)\n"))
    yield {"codeExecutionResult": {"outcome": "OUTCOME_UNSPECIFIED", "output": "42\n"}}
    yield {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "43\n"}}
    yield from called_in_pieces()
    yield from ({"text": piece} for piece in pieces("It is Köln. 🏰"))
    yield {"text": "", "thoughtSignature": "c2lnbmVk"}
    yield {"text": "And "}
    yield {"text": "more."}
    yield from WHOLE


CANDIDATE: Json = {
    "index": 0,
    "finishReason": "STOP",
    "finishMessage": "Done.",
    "tokenCount": 120,
    "avgLogprobs": -0.5,
    "safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}],
    "citationMetadata": {"citations": [{"startIndex": 0, "endIndex": 4, "uri": "https://example.org"}]},
    "logprobsResult": {"chosenCandidates": [{"token": "It", "logProbability": -0.5}]},
    "urlContextMetadata": {"urlMetadata": [{"retrievedUrl": "https://example.org"}]},
    "continuationToken": "Z28=",
}
"""What the last event says about the answer."""

GROUNDED: Json = {"groundingMetadata": {"webSearchQueries": ["Köln"]}}
BESIDE: Json = {
    "modelVersion": "gemini-2.5-flash",
    "responseId": "r_1",
    "createTime": "2026-11-01T12:00:00Z",
    "modelStatus": {"modelStage": "STABLE"},
}


def event(*parts: Json, **candidate: Json) -> Json:
    content = {"content": {"role": "model", "parts": list(parts)}} if parts else {}
    return {"candidates": [{**content, "index": 0, **candidate}], **BESIDE}


def stream(*parts: Json, usage: Json = USAGE, **candidate: Json) -> list[Json]:
    said = [{**event(part), "usageMetadata": SO_FAR} for part in parts]
    return [*said, {**event(**{**CANDIDATE, **candidate}), "usageMetadata": usage}]


EVENTS = stream(*coming())
BLOCKED: list[Json] = [
    {
        "promptFeedback": {"blockReason": "SAFETY", "safetyRatings": CANDIDATE["safetyRatings"]},
        "usageMetadata": {"promptTokenCount": 2000, "totalTokenCount": 2000},
        **BESIDE,
    }
]


def array(events: list[Json]) -> list[bytes]:
    """The events as one JSON array that is sent piece by piece."""
    pieces = [f"{',' if number else '['}{json.dumps(event, indent=2)}\r\n" for number, event in enumerate(events)]
    return [piece.encode() for piece in [*pieces, "]"]]
