"""`pytest-samurai import`: other tools' files become ours, without their secrets, and nothing is lost."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import vcr.request
import vcr.serialize
from vcr.serializers import jsonserializer, yamlserializer

from pytest_samurai.cassette.frame import MARK
from pytest_samurai.cassette.naming import cassette_name
from pytest_samurai.cassette.reader import load
from pytest_samurai.cassette.writer import save
from pytest_samurai.commands import cli
from pytest_samurai.files import locked, locks
from pytest_samurai.wire.http import Chunk, Reply, Request
from pytest_samurai.wire.interaction import Interaction

URL = "https://www.samuraiapi.in/v1/chat/completions"
KEY = "sk-samurai-0123456789abcdefghij"
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
ANSWER = {"id": "1", "model": "m", "choices": [], "usage": USAGE}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    status = cli.main(["import", *arguments])
    out, err = capsys.readouterr()
    assert err == ""
    return status, out.splitlines()


def written(*calls: tuple[Any, Any], path: str = "a.yaml", **more: Any) -> Path:
    """A vcrpy cassette. For each call: the request's body, and the reply's body or the whole response."""
    requests, responses = [], []
    for asked, answer in calls:
        headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json", "user-agent": "x"}
        requests.append(vcr.request.Request("POST", more.get("url", URL), json.dumps(asked), headers))
        responses.append(answer if "status" in answer else plain(json.dumps(answer).encode()))
    serializer = jsonserializer if path.endswith(".json") else yamlserializer
    text = vcr.serialize.serialize({"requests": requests, "responses": responses}, serializer)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
    return Path(path)


def plain(body: bytes) -> dict[str, Any]:
    headers = {"content-type": ["application/json"]}
    return {"status": {"code": 200, "message": "OK"}, "headers": headers, "body": {"string": body}}


def stream(*events: str, **headers: list[str]) -> dict[str, Any]:
    body = "".join(f"data: {event}\n\n" for event in events).encode()
    headers = {"content-type": ["text/event-stream"], **headers}
    return {"status": {"code": 200, "message": "OK"}, "headers": headers, "body": {"string": body}}


def test_a_cassette_is_rewritten_where_it_lies(capsys: pytest.CaptureFixture[str]) -> None:
    path = written(({"model": "m"}, ANSWER), ({"model": "n"}, {"no": "usage"}))
    assert run(capsys, "a.yaml") == (0, ["a.yaml: imported 2 interactions, 1 of them without usage"])
    assert path.read_text().startswith(MARK)
    first, second = load(path)
    assert first.request == Request("POST", URL, (("content-type", "application/json"),), b'{"model": "m"}')
    assert json.loads(first.reply.body) == ANSWER
    assert json.loads(second.reply.body) == {"no": "usage"}
    assert first.recorded_at is None
    assert (first.imported, first.unsealed, first.edited) == (True, False, False)
    assert path.read_text().count("\n      imported: true\n") == 2
    before = path.read_bytes()
    assert run(capsys, "a.yaml") == (0, ["a.yaml: already ours, left as it is"])
    assert path.read_bytes() == before


def test_the_usage_of_a_stream_is_the_one_in_its_events(capsys: pytest.CaptureFixture[str]) -> None:
    last = json.dumps({"choices": [], "usage": USAGE})
    written(({"stream": True}, stream('{"choices": []}', last, "[DONE]")), ({"stream": True}, stream("[DONE]")))
    assert run(capsys, "a.yaml") == (0, ["a.yaml: imported 2 interactions, 1 of them without usage"])
    assert load(Path("a.yaml"))[0].reply.chunks == (Chunk(23, 0.0), Chunk(len(last) + 8, 0.0), Chunk(14, 0.0))


def test_what_is_no_chat_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    written(({"q": "tea"}, {"found": []}), url="https://h.example/search")
    assert run(capsys, "a.yaml") == (0, ["a.yaml: imported 1 interaction, 1 of them no chat"])
    assert [item.request.url for item in load(Path("a.yaml"))] == ["https://h.example/search"]


def test_keys_are_removed_by_where_they_stand_by_shape_and_by_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "hunter2-hunter2-0"
    monkeypatch.setenv("SOME_TOKEN", secret)
    cookies = {"set-cookie": ["session=abcdef0123456789"]}
    # The key of one request, repeated in another's reply, token by token.
    told = [json.dumps({"choices": [{"index": 0, "delta": {"content": part}}]}) for part in (KEY[:9], KEY[9:])]
    path = written(({"user": secret}, ANSWER), ({"a": "ghp_" + "0123456789ab" * 3}, stream(*told, **cookies)))
    assert run(capsys, "a.yaml")[0] == 0
    text = path.read_text()
    assert not [secret for secret in (secret, KEY, KEY[:9], KEY[9:], "ghp_", "cookie", "abcdef") if secret in text]
    # The repeated key is also in the answer that is read from the events.
    assert text.count("[REDACTED]") == 4


def test_what_stands_in_the_place_of_a_key_is_not_taken_for_one(capsys: pytest.CaptureFixture[str]) -> None:
    path = written(({"a": "**********"}, ANSWER))
    path.write_text(path.read_text().replace(KEY, "**********"))
    assert run(capsys, "a.yaml")[0] == 0
    assert b"**********" in load(path)[0].request.body


def test_a_cassette_in_json_becomes_one_in_yaml_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    path = written(({"model": "m"}, ANSWER), path="a.json")
    before = path.read_bytes()
    line = "a.json: imported 1 interaction, as a.yaml; delete a.json when its tests pass with that"
    assert run(capsys, "a.json") == (0, [line])
    assert path.read_bytes() == before
    assert json.loads(load(Path("a.yaml"))[0].reply.body) == ANSWER
    assert run(capsys, ".") == (
        0,
        ["a.json: already imported, as a.yaml", "a.yaml: already ours, left as it is"],
    )
    save(Path("a.yaml"), [])
    assert run(capsys, "a.json") == (
        1,
        ["a.json: not imported, because a.yaml exists and contains something else; move one of them away"],
    )
    assert load(Path("a.yaml")) == []


def test_a_compressed_cassette_becomes_one_in_yaml_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    path = written(({"model": "m"}, ANSWER))
    Path("a.yaml.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    line = "a.yaml.gz: imported 1 interaction, as a.yaml; delete a.yaml.gz when its tests pass with that"
    assert run(capsys, ".") == (0, [line])
    assert json.loads(load(Path("a.yaml"))[0].reply.body) == ANSWER
    assert run(capsys, "a.yaml.gz") == (0, ["a.yaml.gz: already imported, as a.yaml"])


def test_directories_are_walked_and_what_cannot_be_read_is_named_and_left(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("c/a.yaml", "c/deep/b.yml", "c/deep/d.yaml"):
        written(({"model": "m"}, ANSWER), path=name)
    Path("c/deep/c.yaml").write_text("a: [\x1b[31m")
    Path("c/notes.txt").write_text("mine")
    status, lines = run(capsys, "c", "c/a.yaml")
    assert status == 1
    assert [line.partition(":")[0] for line in lines] == ["c/a.yaml", "c/deep/b.yml", "c/deep/c.yaml", "c/deep/d.yaml"]
    assert "not readable as YAML" in lines[2]
    assert [" imported " in line for line in lines] == [True, True, False, True]
    assert Path("c/deep/c.yaml").read_text() == "a: [\x1b[31m"


def test_in_a_directory_other_files_are_left_but_one_that_is_named_is_a_mistake(
    capsys: pytest.CaptureFixture[str],
) -> None:
    written(({"model": "m"}, ANSWER), path="tests/a.yaml")
    Path("tests/prices.yaml").write_text("gpt-4o: 2.5\n")
    Path("tests/questions.json").write_text('[{"a": 1}]')
    Path("tests/tags.json").write_text('{"a": 1}')
    assert run(capsys, "tests") == (
        0,
        [
            "tests/a.yaml: imported 1 interaction",
            "tests/prices.yaml: not a cassette, left as it is",
            "tests/questions.json: not a cassette, left as it is",
            "tests/tags.json: not a cassette, left as it is",
        ],
    )
    status, lines = run(capsys, "tests/prices.yaml")
    assert status == 1
    assert lines[0].startswith("tests/prices.yaml:1: not a cassette: it has no list `interactions`; if another tool")
    # A cassette that was cut off is no file of another kind.
    Path("tests/cut.yaml").write_text("version: 1\n")
    status, lines = run(capsys, "tests")
    assert status == 1
    assert "tests/cut.yaml:1: not a cassette: it has no list `interactions`; fix it" in lines[1]
    Path("tests/cut.yaml").write_text("- request: {}\n")
    status, lines = run(capsys, "tests")
    assert status == 1
    assert "tests/cut.yaml:1: not a cassette: it has no list `interactions`; fix it" in lines[1]


def test_an_error_shows_no_secret_and_nothing_that_a_terminal_obeys(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", "hunter2-hunter2")
    Path("a\x07.yaml").write_text("version: hunter2-hunter2\ninteractions: []\n")
    status, [line] = run(capsys, "a\x07.yaml")
    assert (status, line[:11]) == (1, r"a\x07.yaml:")
    assert "'[REDACTED]'" in line


def test_a_body_that_cannot_be_looked_into_is_not_imported(capsys: pytest.CaptureFixture[str]) -> None:
    answer = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"content-encoding": ["compress"]},
        "body": {"string": b"\x8b\x05\x80"},
    }
    path = written(({"model": "m"}, ANSWER), ({"model": "n"}, answer))
    before = path.read_bytes()
    status, [line] = run(capsys, "a.yaml")
    assert (status, line) == (
        1,
        "a.yaml:23: interaction 2 is compressed (compress), and cannot be decompressed here, so a secret in it would"
        " not be seen; record it again",
    )
    assert path.read_bytes() == before


def test_a_time_that_the_other_tool_gave_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    path = written(({"model": "m"}, ANSWER))
    path.write_text(path.read_text().replace("version: 1", "  recorded_at: '2026-11-24T14:39:22+01:00'\nversion: 1"))
    assert run(capsys, "a.yaml")[0] == 0
    assert load(path)[0].recorded_at == "2026-11-24T13:39:22.000000Z"


def test_ours_as_vcrpy_wrote_it_again_becomes_ours_again(capsys: pytest.CaptureFixture[str]) -> None:
    reply = Reply(200, "OK", (("content-type", "text/event-stream"),), b"data: 1\n\n", (Chunk(3, 0.5), Chunk(6, 0.7)))
    item = Interaction(Request("POST", URL, (), b'{"a":1}'), reply, "2026-11-24T13:39:22.000000Z", edited=True)
    save(Path("a.yaml"), [item])
    requests, responses = vcr.serialize.deserialize(Path("a.yaml").read_text(), yamlserializer)
    Path("a.yaml").write_text(vcr.serialize.serialize({"requests": requests, "responses": responses}, yamlserializer))
    assert run(capsys, "a.yaml") == (0, ["a.yaml: imported 1 interaction, 1 of them without usage"])
    assert load(Path("a.yaml")) == [item]


def test_a_path_that_does_not_exist_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["import", "nowhere"])
    assert "nowhere: no such file or directory" in capsys.readouterr().err


def test_a_cassette_that_another_process_writes_is_waited_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "_LONGEST_WAIT", 0.1)
    path = written(({"model": "m"}, ANSWER))
    before = path.read_bytes()
    with locked(path):
        assert run(capsys, "a.yaml") == (1, ["a.yaml: another process still holds it after 0.1 seconds"])
    assert path.read_bytes() == before
    assert run(capsys, "a.yaml")[0] == 0


# --- names


def test_a_name_that_is_none_on_every_system_becomes_that_of_its_test(capsys: pytest.CaptureFixture[str]) -> None:
    path = written(({"model": "m"}, ANSWER), path="tapes/TestA.test_x[a:b].yaml")
    new = cassette_name(["TestA", "test_x[a:b]"])
    status, [line] = run(capsys, "tapes")
    assert (status, line) == (
        0,
        f"{path}: imported 1 interaction; it is now called {new}, because not every system allows its old name",
    )
    assert [file.name for file in Path("tapes").iterdir()] == [new]
    assert len(load(Path("tapes") / new)) == 1
    assert run(capsys, "tapes") == (0, [f"tapes/{new}: already ours, left as it is"])


def test_of_two_names_that_are_alike_but_for_their_case_one_is_changed(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("True", "true"):
        written(({"model": name}, ANSWER), path=f"tapes/test_x[{name}].yaml")
    run(capsys, "tapes")
    names = {cassette_name(["test_x[True]"], alike=True): b'"True"', "test_x[true].yaml": b'"true"'}
    assert {file.name for file in Path("tapes").iterdir()} == {*names}
    for name, model in names.items():
        assert model in load(Path("tapes") / name)[0].request.body


@pytest.mark.parametrize("name", ["test_x[True].yaml", "test:x.yaml", "a:b[c].yaml", "test_x.yaml", "test_x[a:b].yml"])
def test_a_name_that_every_system_can_have_or_that_a_marker_may_give_stays(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    written(({"model": "m"}, ANSWER), path=f"tapes/{name}")
    run(capsys, "tapes")
    assert [file.name for file in Path("tapes").iterdir()] == [name]


def test_a_cassette_is_not_renamed_to_one_that_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    new = cassette_name(["test_x[a:b]"])
    written(({"model": "m"}, ANSWER), path="tapes/test_x[a:b].yaml")
    written(({"model": "n"}, ANSWER), path=f"tapes/{new}")
    status, [line, _] = run(capsys, "tapes/test_x[a:b].yaml", f"tapes/{new}")
    assert status == 1
    assert line.startswith(f"tapes/test_x[a:b].yaml: cannot be moved to tapes/{new}: ")
    assert len(list(Path("tapes").iterdir())) == 2


def test_a_compressed_cassette_of_ours_is_left_as_it_is_whatever_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    path = written(({"model": "m"}, ANSWER), path="tapes/a.yaml")
    run(capsys, "tapes")
    compressed = Path("tapes/test_x[a:b].yaml.gz")
    compressed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    assert run(capsys, "tapes") == (0, [f"{compressed}: already ours, left as it is"])


@pytest.mark.parametrize("imported", [False, True])
def test_a_call_has_the_price_of_the_day_that_its_reply_says(
    capsys: pytest.CaptureFixture[str], imported: bool
) -> None:
    answer = plain(json.dumps({**ANSWER, "model": "gpt-4o-mini"}).encode())
    answer["headers"]["Date"] = ["Sat, 01 Mar 2025 12:30:00 GMT"]
    path = written(({"model": "gpt-4o-mini", "messages": []}, answer))
    if imported:
        run(capsys, "a.yaml")
    assert path.read_text().count("answered_at: ") == imported
    [call] = load(path)
    assert (call.recorded_at, call.answered_at) == (None, "2025-03-01T12:30:00.000000Z")
    assert cli.main(["show", "a.yaml"]) == 0
    out, _ = capsys.readouterr()
    assert "answered on 2025-03-01, according to the reply" in out
    assert "$0.00000165" in out
