"""Which transport a request takes."""

from __future__ import annotations

from typing import Any

from pytest_samurai.intercept.library import Library
from pytest_samurai.intercept.state import STATE, ambiguous, opened_here
from pytest_samurai.intercept.transports import Other, Passing, Recorded, Watched
from pytest_samurai.matching import Endpoints

OTHER_ENDPOINTS = Endpoints(("*/responses", "*/messages", "*/completions", "*/embeddings"))
"""Other model endpoints: not recorded, and so refused while a test replays, which must not go live by surprise."""


def route(library: Library, transport: Any, url: Any) -> Any:
    """The transport for a URL: the client's own, or ours in front of it where there is something to decide."""
    opened = opened_here()
    unmarked = STATE.unmarked
    if not opened and unmarked is None:
        return transport
    if library.is_stand_in(transport):
        return transport
    text = str(url)
    if not opened:
        assert unmarked is not None
        return Watched(library, transport, unmarked) if unmarked.endpoints.match(text) is not None else transport
    recorder = opened[0].recorder
    if recorder.endpoints.match(text) is not None:
        if len(opened) > 1:
            raise ambiguous(opened)
        return Recorded(library, transport, recorder, text)
    passing = Passing(library, transport) if recorder.replaying else transport
    endpoint = OTHER_ENDPOINTS.match(text)
    return passing if endpoint is None else Other(library, passing, recorder, endpoint)
