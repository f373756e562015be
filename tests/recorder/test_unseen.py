"""Which hosts serve models, and how they are spelled."""

from __future__ import annotations

import pytest

from pytest_samurai.recorder.unseen import ModelHosts, is_host_of
from pytest_samurai.wire import Recordings


def hosts(*endpoints: str) -> ModelHosts:
    return ModelHosts(Recordings(), endpoints, list)


@pytest.mark.parametrize(
    "spelled", ["127.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.0.0.1.", "127.8.8.8", "::1", "0", "LOCALHOST"]
)
def test_this_machine_is_known_in_all_spellings(monkeypatch: pytest.MonkeyPatch, spelled: str) -> None:
    monkeypatch.setenv("X_BASE_URL", "http://127.0.0.1:8000/v1")
    assert hosts().why((spelled, 8000)) == "named by X_BASE_URL"
    assert hosts().why((spelled, 8001)) is None


@pytest.mark.parametrize("spelled", ["127.1.test", "app", "a\0b", "é.test"])
def test_a_name_is_no_address(spelled: str) -> None:
    assert not is_host_of("http://127.0.0.1:8000/", (spelled, 8000))
    assert is_host_of(f"http://{spelled}:8000/", (spelled, 8000))


@pytest.mark.parametrize(
    ("variable", "value", "host"),
    [
        ("OLLAMA_HOST", "127.0.0.1:9000", ("127.0.0.1", 9000)),
        ("OLLAMA_HOST", "0.0.0.0", ("127.0.0.1", 11434)),
        ("OLLAMA_HOST", "models.test/", ("models.test", 11434)),
        ("OLLAMA_HOST", "https://models.test", ("models.test", 443)),
        ("LITELLM_PROXY_URL", "http://127.0.0.1:4000", ("localhost", 4000)),
        ("MY_VLLM_HOST", "gpu.test:8000", ("gpu.test", 8000)),
        ("openai_url", "http://gateway.test/v1", ("gateway.test", 80)),
        ("ANTHROPIC_PROXY_HOST", "http://a.test:1", ("a.test", 1)),
    ],
)
def test_a_variable_named_for_an_api_of_models_names_its_host(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, host: tuple[str, int]
) -> None:
    assert hosts().why(host) is None
    monkeypatch.setenv(variable, value)
    assert hosts().why(host) == f"named by {variable}"


@pytest.mark.parametrize(
    ("variable", "value", "host"),
    [
        ("LITELLM_DATABASE_URL", "postgresql://u:p@db.test:5432/x", ("db.test", 5432)),
        ("DATABASE_URL", "http://db.test:5432", ("db.test", 5432)),
        ("REDIS_HOST", "db.test:80", ("db.test", 80)),
        ("SMALLM_HOST", "db.test:80", ("db.test", 80)),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://db.test:80", ("db.test", 80)),
    ],
)
def test_other_variables_name_none(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, host: tuple[str, int]
) -> None:
    monkeypatch.setenv(variable, value)
    assert hosts().why(host) is None


def test_an_endpoint_that_the_user_has_spelled_out_names_its_host() -> None:
    models = hosts("known", "*/ask", "http://127.0.0.1:8000/ask", "https://*.corp.test/*", "https://*/v1/ask")
    assert models.why(("127.1", 8000)) == "named by samurai_endpoints"
    assert models.why(("gpu.corp.test", 443)) == "named by samurai_endpoints"
    for host in [("127.0.0.1", 8001), ("gpu.corp.test", 80), ("corp.test", 443), ("app.test", 443)]:
        assert models.why(host) is None
