"""The keys that a replay gets if it has none."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from pytest_samurai import RequestNotRecorded, SettingsError, use_cassette
from pytest_samurai.recorder import KEYED_LIBRARIES


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "a.yaml"
    path.write_text("interactions: []\nversion: 1\n")
    for name in [*os.environ]:
        if name.endswith(("_KEY", "_TOKEN")):
            monkeypatch.delenv(name)
    return path


@pytest.mark.parametrize(
    ("library", "names"),
    [
        ("anthropic", ["ANTHROPIC_API_KEY"]),
        ("google.genai", ["GEMINI_API_KEY", "GOOGLE_API_KEY"]),
        ("groq", ["GROQ_API_KEY"]),
        ("mistralai", ["MISTRAL_API_KEY"]),
        ("huggingface_hub", ["HF_TOKEN"]),
        ("litellm", ["ANTHROPIC_API_KEY", "AZURE_API_KEY", "XAI_API_KEY", "FIREWORKS_API_KEY", "COHERE_API_KEY"]),
    ],
)
def test_the_keys_of_an_sdk_that_is_imported_get_a_placeholder_for_the_time_of_a_replay(
    path: Path, monkeypatch: pytest.MonkeyPatch, library: str, names: list[str]
) -> None:
    # Other tests import some of them.
    for other in KEYED_LIBRARIES:
        monkeypatch.delitem(sys.modules, other, raising=False)
    with use_cassette(path, mode="none"):
        assert not any(name in os.environ for name in names)
    monkeypatch.setitem(sys.modules, library, ModuleType(library))
    with use_cassette(path, mode="none"):
        assert all("placeholder" in os.environ[name] for name in ["OPENAI_API_KEY", *names])
    assert not any(name in os.environ for name in names)


@pytest.mark.parametrize(("module", "key"), [("groq", "GROQ_API_KEY"), ("mistralai.client", "MISTRAL_API_KEY")])
def test_an_sdk_that_is_imported_in_a_replay_finds_its_key_too(
    path: Path, monkeypatch: pytest.MonkeyPatch, module: str, key: str
) -> None:
    file = path.parent / f"{module.replace('.', '/')}.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text("")
    monkeypatch.syspath_prepend(path.parent)
    for other in ("groq", "mistralai", "mistralai.client", "litellm", "pydantic_ai", "dspy"):
        monkeypatch.delitem(sys.modules, other, raising=False)
    with use_cassette(path, mode="none"):
        assert key not in os.environ
        importlib.import_module(module)
        assert "placeholder" in os.environ[key]
    assert key not in os.environ


def test_an_sdk_that_is_imported_in_a_recording_finds_no_placeholder(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path.parent / "groq.py").write_text("")
    monkeypatch.syspath_prepend(path.parent)
    monkeypatch.delitem(sys.modules, "groq", raising=False)
    with use_cassette(path, mode="all"):
        importlib.import_module("groq")
        assert "GROQ_API_KEY" not in os.environ


def test_a_key_that_is_there_stays_and_more_variables_can_be_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "of the user")
    with use_cassette(path, mode="none", keys=["ACME_API_KEY"]):
        assert os.environ["OPENAI_API_KEY"] == "of the user"
        assert "placeholder" in os.environ["ACME_API_KEY"]
    with pytest.raises(SettingsError, match=r"it must be a list of names of environment variables"):
        use_cassette(path, keys=["a b"])


def test_a_key_that_the_test_sets_itself_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with use_cassette(path, mode="none"):
        monkeypatch.setenv("OPENAI_API_KEY", "of the test")
    assert os.environ["OPENAI_API_KEY"] == "of the test"


def test_a_placeholder_in_a_url_does_not_go_out(path: Path) -> None:
    with use_cassette(path, mode="none"):
        key = os.environ["SAMURAI_API_KEY"]
    with pytest.raises(RequestNotRecorded, match="its key is the placeholder"):
        with use_cassette(path, mode="all"):
            httpx.post(f"http://127.0.0.1:9/v1/models/g:generateContent?key={key}", json={})
