"""A TLS context that is made on first use."""

from __future__ import annotations

import copy
import pickle
import ssl
import threading
import weakref
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import certifi
import pytest
import truststore

from pytest_samurai.intercept.tls import DeferredContext, deferring, is_known
from tests.intercept.contexts import VARIABLES, nothing_said, real_context

__all__ = ["nothing_said"]  # fixtures


def test_a_deferred_context_is_made_when_it_is_asked_anything_and_only_once() -> None:
    made: list[ssl.SSLContext] = []

    def make() -> ssl.SSLContext:
        made.append(real_context())
        return made[-1]

    context: Any = DeferredContext(make)
    assert (hash(context), context == context, bool(context)) == (object.__hash__(context), True, True)
    assert context in weakref.WeakSet([context])
    assert repr(context).startswith("<pytest_samurai.intercept.tls.DeferredContext object")
    assert not made
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["h2"])
    context.note = "mine"
    [real] = made
    assert real.minimum_version is context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert vars(context) == {"note": "mine"}
    assert dir(context) == dir(real)
    del context.note
    assert not hasattr(context, "note")
    assert not hasattr(real, "note")
    assert context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="a.test").context is real
    assert len(made) == 1


@pytest.mark.parametrize(
    "ask",
    [
        lambda context: isinstance(context, ssl.SSLContext),
        lambda context: context.get_ca_certs(),
        lambda context: context.cert_store_stats(),
        lambda context: context.check_hostname,
        lambda context: ssl.SSLContext.wrap_bio(context, ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="a.test"),
        lambda context: setattr(context, "verify_mode", ssl.CERT_REQUIRED),
        lambda context: context.load_verify_locations(certifi.where()),
        dir,
    ],
)
def test_whatever_is_asked_is_answered_with_certificates_and_checks(ask: Callable[[Any], Any]) -> None:
    context: Any = DeferredContext(lambda: ssl.create_default_context(cafile=certifi.where()))
    ask(context)
    real = context._context
    assert type(real) is ssl.SSLContext
    assert real.cert_store_stats()["x509_ca"] > 50
    assert (real.check_hostname, real.verify_mode) == (True, ssl.CERT_REQUIRED)


def test_it_is_of_the_class_that_the_real_one_is_of() -> None:
    context = DeferredContext(lambda: truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    assert isinstance(context, truststore.SSLContext)
    assert isinstance(context, ssl.SSLContext)
    assert context.__class__ is truststore.SSLContext
    assert not isinstance(context, str)


def test_nothing_below_python_takes_it_for_a_context() -> None:
    # If it were one, it would be one without certificates.
    context: Any = DeferredContext(real_context)
    bios = (ssl.MemoryBIO(), ssl.MemoryBIO())
    native: Any = ssl.SSLContext.__mro__[1]
    with pytest.raises(TypeError, match="_SSLContext"):
        native._wrap_bio(context, *bios, server_side=False)
    with pytest.raises(TypeError, match="_SSLContext"):
        native.set_default_verify_paths(context)
    connected: Any = real_context().wrap_bio(*bios, server_hostname="a.test")
    with pytest.raises(TypeError, match="SSLContext"):
        connected.context = context


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps], ids=lambda call: call.__name__)
def test_it_is_copied_and_pickled_as_little_as_any_context(duplicate: Callable[[object], object]) -> None:
    # A copy would be another context, and nobody knows the settings of the first.
    with pytest.raises(TypeError) as real:
        duplicate(real_context())
    with pytest.raises(TypeError) as deferred:
        duplicate(DeferredContext(real_context))
    assert str(deferred.value) == str(real.value)


def test_threads_that_race_for_it_all_get_the_one() -> None:
    threads = 16
    start = threading.Barrier(threads)
    made: list[object] = []
    seen: list[object] = []

    def make() -> object:
        # Loading certificates lets other threads run; this makes sure of it.
        others = [threading.Thread(target=made.append, args=(None,)) for _ in range(4)]
        for other in others:
            other.start()
        for other in others:
            other.join()
        made.append(context := SimpleNamespace(settings=[]))
        return context

    deferred: Any = DeferredContext(make)

    def use(number: int) -> None:
        start.wait()
        deferred.settings.append(number)
        seen.append(deferred.settings)

    racing = [threading.Thread(target=use, args=(number,)) for number in range(threads)]
    for thread in racing:
        thread.start()
    for thread in racing:
        thread.join()
    assert len([context for context in made if context is not None]) == 1
    assert sorted(deferred.settings) == list(range(threads))
    assert all(settings is deferred.settings for settings in seen)


def test_one_that_cannot_be_made_says_so_each_time_it_is_asked() -> None:
    there = False

    def make() -> ssl.SSLContext:
        if not there:
            raise FileNotFoundError("no certificates")
        return real_context()

    context: Any = DeferredContext(make)
    for _ in range(2):
        with pytest.raises(FileNotFoundError, match="no certificates"):
            context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="a.test")
    there = True
    assert context.check_hostname


def create(verify: Any = True, cert: Any = None, trust_env: bool = True) -> Any:
    return ("made", verify, cert, trust_env)


@pytest.mark.parametrize("options", [{}, {"verify": True}, {"verify": True, "cert": None, "trust_env": False}])
def test_the_default_context_is_deferred_with_the_environment_that_it_had(options: dict[str, Any]) -> None:
    context = deferring(create, lambda: True)(**options)
    assert type(context) is DeferredContext
    assert context.index("made") == 0
    assert context._context == ("made", True, None, False)


@pytest.mark.parametrize("options", [{}, {"verify": True}, {"cert": None, "trust_env": False}])
def test_where_it_is_not_wanted_nothing_is_deferred(options: dict[str, Any]) -> None:
    assert deferring(create, lambda: False)(**options) == create(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"verify": False},
        {"verify": 1},
        {"verify": "bundle.pem"},
        {"verify": real_context()},
        {"cert": "client.pem"},
        {"cert": ("client.pem", "key.pem")},
    ],
    ids=["unverified", "a number", "a bundle", "a context", "a certificate", "a certificate and its key"],
)
def test_any_other_context_is_made_at_once_and_with_what_was_said(options: dict[str, Any]) -> None:
    assert deferring(create, lambda: True)(**options) == create(**options)


def test_what_is_not_understood_is_handed_on() -> None:
    seen: list[object] = []
    defer = deferring(lambda *args, **options: seen.append((args, options)), lambda: True)
    defer(True)
    defer(verify=True, http2=True)
    assert seen == [((True,), {}), ((), {"verify": True, "http2": True})]


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("trust_env", [True, False])
def test_an_environment_that_names_files_is_read_at_once(
    name: str, trust_env: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "somewhere")
    assert deferring(create, lambda: True)(trust_env=trust_env) == create(trust_env=trust_env)
    monkeypatch.setenv(name, "")
    assert type(deferring(create, lambda: True)(trust_env=trust_env)) is DeferredContext


def test_only_the_function_of_the_library_itself_is_known() -> None:
    def other(context: Any = None) -> Any:
        return context

    assert is_known(create, __name__)
    assert not is_known(create, "httpx._config")
    assert not is_known(other, __name__)
    assert not is_known(deferring(create, lambda: True), "pytest_samurai.intercept.tls")
    assert not is_known(print, "builtins")
    assert not is_known(None, __name__)
