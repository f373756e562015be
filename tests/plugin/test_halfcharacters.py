"""Replies with half a character in a name."""

from __future__ import annotations

import pytest

from tests.project import Project

ANSWERS = """
import json
import os

CONTENT = json.dumps({
    "model": "m\\ud800 dG9wc2VjcmV0LWtleQ",
    "choices": [{"message": {"content": "Hi \\ud800"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
})

class Server(httpx.BaseTransport):
    def handle_request(self, request):
        return httpx.Response(200, content=CONTENT)

@pytest.mark.samurai(%s)
def test_it(samurai):
    headers = {"Authorization": "Bearer dG9wc2VjcmV0LWtleQ"}
    with httpx.Client(transport=Server()) as client:
        url = os.environ["SAMURAI_BASE_URL"] + "/chat/completions"
        assert client.post(url, json=body("Hello"), headers=headers).status_code == 200
    print(ascii(samurai.calls[0].model))
    assert samurai.calls[0].usage.total_tokens == 2
"""


@pytest.mark.parametrize("arguments", ["", "max_requests=0"])
def test_a_model_named_with_half_a_character_is_recorded_and_replayed(project: Project, arguments: str) -> None:
    project.tests(ANSWERS % arguments)

    for mode in ("once", "none"):
        result = project.run(f"--samurai-mode={mode}", "-rA")
        assert "surrogates not allowed" not in result.stdout.str() + result.stderr.str()
        result.stdout.fnmatch_lines(["'m?ud800 [[]REDACTED[]]'"])
        result.assert_outcomes(failed=1) if arguments else result.assert_outcomes(passed=1)
