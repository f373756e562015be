"""Audio: the request, in JSON and in a form, and the usage."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from pytest_samurai.wire.audio import AUDIO, merge
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import call, streamed

Json = Any
URL = "https://h/v1/audio/transcriptions"
# As in the OpenAI API reference.
USAGE = {
    "type": "tokens",
    "input_tokens": 14,
    "input_token_details": {"text_tokens": 4, "audio_tokens": 10},
    "output_tokens": 45,
    "total_tokens": 59,
}
COUNTED = Usage(1, 14, 45, 59, prompt_audio_tokens=10)
FORM = httpx.Request(
    "POST", URL, data={"model": "gpt-4o-transcribe", "prompt": "Names"}, files={"file": ("a.wav", b"RIFF\xff")}
).read()
SEGMENT = {"type": "transcript.text.segment", "text": "Hello", "speaker": "A"}


def test_a_stream_says_what_a_plain_reply_would_have() -> None:
    deltas = [{"type": "transcript.text.delta", "delta": piece} for piece in ("Hel", "lo.")]
    done = {"type": "transcript.text.done", "text": "Hello.", "usage": USAGE}
    for answered in (
        call({"text": "Hello.", "usage": USAGE}, request=FORM, url=URL),
        streamed(*deltas, done, done=False, request=FORM, url=URL),
    ):
        assert (answered.endpoint, answered.text, answered.model) == ("audio", "Hello.", "gpt-4o-transcribe")
        assert (answered.usage, answered.response) == (COUNTED, {"text": "Hello.", "usage": USAGE})
        assert answered.messages == (Message("user", (Part("text", "Names"), Part("audio", ""))),)
    broken = streamed(*deltas, done=False, request=FORM, url=URL)
    assert (broken.text, broken.usage) == ("Hello.", None)


@pytest.mark.parametrize("usage", [{"type": "duration", "seconds": 27}, None])
def test_what_is_billed_by_the_second_has_an_unknown_usage(usage: Json) -> None:
    answered = call({"text": "Hello.", "usage": usage}, request=FORM, url=URL)
    assert (answered.usage, answered.has_usage_in_other_units) == (None, usage is not None)


def test_speech_is_bytes_and_its_stream_says_the_usage() -> None:
    asked = {"model": "gpt-4o-mini-tts", "input": "Hello.", "voice": "coral", "instructions": "Be glad."}
    url = "https://h/v1/audio/speech"
    plain = call(b"ID3\x04\xff\xfb", request=asked, url=url)
    assert (plain.text, plain.usage, plain.model) == (None, None, "gpt-4o-mini-tts")
    assert [(message.role, message.text) for message in plain.messages] == [("system", "Be glad."), ("user", "Hello.")]
    counts = {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115}
    events = [{"type": "speech.audio.delta", "audio": "aGk="}, {"type": "speech.audio.done", "usage": counts}]
    spoken = streamed(*events, done=False, request=asked, url=url)
    assert (spoken.usage, spoken.response) == (Usage(1, 14, 101, 115), {"usage": counts})


def test_the_speakers_of_a_stream_are_kept() -> None:
    merged = merge(["", json.dumps(SEGMENT), json.dumps({**SEGMENT, "speaker": "B"})])
    assert [segment["speaker"] for segment in merged["segments"]] == ["A", "B"]


def test_a_request_and_the_end_of_a_stream_are_read() -> None:
    assert AUDIO.prompt({"input": "a", "voice": "coral"}) == {"input": "a"}
    assert AUDIO.messages({"file": {}}) == [Message("user", (Part("audio", ""),))]
    assert call({}, url=URL)._answer.tier is None
    assert AUDIO.is_over(b'data: {"type": "transcript.text.done"}\n\n')
    assert not AUDIO.is_over(b'data: {"type": "transcript.text.delta"}\n\n')
