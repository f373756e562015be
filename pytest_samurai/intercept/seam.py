"""The one seam through which every request of httpx and httpx2 passes, sync and async.

`Client._transport_for_url` chooses the transport of each request, whatever the client, its transport, its mounts or
its proxies, and whenever it was made. (Patching `HTTPTransport` misses custom transports and aiohttp's.)
The patches and the open recorders are this module's state, and the project's only one: a process has one `httpx`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any

from pytest_samurai.intercept.imports import Finder
from pytest_samurai.intercept.library import MODULES, SEAM, TLS_SEAM, Library
from pytest_samurai.intercept.patch import Patch
from pytest_samurai.intercept.routing import route
from pytest_samurai.intercept.sockets import watch_connections
from pytest_samurai.intercept.state import CURRENT, STATE, Opened, only_replaying
from pytest_samurai.intercept.tls import deferring, is_known
from pytest_samurai.recorder import Recorder


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Send the requests of this context, and of threads that have no other, to the recorder."""
    # Of this context alone: a recorder that another thread has opened is not around this one.
    opened = Opened(recorder, CURRENT.get())
    install(later=True)
    CURRENT.set(opened)
    with STATE.lock:
        STATE.opened.append(opened)
        STATE.cassettes.add(recorder.cassette_path)
        STATE.connections = STATE.connections or watch_connections()
    try:
        yield
    finally:
        with STATE.lock:
            STATE.opened.remove(opened)
            while STATE.connections and not STATE.opened:
                STATE.connections.pop().remove()
        # Not by a token, which only the context that set it may use: a fixture may be torn down in another one.
        if CURRENT.get() is opened:
            CURRENT.set(opened.outer)
        uninstall()


def install(*, later: bool) -> None:
    """Patch the modules that are imported; with `later`, those that will be as well. Calls nest with `uninstall`."""
    with STATE.lock:
        STATE.users += 1
        patch_imported()
        if later and not any(isinstance(finder, Finder) for finder in sys.meta_path):
            sys.meta_path.insert(0, Finder(MODULES, _patch_late))


def patch_imported() -> None:
    """Patch what has been imported since; where nothing has, a few look-ups."""
    with STATE.lock:
        for name in MODULES:
            module = sys.modules.get(name)
            if module is not None:
                _patch(module)


def uninstall() -> None:
    """The last one out takes the patches with it."""
    with STATE.lock:
        STATE.users -= 1
        if STATE.users:
            return
        while STATE.patches:
            STATE.patches.popitem()[1].remove()
        sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, Finder)]


def _patch_late(module: ModuleType) -> None:
    with STATE.lock:
        if STATE.users:  # pragma: no branch - a thread may have taken the patches out in the meantime
            _patch(module)


def _patch(module: ModuleType) -> None:
    for client in (getattr(module, "Client", None), getattr(module, "AsyncClient", None)):
        # `httpx2.alias_httpx()` makes two names for one class.
        if client is not None and client not in STATE.patches:
            # Kept when the patches come out, maybe after each test: its classes take longer to make than all the rest.
            if module not in STATE.libraries:
                STATE.libraries[module] = Library(module)
            STATE.patches[client] = Patch(client, SEAM, partial(_routed, STATE.libraries[module]))
    # In the module that makes the transports. Who calls the public one asks for a context, and gets it.
    transports = sys.modules.get(f"{module.__name__}._transports.default")
    if is_known(getattr(transports, TLS_SEAM, None), f"{module.__name__}._config"):
        STATE.patches[transports] = Patch(transports, TLS_SEAM, _deferred)


def _routed(library: Library, original: Any, patch: Patch) -> Any:
    def _transport_for_url(client: Any, url: Any) -> Any:
        transport = original(client, url)
        return route(library, transport, url) if patch.active else transport

    return _transport_for_url


def _deferred(original: Any, patch: Patch) -> Any:
    # Active or not: where no recorder is open, it hands everything through.
    del patch
    return deferring(original, only_replaying)
