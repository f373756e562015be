"""The keys of `vcr_config` mean the same here as in vcrpy."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_samurai import RequestNotRecorded, SettingsError, use_cassette
from pytest_samurai.cassette.reader import load
from pytest_samurai.cassette.writer import save
from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction
from tests.project import Project

VCRPY = tuple(map(int, metadata.version("vcrpy").split(".")[:2]))
URL = "https://h.example/v1/chat/completions"
EVENTS = b'data: {"choices": [{"index": 0, "delta": {"content": "Hi"}}]}\n\ndata: [DONE]\n\n'


class Wire(httpx.BaseTransport):
    """A server without a network: what was sent to it, and what it answers."""

    def __init__(self, *replies: httpx.Response) -> None:
        self.sent: list[httpx.Request] = []
        self._replies = list(replies)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self._replies.pop(0) if self._replies else httpx.Response(200, json={"n": len(self.sent)})

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.content) for request in self.sent]

    def ask(self, content: str = "hi", url: str = URL, headers: Any = None, **more: Any) -> httpx.Response:
        body = {"model": "m", "messages": [{"role": "user", "content": content}], **more}
        # Without `verify`, each client would read all certificates.
        with httpx.Client(transport=self, verify=False) as client:
            return client.post(url, json=body, headers=headers)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def path(cassettes: Path) -> Path:
    return cassettes / "a.yaml"


def stored(path: Path) -> list[Any]:
    return [json.loads(item.request.body) for item in load(path)]


# --- filters


def test_a_filtered_parameter_is_sent_but_neither_stored_nor_compared(path: Path, wire: Wire) -> None:
    options: dict[str, Any] = {"filter_post_data_parameters": ["user", ("seed", "0")]}
    with use_cassette(path, **options) as recorder:
        wire.ask(user="me", seed=7)
    assert recorder.calls[0].request["user"] == wire.bodies[0]["user"] == "me"
    [body] = stored(path)
    assert ("user" in body, body["seed"]) == (False, "0")
    with use_cassette(path, **options) as recorder:
        assert wire.ask(user="you", seed=8).json() == {"n": 1}
    assert recorder.calls[0].replayed
    assert recorder.calls[0].request["user"] == "you"
    assert len(wire.sent) == 1


def test_filters_of_the_url_and_of_headers_take_what_vcrpy_takes(path: Path, wire: Wire) -> None:
    seen = []

    def replaced(key: str, value: str, request: Any) -> str:
        seen.append((key, value, request.method))
        return "one"

    options: dict[str, Any] = {
        "filter_query_parameters": ["when", ("who", replaced)],
        "filter_headers": [("accept", "any"), "content-type"],
        "match_on": ["uri", "headers"],
    }
    with use_cassette(path, **options):
        wire.ask(url=f"{URL}?when=1&who=me&a=b")
    assert seen == [("who", "me", "POST")]
    assert wire.sent[0].url.query == b"when=1&who=me&a=b"
    [item] = load(path)
    assert (item.request.url, item.request.headers) == (f"{URL}?a=b&who=one", (("accept", "any"),))
    with use_cassette(path, **options):
        assert wire.ask(url=f"{URL}?when=2&who=you&a=b", headers={"accept": "text/html"}).json() == {"n": 1}


def test_the_key_of_a_request_is_known_even_if_a_filter_took_its_header_away(path: Path, wire: Wire) -> None:
    key = "zq81-kk20-vv77-aa01"
    with use_cassette(path, filter_headers=["authorization"]):
        wire.ask(content=f"is {key} good?", headers={"authorization": f"Bearer {key}"})
    assert key not in path.read_text()


@pytest.mark.skipif(VCRPY < (9, 4), reason="vcrpy filters at any depth from 9.4 on")
def test_parameters_can_be_filtered_at_any_depth(path: Path, wire: Wire) -> None:
    options: dict[str, Any] = {"filter_post_data_parameters": ["id"], "filter_nested_post_data_parameters": True}
    with use_cassette(path, **options):
        wire.ask(metadata={"id": 1, "kept": 2})
    assert stored(path)[0]["metadata"] == {"kept": 2}


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"filter_nested_post_data_parameters": True}, "filter_nested_post_data_parameters"),
        ({"ignore_hosts": ["a", re.compile("b+")]}, "re.compile('b+')"),
    ],
)
def test_what_only_a_newer_vcrpy_does_is_refused_with_both_versions(
    options: dict[str, Any], what: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: "8.2.1")
    with pytest.raises(SettingsError) as caught, use_cassette(path, **options):
        pass
    assert str(caught.value) == f"{what}: this needs vcrpy 9.4, but 8.2.1 is installed: pip install 'vcrpy>=9.4'"


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"filter_headers": ["a"], "ignore_localhost": True}, "filter_headers, ignore_localhost"),
        ({"match_on": ["method", lambda r1, r2: True]}, "a function in match_on"),
    ],
)
def test_without_vcrpy_it_is_said_how_to_get_it(
    options: dict[str, Any], what: str, path: Path, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: str) -> str:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(SettingsError) as caught, use_cassette(path, **options):
        pass
    assert str(caught.value) == (
        f"{what}: this needs vcrpy, which is not installed: pip install 'pytest-samurai[vcrpy]'"
    )
    # Nothing else needs it.
    with use_cassette(path, allow_playback_repeats=True, record_mode="once"):
        wire.ask()


# --- playback repeats


@pytest.mark.parametrize("functions", [[], [lambda r1, r2: r1.body == r2.body]])
def test_what_is_played_is_played_again_from_its_first_recording_if_repeats_are_allowed(
    functions: list[Any], path: Path, wire: Wire
) -> None:
    match_on = ["method", "endpoint", "chat", *functions]
    with use_cassette(path):
        for content in ("hi", "hi", "you"):
            wire.ask(content)
    for mode in ("none", "once", "new_episodes"):
        with use_cassette(path, mode=mode, match_on=match_on, allow_playback_repeats=True) as recorder:
            answers = [wire.ask(content).json()["n"] for content in ("hi", "hi", "hi", "you", "hi", "you")]
        assert answers == [1, 2, 1, 3, 1, 3]
        assert len(recorder.calls) == 6
    assert len(wire.sent) == 3
    with pytest.raises(RequestNotRecorded), use_cassette(path, mode="none", match_on=match_on) as recorder:
        for content in ("hi", "hi", "you", "hi"):
            wire.ask(content)


def test_a_request_that_was_never_recorded_is_a_miss_with_repeats_too(path: Path, wire: Wire) -> None:
    with use_cassette(path):
        wire.ask("hi")
    with pytest.raises(RequestNotRecorded), use_cassette(path, mode="none", allow_playback_repeats=True):
        wire.ask("other")


# --- hooks of requests


def test_a_request_hook_is_called_once_for_each_request_that_is_made(path: Path, wire: Wire) -> None:
    seen = []

    def hook(request: Any) -> Any:
        seen.append(request.body)
        request.body = request.body.replace(b"hi", b"HI")
        return request

    for _ in ("to record", "in replay"):
        with use_cassette(path, before_record_request=hook) as recorder:
            wire.ask("hi")
            wire.ask("hi there")
        assert recorder.calls[0].request["messages"][0]["content"] == "hi"
        assert [b"hi" in body for body in seen] == [True, True]
        seen.clear()
    assert [body["messages"][0]["content"] for body in stored(path)] == ["HI", "HI there"]
    assert len(wire.sent) == 2


def test_hooks_are_called_one_after_the_other_until_one_gives_none(path: Path, wire: Wire) -> None:
    def never(request: Any) -> Any:
        raise AssertionError(request)

    with use_cassette(path, before_record_request=[lambda _: None, never]) as recorder:
        assert wire.ask().json() == {"n": 1}
    assert not path.exists()
    assert not recorder.calls


@pytest.mark.parametrize(
    "options",
    [
        {"before_record_request": lambda request: None if "h.example" in request.uri else request},
        {"ignore_hosts": ["h.example"]},
        pytest.param(
            {"ignore_hosts": [re.compile(r"h\.\w+")]},
            marks=pytest.mark.skipif(VCRPY < (9, 4), reason="vcrpy takes patterns from 9.4 on"),
        ),
    ],
)
def test_what_is_left_out_goes_live_in_every_mode_and_is_not_recorded(
    options: dict[str, Any], path: Path, wire: Wire
) -> None:
    for mode in ("once", "none", "new_episodes", "all"):
        with use_cassette(path, mode=mode, **options) as recorder:
            wire.ask()
        assert not recorder.calls
        assert not path.exists()
    assert len(wire.sent) == 4


def test_this_machine_can_be_left_out_and_others_are_not(path: Path, wire: Wire) -> None:
    with use_cassette(path, ignore_localhost=True):
        wire.ask(url="http://localhost:1/v1/chat/completions")
        wire.ask()
    assert [item.request.url for item in load(path)] == [URL]


def test_what_is_left_out_goes_live_from_async_code_too(path: Path) -> None:
    class AsyncWire(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json={"live": True})

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=AsyncWire(), verify=False) as client:
            return await client.post(URL, json={"model": "m"})

    with use_cassette(path, ignore_hosts=["h.example"]):
        assert asyncio.run(ask()).json() == {"live": True}
    assert not path.exists()


@pytest.mark.parametrize(
    ("body", "expected"), [(None, b""), ({"a": 1}, b'{"a": 1}'), ("text", b"text"), (bytearray(b"b"), b"b")]
)
def test_a_hook_may_put_any_body_of_vcrpys_in_place(body: Any, expected: bytes, path: Path, wire: Wire) -> None:
    def hook(request: Any) -> Any:
        request.body = body
        return request

    with use_cassette(path, before_record_request=hook):
        wire.ask()
    assert load(path)[0].request.body == expected


def test_headers_that_a_hook_leaves_alone_are_all_there_and_new_ones_are_what_it_gave(path: Path, wire: Wire) -> None:
    def hook(request: Any) -> Any:
        request.headers["Content-Type"] = b"text/plain"
        return request

    with use_cassette(path, before_record_request=hook):
        wire.ask(headers=[("accept", "a"), ("accept", "b")])
    assert load(path)[0].request.headers == (("accept", "a"), ("accept", "b"), ("content-type", "text/plain"))


def test_a_hook_that_gives_no_request_is_a_mistake(path: Path, wire: Wire) -> None:
    with pytest.raises(
        SettingsError, match="before_record_request returned a value of type str; it must be the request, or None"
    ):
        with use_cassette(path, before_record_request=lambda _: "x"):
            wire.ask()


def test_a_hook_that_tells_the_key_as_it_raises_is_named_without_it(path: Path, wire: Wire) -> None:
    def hook(request: Any) -> Any:
        raise ValueError(f"{request.headers['authorization']}\n{'long ' * 100}")

    with pytest.raises(ValueError, match="plain-vault") as caught, use_cassette(path, before_record_request=hook):
        wire.ask(headers=[("authorization", "Bearer Zx81-plain-vault-key")])
    [note] = caught.value.__notes__
    assert "before_record_request raised ValueError: Bearer [REDACTED] long long" in note
    assert len(note.splitlines()) == 1
    assert len(note) < 250


def test_a_hook_that_raises_is_named_even_if_the_application_swallows_it(path: Path, wire: Wire) -> None:
    def hook(_: Any) -> Any:
        raise KeyError("user")

    for name in ("before_record_request", "before_record_response"):
        with (
            pytest.warns(UserWarning, match=rf"{name} raised KeyError: 'user'; the call is not recorded"),
            use_cassette(path, **{name: hook}),
            pytest.raises(KeyError),
        ):
            wire.ask()
        assert not path.exists()


# --- hooks of responses


def test_a_response_hook_changes_what_is_stored_and_replayed_and_not_what_is_received(path: Path, wire: Wire) -> None:
    seen = []

    def hook(response: Any) -> Any:
        seen.append(response["body"]["string"])
        response["body"]["string"] = b'{"n": "changed"}'
        response["status"] = {"code": 201, "message": "Changed"}
        response["headers"]["x-request-id"] = "one"
        return response

    with use_cassette(path, before_record_response=hook):
        first = wire.ask()
    assert (first.status_code, first.json()) == (200, {"n": 1})
    with use_cassette(path, before_record_response=hook):
        replayed = wire.ask()
    assert (replayed.status_code, replayed.reason_phrase, replayed.json()) == (201, "Changed", {"n": "changed"})
    assert replayed.headers["x-request-id"] == "one"
    assert [json.loads(body) for body in seen] == [{"n": 1}]


def test_a_response_hook_gets_the_body_decoded_and_no_header_that_says_otherwise(path: Path) -> None:
    seen = []
    wire = Wire(
        httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(gzip.compress(b"{}")))
    )

    def hook(response: Any) -> Any:
        seen.append(response)
        return response

    with use_cassette(path, before_record_response=hook):
        assert wire.ask().json() == {}
    assert seen == [{"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": b"{}"}}]


def test_an_interaction_whose_response_is_none_is_left_out(path: Path, wire: Wire) -> None:
    with use_cassette(
        path, before_record_response=lambda response: None if b"1" in response["body"]["string"] else response
    ):
        wire.ask("one")
        wire.ask("two")
    assert [body["messages"][0]["content"] for body in stored(path)] == ["two"]


@pytest.mark.parametrize("old", [b"Hi", b"never there"])
def test_a_stream_keeps_its_chunks_unless_its_body_is_changed(old: bytes, path: Path) -> None:
    def hook(response: Any) -> Any:
        response["body"]["string"] = response["body"]["string"].replace(old, b"Hello")
        return response

    parts = [EVENTS[:20], EVENTS[20:50], EVENTS[50:]]

    class Parts(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            return iter(parts)

    wire = Wire(httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Parts()))
    with use_cassette(path, before_record_response=hook, stream_usage=False):
        assert wire.ask(stream=True).content == EVENTS
    [item] = load(path)
    pieces = [piece for piece, _ in item.reply.pieces()]
    assert pieces == (parts if old != b"Hi" else [EVENTS[:63].replace(b"Hi", b"Hello"), b"data: [DONE]\n\n"])


NOT_ZIPPED = {
    "status": {"code": 200, "message": "OK"},
    "headers": {"content-encoding": ["gzip"]},
    "body": {"string": b"\x1f\x8b\x08\x00plain"},
}


@pytest.mark.parametrize("given", ["x", {"status": 7}, {"status": {"code": 200}, "body": {"string": 5}}, NOT_ZIPPED])
def test_a_hook_that_gives_no_response_is_a_mistake(given: Any, path: Path, wire: Wire) -> None:
    with pytest.raises(SettingsError, match="before_record_response returned .*, which is not a response: "):
        with use_cassette(path, before_record_response=lambda _: given):
            wire.ask()
    assert not path.exists()


# --- matchers


def same_user(r1: Any, r2: Any) -> Any:
    return json.loads(r1.body)["user"] == json.loads(r2.body)["user"]


def asserted_user(r1: Any, r2: Any) -> None:
    assert same_user(r1, r2)


class SameUser:
    def __call__(self, r1: Any, r2: Any) -> bool:
        return bool(same_user(r1, r2))


@pytest.mark.parametrize("function", [same_user, asserted_user, SameUser()])
@pytest.mark.parametrize("names", [[], ["method", "path"]])
def test_a_function_chooses_among_the_recordings_that_are_equal_in_what_is_named(
    function: Callable[..., Any], names: list[str], path: Path, wire: Wire
) -> None:
    options: dict[str, Any] = {"match_on": [*names, function]}
    for users, numbers in (("abba", [1, 2, 3, 4]), ("baab", [2, 1, 4, 3])):
        with use_cassette(path, **options):
            assert [wire.ask(f"{place}", user=user).json()["n"] for place, user in enumerate(users)] == numbers
    assert len(wire.sent) == 4


def test_a_miss_names_the_function_that_said_no(path: Path, wire: Wire) -> None:
    with use_cassette(path):
        wire.ask(user="a")
        wire.ask(user="b")
    with (
        pytest.raises(RequestNotRecorded) as caught,
        use_cassette(path, match_on=["method", same_user], unused="ignore"),
    ):
        wire.ask(user="c")
    assert str(caught.value).splitlines()[4:] == [
        "  Equal in every part that `match_on` names, but not by its functions:",
        "    interaction 1: same_user says no",
        "    interaction 2: same_user says no",
    ]
    with pytest.raises(RequestNotRecorded) as caught, use_cassette(path, match_on=[SameUser()], unused="ignore"):
        wire.ask(user="c")
    assert "interaction 1: SameUser says no" in str(caught.value)


def test_a_function_may_look_at_the_calls_so_far(path: Path, wire: Wire) -> None:
    with use_cassette(path):
        wire.ask()

    def first(r1: Any, r2: Any) -> bool:
        return not recorder.calls

    with use_cassette(path, match_on=[first]) as recorder:
        wire.ask()
    assert recorder.calls[0].replayed


def test_an_error_goes_for_the_success_of_the_very_same_request_only(path: Path) -> None:
    wire = Wire(httpx.Response(503), httpx.Response(200, json={}))
    with use_cassette(path, match_on=[lambda *_: True]):
        wire.ask("one")
        wire.ask("two")
    assert [item.reply.status for item in load(path)] == [503, 200]


def test_a_block_that_fails_in_mode_all_replaces_what_it_asked_only(path: Path, wire: Wire) -> None:
    options: dict[str, Any] = {"match_on": [lambda *_: True]}
    with use_cassette(path, **options):
        wire.ask("one")
        wire.ask("two")
    with pytest.raises(ZeroDivisionError), use_cassette(path, mode="all", **options):
        wire.ask("one")
        _ = 1 / 0
    recorded = [(json.loads(item.request.body), json.loads(item.reply.body)) for item in load(path)]
    assert [(asked["messages"][0]["content"], answered) for asked, answered in recorded] == [
        ("two", {"n": 2}),
        ("one", {"n": 3}),
    ]


# --- the surroundings


def test_calls_to_other_places_that_another_tool_recorded_are_not_unused(path: Path, wire: Wire) -> None:
    body = b'{"model": "m", "messages": [{"role": "user", "content": "hi"}]}'
    items = [
        Interaction(Request(method, url, (), sent), Reply(200, "OK", (), b"{}"))
        for method, url, sent in (("GET", "https://h.example/search", b""), ("POST", URL, body))
    ]
    save(path, items)
    with use_cassette(path):
        wire.ask()
    assert not wire.sent


def test_a_request_that_holds_a_secret_is_found_in_a_cassette_of_cassetter(path: Path, wire: Wire) -> None:
    headers = (("content-type", "application/json"), ("host", "h.example"))
    content = "is sk-abcdefghijklmnop0123 good?"
    body = {"model": "m", "messages": [{"role": "user", "content": content}]}
    asked = Request("POST", URL, headers, json.dumps(body).encode())
    save(path, [Interaction(asked, Reply(200, "OK", (), b"{}"), "2026-11-24T13:39:22.000000Z")])
    with use_cassette(path):
        wire.ask(content)
    assert not wire.sent


def test_vcrpy_is_imported_when_it_is_asked_for_and_not_before(path: Path, wire: Wire) -> None:
    with use_cassette(path):
        wire.ask()
    script = """if True:
        import sys
        import httpx
        from pytest_samurai import use_cassette
        body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        for options in ({}, {"ignore_hosts": ["elsewhere.example"]}):
            with use_cassette(sys.argv[1], mode="none", **options):
                assert httpx.post(sys.argv[2], json=body, verify=False).json() == {"n": 1}
            print("vcr" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", script, path, URL], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_a_vcr_config_works_as_samurai_config(project: Project) -> None:
    project.tests("""
@pytest.fixture(scope="module")
def vcr_config():
    return {
        "filter_headers": [("authorization", "XXX")],
        "filter_post_data_parameters": ["user"],
        "ignore_hosts": ["testserver"],
        "match_on": ["method", "path", "body"],
    }


@pytest.fixture(scope="module")
def samurai_config(vcr_config):
    return vcr_config


@pytest.mark.samurai
def test_it(samurai_client, samurai):
    message = {"role": "user", "content": "hi"}
    body = {"model": "m", "messages": [message], "user": "live" if not samurai.replaying else "replayed"}
    assert samurai_client.post("/chat/completions", json=body).is_success
""")
    project.run().assert_outcomes(passed=1)
    project.offline()
    project.run().assert_outcomes(passed=1)
    assert "live" not in project.text("test_it/test_it.yaml")
