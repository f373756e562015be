"""Requests of other libraries than httpx: what the cassette holds of them is replayed, and nothing is recorded."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from pytest_samurai.intercept.patch import Patch
from pytest_samurai.intercept.rawreply import RawReply
from pytest_samurai.intercept.routing import ambiguous
from pytest_samurai.intercept.state import MAY_CONNECT, STATE, nowhere, open_recorders
from pytest_samurai.recorder import Recorder, answered
from pytest_samurai.wire import Request, calls_model

_ROOMS = {"urllib3.connectionpool": "urllib3pools", "aiohttp.connector": "aiohttpconnectors"}
"""The module of a library that is patched, and the module here that knows how."""

ANSWERED = tuple(_ROOMS)


def answer_imported() -> None:
    """Patch the libraries that are imported, until `STATE.answered` are taken out."""
    modules = [*map(sys.modules.get, ANSWERED)]
    STATE.answered.put_in(lambda: _patches(modules), modules)


def _patches(modules: list[ModuleType | None]) -> Iterator[Patch]:
    for module in filter(None, modules):
        # Few suites have these libraries, and the others need not load what knows them.
        yield import_module(f"pytest_samurai.intercept.{_ROOMS[module.__name__]}").patch(module)


def holder(url: str) -> Recorder | None:
    """The recorder whose cassette may hold a request to a URL; None if none does.

    Nor does one if the request is that of a transport of httpx: then it was judged before. Raises RequestNotRecorded
    where it is not known which recorder to ask.
    """
    if MAY_CONNECT.get() is not nowhere:
        return None
    recorders = open_recorders()
    if not any(_may_hold(recorder, url) for recorder in recorders):
        return None
    if len(recorders) > 1:
        raise ambiguous(recorders)
    return recorders[0]


def _may_hold(recorder: Recorder, url: str) -> bool:
    # In a forked child the recorder is a copy, which answers nothing; its connection is refused.
    if not recorder.playback.recordings or recorder.children.is_copy:
        return False
    return recorder.endpoints.match(url) is not None or recorder.hosts.has_recorded(url)


def answer(recorder: Recorder, request: Request) -> RawReply | None:
    """The recorded reply to a request; None if the request may go on to connect, where it is judged.

    Raises RequestNotRecorded if the cassette has its URL, but not this request, and only a replay is possible.
    """
    endpoint = recorder.endpoints.match(request.url)
    is_endpoint = endpoint is not None and (
        not recorder.endpoints.is_ambiguous(endpoint) or calls_model(request.url, request.body)
    )
    played = answered(recorder, request, is_endpoint=is_endpoint)
    if played is None:
        return None
    recorder.sent.append((request.headers, request.url))
    return RawReply(played, recorder, request.method)
