"""Calls of SDKs with base URLs of Azure and the clouds, recorded and replayed without any setting."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from pytest_samurai import use_cassette
from tests.intercept.scriptedreplies import serving
from tests.intercept.test_other_dialect_calls import CASES, CLAUDE, CLAUDE_ON_VERTEX, TURN
from tests.wire.calls import COMPLETION

Json = Any

SOUND = ("a.wav", b"RIFF\xff\x00")
PICTURES = [("a.png", b"\x89PNG\xff"), ("b.png", b"\x89PNG\xfe")]
RESPONSE = {"id": "r", "object": "response", "model": "gpt-4o", "output": [], "created_at": 1}
RESPONSE |= {"usage": {"input_tokens": 28, "output_tokens": 22, "total_tokens": 50}}
MODERATION = {"id": "m", "model": "omni-moderation-latest", "results": []}


def of_openai(root: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{root}/v1", api_key="k", max_retries=0)


def of_azure(root: str) -> openai.AzureOpenAI:
    return openai.AzureOpenAI(azure_endpoint=root, api_key="k", api_version="2025-04-01-preview", max_retries=0)


def transcribed(root: str) -> Json:
    with of_openai(root) as client:
        return [
            event.to_dict()
            for event in client.audio.transcriptions.create(model="gpt-4o-transcribe", file=SOUND, stream=True)
        ]


def on_vertex(root: str) -> Json:
    client = anthropic.AnthropicVertex(
        base_url=f"{root}/v1", region="l", project_id="p", access_token="k", max_retries=0
    )
    with client:
        return client.messages.create(model="claude-sonnet-4-5@20250929", max_tokens=9, messages=TURN).to_dict()  # type: ignore[arg-type]  # a plain dict


CALLS: dict[str, tuple[str, str, Json, Callable[[str], Json], int | None]] = {
    "images.generate": (
        "images",
        "/v1/images/generations",
        CASES["images"],
        lambda root: of_openai(root).images.generate(model="gpt-image-1", prompt="A cat.").to_dict(),
        100,
    ),
    "images.edit": (
        "images",
        "/v1/images/edits",
        CASES["images"],
        lambda root: of_openai(root).images.edit(model="gpt-image-1", prompt="A cat.", image=PICTURES).to_dict(),
        100,
    ),
    # Without a model.
    "images.create_variation": (
        "images",
        "/v1/images/variations",
        CASES["images, by the picture"],
        lambda root: of_openai(root).images.create_variation(image=PICTURES[0]).to_dict(),
        None,
    ),
    "audio.transcriptions": ("audio", "/v1/audio/transcriptions", CASES["audio, streamed"], transcribed, 59),
    "audio.speech": (
        "audio",
        "/v1/audio/speech",
        CASES["audio, in bytes"],
        lambda root: of_openai(root).audio.speech.create(model="tts-1", voice="coral", input="Hello.").read(),
        None,
    ),
    "moderations": (
        "moderations",
        "/v1/moderations",
        MODERATION,
        lambda root: of_openai(root).moderations.create(input="Where?").to_dict(),
        0,
    ),
    "Azure, chat": (
        "chat",
        "/openai/deployments/d/chat/completions",
        COMPLETION,
        lambda root: of_azure(root).chat.completions.create(model="d", messages=TURN).to_dict(),  # type: ignore[arg-type]  # a plain dict
        50,
    ),
    "Azure, audio": (
        "audio",
        "/openai/deployments/d/audio/transcriptions",
        CASES["audio"],
        lambda root: of_azure(root).audio.transcriptions.create(model="d", file=SOUND).to_dict(),
        59,
    ),
    "Azure, responses": (
        "responses",
        "/openai/v1/responses",
        RESPONSE,
        lambda root: openai.OpenAI(base_url=f"{root}/openai/v1", api_key="k").responses.create(
            model="d", input="Where?"
        ).to_dict(),
        50,
    ),
    "Vertex": ("messages", f"{CLAUDE_ON_VERTEX}:rawPredict", {**CLAUDE, "type": "message"}, on_vertex, 12),
}  # fmt: skip


# Of variations.
@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", CALLS)
def test_its_first_example_is_recorded_and_replayed(tmp_path: Path, name: str) -> None:
    endpoint, path, reply, call, tokens = CALLS[name]
    kind, pieces = ("application/json", [json.dumps(reply).encode()]) if isinstance(reply, dict) else (
        reply.kind, reply.pieces
    )  # fmt: skip
    with serving({path: (kind, pieces)}) as root:
        live = call(root)
        with use_cassette(tmp_path / "a.yaml") as recorded:
            assert call(root) == live
    with use_cassette(tmp_path / "a.yaml", mode="none") as replayed:
        assert call(root) == live
    for recorder in (recorded, replayed):
        assert [made.endpoint for made in recorder.calls] == [endpoint]
        usage = recorder.calls[0].usage
        assert (None if usage is None else usage.total_tokens) == tokens
    assert recorded.notes == []
