"""The private names of httpx and httpx2 that we rely on: a new version that changes one fails here."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import httpx
import httpx2
import pytest

from pytest_samurai.intercept.library import LIBRARIES, SEAM, Library, client_classes

MODULES = pytest.mark.parametrize("module", [httpx, httpx2], ids=lambda module: module.__name__)
TRANSPORTS = pytest.mark.parametrize(
    ("kind", "method"), [("HTTPTransport", "handle_request"), ("AsyncHTTPTransport", "handle_async_request")]
)


def other_tool(*args: Any) -> None:
    """What respx, pytest-httpx or vcrpy replace a method with."""


def test_the_libraries_are_found_by_their_names() -> None:
    assert [sys.modules[name] for name in LIBRARIES] == [httpx, httpx2]


@MODULES
def test_each_client_chooses_its_transport_in_the_method_that_is_patched(module: Any) -> None:
    classes = client_classes(module)
    assert classes == [module.Client, module.AsyncClient]
    for client in classes:
        assert list(inspect.signature(vars(client)[SEAM]).parameters)[1:] == ["url"]
        send = inspect.getsource(client._send_single_request)  # type: ignore[attr-defined]  # private, like the seam
        assert f"self.{SEAM}(request.url)" in send


@pytest.mark.parametrize("name", LIBRARIES)
def test_the_transports_make_their_context_with_the_function_that_is_patched(name: str) -> None:
    # In a separate process: if CI is set, the suite's own run has patched it.
    code = f"""
import {name} as module
from pytest_samurai.intercept.library import CONTEXT_MAKER, context_owner
owner, made = context_owner(module), []
original = getattr(owner, CONTEXT_MAKER)
setattr(owner, CONTEXT_MAKER, lambda **options: made.append(options) or original(**options))
module.HTTPTransport(), module.AsyncHTTPTransport()
assert [options["verify"] for options in made] == [True, True], made
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@MODULES
@TRANSPORTS
def test_a_transport_whose_methods_are_the_librarys_is_not_mocked(module: Any, kind: str, method: str) -> None:
    transport = getattr(module, kind)(verify=False)
    assert hasattr(transport, method)
    assert hasattr(transport._pool, method)
    assert not Library(module).is_mocked(transport)


@MODULES
@TRANSPORTS
@pytest.mark.parametrize("behind", [False, True], ids=["transport", "pool"])
def test_one_that_another_tool_has_replaced_is_mocked(
    module: Any, kind: str, method: str, behind: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = getattr(module, kind)(verify=False)
    monkeypatch.setattr(type(transport._pool if behind else transport), method, other_tool)
    assert Library(module).is_mocked(transport)


@MODULES
def test_a_transport_of_the_users_own_is_never_mocked(module: Any) -> None:
    assert not Library(module).is_mocked(module.BaseTransport())


@MODULES
def test_our_streams_are_of_the_librarys_classes_sync_and_async(module: Any) -> None:
    library = Library(module)
    for stream in (library.tee, library.replay):
        assert issubclass(stream, module.SyncByteStream)
        assert issubclass(stream, module.AsyncByteStream)


@MODULES
@pytest.mark.parametrize(
    ("encoding", "known"),
    [(None, False), ("identity", False), ("none-such", False), ("gzip", True), ("gzip, deflate", True)],
)
def test_the_library_tells_whether_it_knows_an_encoding(module: Any, encoding: str | None, known: bool) -> None:
    response = module.Response(200, headers=[("content-encoding", encoding)] if encoding else [], stream=None)
    library = Library(module)
    library.plain(response)

    assert isinstance(response.stream, library.decoded) is known
    assert ("content-encoding" in response.headers) is (encoding is not None and not known)
