"""The paths that reveal a model call on any host."""

from __future__ import annotations

import pytest

from pytest_samurai.wire import calls_model, model_path
from pytest_samurai.wire.modelpaths import GENERIC, SURE

CALLS = {
    # The path contains the name of the model, or the server has only one.
    "/openai/deployments/emb/embeddings": b'{"input": "x"}',
    "/v1/engines/ada/embeddings": b'{"input": "x"}',
    "/completion": b'{"prompt": "x"}',
    "/infill": b'{"input_prefix": "x"}',
    "/embedding": b'{"content": "x"}',
    "/generate": b'{"inputs": "x"}',
    "/generate_stream": b'{"inputs": "x"}',
    "/files": b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--b--',
    "/moderations": b'{"input": "x"}',
    "/batches": b'{"input_file_id": "f", "completion_window": "24h"}',
    "/rerank": b'{"query": "x", "texts": []}',
    "/threads/t/runs": b'{"assistant_id": "a"}',
    "/predictions": b'{"input": {}}',
    # The path says it.
    "/v1/responses/resp_1/cancel": b"",
    "/v1/responses/input_tokens": b'{"input": "x"}',
    "/v1/threads/t/runs": b"",
    "/v1/threads/t/runs/r/submit_tool_outputs": b"",
    "/ml/v1/text/chat": b"{}",
    "/v1beta/interactions": b"{}",
    "/invocations": b"{}",
    "/endpoints/e/invocations": b"{}",
    "/serving-endpoints/e/invocations": b"{}",
    "/v1/videos/generations": b"{}",
    "/v1/realtime/client_secrets": b"{}",
    "/v1/text-to-speech/voice": b"{}",
    "/v1/text-to-speech/voice/stream": b"{}",
    "/v1/speech-to-text": b"",
    "/v1/listen": b"\0",
    "/v1/models/owner/name/predictions": b"{}",
    "/hf-inference/models/owner/name": b"{}",
    "/v1/projects/p/locations/l/publishers/google/models/m:predict": b"{}",
    "/v2/models/m/infer": b"{}",
    "/client/v4/accounts/a/ai/run/@cf/meta/m": b"{}",
    "/api/v1/services/aigc/text-generation/generation": b"{}",
}


@pytest.mark.parametrize("path", CALLS)
def test_a_call_of_a_model_is_known_on_any_host(path: str) -> None:
    assert calls_model(f"https://gateway.test{path}", CALLS[path])
    assert calls_model(f"https://gateway.test/base/{path.upper()}/?a=1", CALLS[path])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/files", b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--b--'),
        ("/completion", b'{"percent": 3}'),
        ("/generate", b'{"report": 3}'),
        ("/embedding", b'{"id": 3}'),
        ("/moderations", b'{"post": 3}'),
        ("/threads/3/runs", b"{}"),
        ("/responses/3/cancel", b"{}"),
        ("/predictions", b'{"match": 3}'),
        ("/conversations/3", b'{"text": "hello"}'),
        ("/v1/embeddings/3", b"{}"),
        ("/video/3", b"{}"),
    ],
)
def test_what_an_application_has_there_for_itself_is_no_call_of_a_model(path: str, body: bytes) -> None:
    assert not calls_model(f"https://app.test{path}", body)


@pytest.mark.parametrize(
    ("path", "tail"),
    [
        ("/v1/responses/resp_1/cancel", "/responses/*/cancel"),
        ("/openai/deployments/emb/embeddings", "/deployments/*/embeddings"),
        ("/v1/Images/Generations", "/Images/Generations"),
        ("/threads/t/runs", "/threads/*/runs"),
    ],
)
def test_the_end_of_a_path_is_a_pattern_for_all_of_its_kind(path: str, tail: str) -> None:
    found = model_path(f"https://gateway.test{path}")
    assert found is not None
    assert found.tail == tail


def test_no_end_of_a_path_is_listed_twice() -> None:
    ends = [*SURE, *GENERIC]
    assert len(ends) == len(set(ends))
