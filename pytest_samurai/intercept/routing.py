"""Which transport a request takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.intercept.library import Library
from pytest_samurai.intercept.state import STATE, Unmarked, open_recorders
from pytest_samurai.intercept.transports import Copied, Other, Passing, Recorded, Watched
from pytest_samurai.recorder import Recorder, suspect


def route(library: Library, transport: Any, url: Any) -> Any:
    """The transport for a URL: the client's own, or ours in front of it if there is something to decide.

    Every hop of a redirect comes here again. Raises RequestNotRecorded if it is unclear which recorder to ask.
    """
    recorders = open_recorders()
    unmarked = STATE.unmarked
    if not recorders and unmarked is None:
        return transport
    if library.is_stand_in(transport):
        return transport
    text = str(url)
    if not recorders:
        assert unmarked is not None
        is_sure = _is_watched(unmarked, text)
        return transport if is_sure is None else Watched(library, transport, unmarked, is_sure=is_sure)
    recorder = recorders[0]
    endpoint = recorder.endpoints.match(text)
    if endpoint is not None:
        if len(recorders) > 1:
            raise ambiguous(recorders)
        if recorder.children.is_copy:
            return Copied(library, transport, recorder)
        return Recorded(library, transport, recorder, text, is_sure=not recorder.endpoints.is_ambiguous(endpoint))
    # If one of them can only replay, it must refuse what the others would let go live.
    recorder = next((recorder for recorder in recorders if recorder.replaying), recorder)
    suspected = suspect(recorder.hosts, text)
    if suspected is not None:
        # Another tool's answer is not live. If it lets the request through, the connection will be refused.
        return transport if library.is_mocked(transport) else Other(library, transport, recorder, suspected)
    return Passing(library, transport, recorder)


def _is_watched(unmarked: Unmarked, url: str) -> bool | None:
    """Whether a URL is certainly a model's, while no recorder is open; None if it is not watched."""
    endpoint = unmarked.endpoints.match(url)
    if endpoint is not None and not unmarked.endpoints.is_ambiguous(endpoint):
        return True
    suspected = unmarked.suspect(url)
    if suspected is not None:
        return suspected.path.is_sure
    return None if endpoint is None else False


def ambiguous(recorders: Sequence[Recorder]) -> RequestNotRecorded:
    """The refusal of a call that may belong to several recorders."""
    text = (
        f"{len(recorders)} recorders are open, and nothing says which of them this thread belongs to; start it with"
        " contextvars.copy_context().run"
    )
    return [recorder.refuse(text) for recorder in recorders][-1]
