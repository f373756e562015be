"""The schemas of a cassette and of a lock accept what this tool writes, and nothing else."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pytest_samurai.cassette.notes import NOTES
from tests.project import Project

ROOT = Path(__file__).parents[2]
CASSETTE, LOCK = (
    json.loads((ROOT / "docs" / f"{name}.schema.json").read_text(encoding="utf-8")) for name in ("cassette", "lock")
)
TEST = """
import pytest


@pytest.mark.samurai
@pytest.mark.parametrize("stream", [False, True])
def test_capital(samurai_client, stream):
    question = {"role": "user", "content": "What is the capital of Japan?\\n\\nOne word."}
    asked = {"model": "gpt-4o-mini", "messages": [question], "stream": stream}
    assert samurai_client.post("/chat/completions", json=asked).status_code == 200


@pytest.mark.samurai
def test_embedding(samurai_client):
    samurai_client.post("/embeddings", json={"model": "text-embedding-3-small", "input": "Kyoto"})
"""


def errors(schema: dict[str, Any], value: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


@pytest.fixture
def written(project: Project) -> tuple[list[Any], Any]:
    """The recorded cassette and its lock."""
    (project.pytester.path / "test_geo.py").write_text(TEST, encoding="utf-8")
    project.run("--samurai-update")
    root = project.pytester.path
    cassettes = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((root / "cassettes").rglob("*.yaml"))]
    return cassettes, yaml.safe_load((root / "samurai.lock").read_text("utf-8"))


def test_the_schemas_are_schemas() -> None:
    for schema in (CASSETTE, LOCK):
        jsonschema.Draft202012Validator.check_schema(schema)


def test_what_is_recorded_is_valid(written: tuple[list[Any], Any]) -> None:
    cassettes, lock = written
    assert len(cassettes) >= 2
    assert len(lock["tests"]) >= 2
    assert [errors(CASSETTE, cassette) for cassette in cassettes] == [[]] * len(cassettes)
    assert errors(LOCK, lock) == []


def test_the_cassettes_and_locks_of_this_repository_are_valid() -> None:
    cassettes = [*(ROOT / "cassettes").rglob("*.yaml"), *(ROOT / "docs").rglob("cassettes/**/*.yaml")]
    assert cassettes
    assert {path.name: errors(CASSETTE, yaml.safe_load(path.read_text("utf-8"))) for path in cassettes} == {
        path.name: [] for path in cassettes
    }
    for path in (ROOT / "docs").rglob("samurai.lock"):
        assert errors(LOCK, yaml.safe_load(path.read_text("utf-8"))) == []


def test_every_note_of_an_interaction_is_described() -> None:
    response = CASSETTE["properties"]["interactions"]["items"]["properties"]["response"]
    notes = response["properties"]["samurai"]["properties"]
    assert [*notes] == [note.name for note in NOTES.rows]
    assert all(note["description"] for note in notes.values())


def test_what_no_cassette_has_is_refused(written: tuple[list[Any], Any]) -> None:
    [cassette, *_], _ = written
    for where, value, message in (
        (("version",), 2, "1 was expected"),
        (("interactions", 0, "request", "method"), 7, "7 is not of type 'string'"),
        (("interactions", 0, "response", "samurai", "seal"), "abc", "'abc' does not match"),
        (("interactions", 0, "response", "samurai", "colour"), "red", "('colour' was unexpected)"),
    ):
        wrong = copy.deepcopy(cassette)
        *way, last = where
        inner = wrong
        for key in way:
            inner = inner[key]
        inner[last] = value
        [error] = errors(CASSETTE, wrong)
        assert message in error


def test_what_no_lock_has_is_refused(written: tuple[list[Any], Any]) -> None:
    _, lock = written
    row = next(iter(next(iter(lock["tests"].values())).values()))
    row["requests"] = -1
    row["cached_tokens"] = 3
    refused = "".join(errors(LOCK, lock))
    assert "-1 is less than the minimum of 0" in refused
    assert "'cached_tokens' was unexpected" in refused
