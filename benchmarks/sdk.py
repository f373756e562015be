"""The openai SDK: the library of its client, and what it sends for a question."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from benchmarks.workload import ORIGIN, Exchange, compact, completion, question


def sdk_module() -> str:
    """The library that the installed SDK's client uses: httpx or httpx2."""
    import openai

    modules = {base.__module__.partition(".")[0] for base in openai.DefaultHttpxClient.__mro__}
    return "httpx2" if "httpx2" in modules else "httpx"


def sdk_exchanges(count: int) -> list[Exchange]:
    """The questions from 0 on as the SDK writes them, each with its completion."""
    import openai

    module = import_module(sdk_module())
    sent: list[bytes] = []

    def answer(request: Any) -> Any:
        sent.append(request.read())
        return module.Response(200, json=completion(0))

    http_client = openai.DefaultHttpxClient(transport=module.MockTransport(answer))
    with openai.OpenAI(api_key="sk-none", base_url=f"{ORIGIN}/v1", http_client=http_client) as client:
        for number in range(count):
            client.chat.completions.create(**question(number))
    return [Exchange(body, body, (compact(completion(number)),)) for number, body in enumerate(sent)]
