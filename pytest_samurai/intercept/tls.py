"""A TLS context that is made on first use.

Loading the certificates takes as long as ten replayed calls, and a client that only replays opens no connection.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import Any

_OPTIONS = frozenset({"verify", "cert", "trust_env"})

# The first two choose the certificates; the third names a file that is opened with the context.
_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


class DeferredContext:
    """Replaces an `ssl.SSLContext`, which is made on the first access and answers from then on.

    It is deliberately not a context itself. A context without certificates, or with its checks still off, could be used
    to connect. Code that wants to connect gets the real one, or nothing.
    """

    __slots__ = ("__weakref__", "_context", "_lock", "_make")

    def __init__(self, make: Callable[[], Any]) -> None:
        object.__setattr__(self, "_make", make)
        object.__setattr__(self, "_context", None)
        object.__setattr__(self, "_lock", threading.RLock())

    @property  # type: ignore[misc]  # for `isinstance`: the real one may be a subclass, such as truststore's
    def __class__(self) -> type:
        return _made(self).__class__  # type: ignore[no-any-return]  # the type of whatever there is

    def __getattr__(self, name: str) -> Any:
        return getattr(_made(self), name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(_made(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_made(self), name)

    def __reduce_ex__(self, protocol: Any) -> Any:
        # A context cannot be copied or pickled, and says so.
        return _made(self).__reduce_ex__(protocol)


def _made(deferred: DeferredContext) -> Any:
    if deferred._context is None:
        with deferred._lock:
            # Another thread may have made it. Two contexts would each get only some of the settings that follow.
            if deferred._context is None:
                object.__setattr__(deferred, "_context", deferred._make())
    return deferred._context


def is_known(create: object, module: str) -> bool:
    """Whether a function is that module's `create_ssl_context`, in a form that `deferring` knows."""
    if not isinstance(create, FunctionType) or create.__globals__.get("__name__") != module:
        return False
    return _OPTIONS.issubset(create.__code__.co_varnames[: create.__code__.co_argcount])


def deferring(create: Callable[..., Any], wanted: Callable[[], bool]) -> Callable[..., Any]:
    """A function that does the same as `create`. But if `wanted()`, a default context is deferred.

    The default is `verify=True`, no client certificate, and no environment variable that says otherwise.
    """

    def create_ssl_context(*args: Any, **options: Any) -> Any:
        is_default = (
            not args
            and options.keys() <= _OPTIONS
            and options.get("verify", True) is True
            and options.get("cert") is None
            and not any(os.environ.get(name) for name in _VARIABLES)
        )
        if not is_default or not wanted():
            return create(*args, **options)
        # The settings count as they are now, not when the context is made. The environment sets nothing, so it is not
        # asked.
        return DeferredContext(partial(create, **{**options, "trust_env": False}))

    return create_ssl_context
