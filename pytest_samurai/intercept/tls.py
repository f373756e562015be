"""A TLS context that is made when it is first needed.

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

# The first two say which certificates; the third names a file that is opened with the context.
_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


class DeferredContext:
    """Stands for an `ssl.SSLContext`, which is made when it is first asked for anything, and answers from then on.

    It is no context itself, on purpose: one without certificates, or with checks that are yet to be switched on, would
    be there for something to connect with. Whoever wants to connect gets at the real one, or at nothing.
    """

    __slots__ = ("__weakref__", "_context", "_lock", "_make")

    def __init__(self, make: Callable[[], Any]) -> None:
        object.__setattr__(self, "_make", make)
        object.__setattr__(self, "_context", None)
        object.__setattr__(self, "_lock", threading.RLock())

    @property  # type: ignore[misc]  # what `isinstance` asks: the real one may be a subclass, such as truststore's
    def __class__(self) -> type:
        return _made(self).__class__  # type: ignore[no-any-return]  # the type of whatever there is

    def __getattr__(self, name: str) -> Any:
        return getattr(_made(self), name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(_made(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_made(self), name)

    def __reduce_ex__(self, protocol: Any) -> Any:
        # Not copied, not pickled: a context cannot be, and says so.
        return _made(self).__reduce_ex__(protocol)


def _made(deferred: DeferredContext) -> Any:
    if deferred._context is None:
        with deferred._lock:
            # Another thread may have made it; two of them would each get a part of the settings that follow.
            if deferred._context is None:
                object.__setattr__(deferred, "_context", deferred._make())
    return deferred._context


def is_known(create: object, module: str) -> bool:
    """Whether a function is the `create_ssl_context` of that module, in a form that `deferring` knows."""
    if not isinstance(create, FunctionType) or create.__globals__.get("__name__") != module:
        return False
    return _OPTIONS.issubset(create.__code__.co_varnames[: create.__code__.co_argcount])


def deferring(create: Callable[..., Any], wanted: Callable[[], bool]) -> Callable[..., Any]:
    """A function that does what `create` does; but, where `wanted()`, gives a deferred context for the default one.

    The default: `verify=True`, no client certificate, and no variable in the environment that says otherwise.
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
        # The settings of now count, not those of when it is made: the environment has nothing to say, and is not asked.
        return DeferredContext(partial(create, **{**options, "trust_env": False}))

    return create_ssl_context
