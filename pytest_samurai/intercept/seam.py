"""The one seam that every httpx and httpx2 request passes through, sync and async.

Every client chooses the transport of each request in one method, and that method is patched. So it does not matter when
the client was made, or what transport, mounts or proxies it has. docs/intercept.md has the roads not taken.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from pytest_samurai.files import REAL
from pytest_samurai.intercept.answered import ANSWERED, answer_imported
from pytest_samurai.intercept.imports import Finder
from pytest_samurai.intercept.library import CONTEXT_MAKER, LIBRARIES, SEAM, Library, client_classes, context_owner
from pytest_samurai.intercept.patch import Patch
from pytest_samurai.intercept.processes import watch_processes
from pytest_samurai.intercept.routing import route
from pytest_samurai.intercept.sockets import unwatch_connections, watch_connections
from pytest_samurai.intercept.state import CURRENT, STATE, Opened, Unmarked, is_only_replaying
from pytest_samurai.intercept.tls import deferring
from pytest_samurai.recorder import KEYED_LIBRARIES, Recorder

_WATCHED = (*LIBRARIES, *KEYED_LIBRARIES, *ANSWERED)
"""The libraries that need something done if they are imported later."""


class recording:
    """Send this context's requests to the recorder, and those of threads without a recorder."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __enter__(self) -> None:
        # The outer recorder is this context's: one opened in another thread is not around this one.
        self._opened = opened = Opened(self._recorder, CURRENT.get())
        install(later=True)
        CURRENT.set(opened)
        with STATE.lock:
            if not STATE.opened:
                watch_connections()
                watch_processes()
            if self._recorder.playback.recordings:
                answer_imported()
            STATE.opened.append(opened)
            STATE.cassettes.add(self._recorder.cassette_path)

    def __exit__(self, *error: object) -> None:
        opened = self._opened
        with STATE.lock:
            STATE.opened.remove(opened)
            if not STATE.opened:
                _unwatch_connections()
                STATE.starters.take_out()
                STATE.answered.take_out()
        # A token would not work in another context, and a fixture may be torn down in one.
        if CURRENT.get() is opened:
            CURRENT.set(opened.outer)
        uninstall()


def recorders_of(path: Path) -> list[Recorder]:
    """The open recorders of a cassette, in any context."""
    with STATE.lock:
        every = [*STATE.opened]
    if not every:
        return []
    real_path = REAL.realpath(path)
    return [opened.recorder for opened in every if opened.real_path == real_path]


def watch(unmarked: Unmarked | None) -> None:
    """Ask `unmarked` about every model call while no recorder is open. With None, they pass."""
    with STATE.lock:
        STATE.unmarked = unmarked
        if unmarked is None:
            _unwatch_connections()
        elif unmarked.replays:
            watch_connections()


def _unwatch_connections() -> None:
    """Remove the patches, unless a recorder is open, or one was open in the running test, which can only replay."""
    if STATE.opened or (STATE.unmarked is not None and STATE.unmarked.replays):
        return
    unwatch_connections()


def install(*, later: bool) -> None:
    """Patch the imported libraries, and with `later` those imported later too. Calls nest with `uninstall`."""
    with STATE.lock:
        STATE.users += 1
        patch_imported()
        if later and Finder not in map(type, sys.meta_path):
            sys.meta_path.insert(0, Finder(_WATCHED, _imported))


def patch_imported() -> None:
    """Patch the libraries that have been imported in the meantime."""
    with STATE.lock:
        for name in LIBRARIES:
            module = sys.modules.get(name)
            if module is not None:
                _patch(module)


def uninstall() -> None:
    """Remove the patches, if nobody else needs them."""
    with STATE.lock:
        STATE.users -= 1
        if STATE.users:
            return
        for patch in STATE.patches.values():
            patch.pause()
        sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder) is not Finder]


def _imported(module: ModuleType) -> None:
    with STATE.lock:
        if module.__name__ in ANSWERED:
            if any(opened.recorder.playback.recordings for opened in STATE.opened):
                STATE.answered.take_out()
                answer_imported()
        elif module.__name__ not in LIBRARIES:
            for opened in STATE.opened:
                opened.recorder.placeholders.give_more()
        elif STATE.users:  # pragma: no branch - another thread may have taken the patches out in the meantime
            _patch(module)


def _patch(module: ModuleType) -> None:
    for client in client_classes(module):
        if not _put_in_again(client):
            if module not in STATE.libraries:
                STATE.libraries[module] = Library(module)
            STATE.patches[client] = Patch(client, SEAM, partial(_routed, STATE.libraries[module]))
    owner = context_owner(module)
    if owner is not None and not _put_in_again(owner):
        STATE.patches[owner] = Patch(owner, CONTEXT_MAKER, _deferred)


def _put_in_again(owner: Any) -> bool:
    """Whether an object is patched, or can be patched again with its earlier patch."""
    patch = STATE.patches.get(owner)
    # `httpx2.alias_httpx()` gives one class two names.
    return patch is not None and (patch.active or patch.resume())


def _routed(library: Library, original: Any, patch: Patch) -> Any:
    def _transport_for_url(client: Any, url: Any) -> Any:
        transport = original(client, url)
        return route(library, transport, url) if patch.active else transport

    return _transport_for_url


def _deferred(original: Any, patch: Patch) -> Any:
    # It does not ask the patch: without an open recorder, it makes the context at once anyway.
    del patch
    return deferring(original, is_only_replaying)
