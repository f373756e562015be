"""vcrpy's filters, hooks and matchers, which people have in their `vcr_config`.

They get vcrpy's own requests and responses. vcrpy imports every installed HTTP library, so it is only imported for a
test that uses one of them.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import metadata
from typing import Any

from pytest_samurai import cassette
from pytest_samurai.errors import SettingsError
from pytest_samurai.files import json
from pytest_samurai.matching import Denial
from pytest_samurai.redaction import Redactors
from pytest_samurai.settings import OF_VCRPY, Settings
from pytest_samurai.text import visible
from pytest_samurai.wire import Headers, Reply, Request

_LONGEST_ERROR = 80


class Bridge:
    """The filters, hooks and matchers for the recorder of `test`.

    A hook that raises is named in `notes`: the application may swallow the error, and only the next run would notice
    what is missing.
    """

    def __init__(self, settings: Settings, test: str, redactors: Redactors, notes: list[str]) -> None:
        options = {name: value for name in OF_VCRPY if (value := getattr(settings, name))}
        _check_version(options)
        from vcr.config import VCR
        from vcr.request import Request as VcrRequest

        merged = VCR(**options, match_on=()).get_merged_config()
        self._before_request = merged["before_record_request"]
        self._before_response = merged["before_record_response"]
        self._functions = settings.functions
        self._request: Any = VcrRequest
        self._test = test
        self._redactors = redactors
        self._notes = notes

    def request(self, request: Request) -> Request | None:
        """The form of a request that is compared and written; None if it should pass, live and unrecorded.

        Raises what a hook raises; SettingsError for a hook that does not return a request.
        """
        with self._naming("before_record_request", request):
            return self._filtered(request)

    def reply(self, request: Request, reply: Reply) -> Reply | None:
        """The form of a reply that is written; None if the interaction should be left out.

        Raises what a hook raises; SettingsError for a hook that does not return a response.
        """
        with self._naming("before_record_response", request):
            return self._written(reply)

    def first(self, asked: Request, recorded: Iterable[tuple[int, Request]]) -> tuple[int | None, Sequence[Denial]]:
        """The index of the first recorded request that all functions accept, and the ones that some function turned
        down.

        As in vcrpy, False and an AssertionError mean no, and None means yes.
        """
        new = self._to_vcrpy(asked)
        denials: list[Denial] = []
        for index, request in recorded:
            old = self._to_vcrpy(request)
            denied = next((function for function in self._functions if not _agrees(function, new, old)), None)
            if denied is None:
                return index, denials
            denials.append((index, getattr(denied, "__name__", type(denied).__name__)))
        return None, denials

    def _filtered(self, request: Request) -> Request | None:
        given = self._before_request(self._to_vcrpy(request))
        if not given:
            return None
        if not isinstance(given, self._request):
            raise SettingsError(
                f"before_record_request returned a value of type {type(given).__name__}; it must be the request,"
                " or None to let it"
                " go live"
            )
        return Request(given.method, given.uri, _changed(request.headers, given.headers), _bytes(given))

    def _written(self, reply: Reply) -> Reply | None:
        given = self._before_response(vcrpy_response(reply))
        if given is None:
            return None
        try:
            read = cassette.reply_of(given)
        except (AttributeError, ValueError, zlib.error) as error:
            raise SettingsError(
                f"before_record_response returned a value of type {type(given).__name__}, which is not a response:"
                f" {error}"
            ) from None
        return replace(
            reply,
            status=read.status,
            reason=read.reason,
            headers=read.headers,
            body=read.body,
            chunks=reply.chunks if read.body == reply.body else read.chunks,
        )

    @contextmanager
    def _naming(self, hook: str, request: Request) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            # The text may be the request itself, including the key.
            text = " ".join(self._redactors.of(request).text(str(error)).split())[:_LONGEST_ERROR]
            raised = f"{hook} raised {type(error).__name__}: {visible(text)}"
            self._notes.append(f"{self._test}: {raised}; the call is not recorded")
            raise

    def _to_vcrpy(self, request: Request) -> Any:
        return _as_vcrpy(self._request, request)


def vcrpy_request(request: Request) -> Any:
    """A request as vcrpy's object. Raises SettingsError without vcrpy."""
    _check_version({"requests": ()})
    from vcr.request import Request as VcrRequest

    return _as_vcrpy(VcrRequest, request)


def _as_vcrpy(kind: Any, request: Request) -> Any:
    return kind(request.method, request.url, request.body, _in_lists(request.headers))


def vcrpy_response(reply: Reply) -> dict[str, Any]:
    """A response as vcrpy's dict."""
    return {
        "status": {"code": reply.status, "message": reply.reason},
        # The body has already been decoded.
        "headers": _in_lists([pair for pair in reply.headers if pair[0] != "content-encoding"]),
        "body": {"string": reply.body},
    }


_OF_NEWER = (9, 4)
"""The vcrpy version that introduced patterns in `ignore_hosts`, and `filter_nested_post_data_parameters`."""


def _check_version(options: Mapping[str, Any]) -> None:
    """Raise SettingsError if vcrpy is missing, or too old for these options."""
    try:
        version = metadata.version("vcrpy")
    except metadata.PackageNotFoundError:
        names = ", ".join(options) or "a function in match_on"
        raise SettingsError(
            f"{names}: this needs vcrpy, which is not installed: pip install 'pytest-samurai[vcrpy]'"
        ) from None
    newer = [name for name in ("filter_nested_post_data_parameters",) if name in options]
    newer += [str(host) for host in options.get("ignore_hosts", ()) if isinstance(host, re.Pattern)]
    if newer and tuple(int(part) for part in version.split(".")[:2]) < _OF_NEWER:
        least = ".".join(map(str, _OF_NEWER))
        raise SettingsError(
            f"{newer[0]}: this needs vcrpy {least}, but {version} is installed: pip install 'vcrpy>={least}'"
        )


def _agrees(function: Any, new: Any, old: Any) -> bool:
    try:
        answer = function(new, old)
    except AssertionError:
        return False
    return answer is None or bool(answer)


def _in_lists(headers: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    return values


def _changed(headers: Headers, given: Any) -> Headers:
    """The headers of a request after the hooks; vcrpy only knows the first value of each."""
    before = _in_lists(headers)
    pairs = []
    for name, value in given.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        values = before.get(name.lower(), [])
        pairs += [(name.lower(), kept) for kept in (values if values[:1] == [text] else [text])]
    return tuple(pairs)


def _bytes(request: Any) -> bytes:
    from vcr.util import read_body

    body = read_body(request)
    if body is None or isinstance(body, bytes | bytearray):
        return bytes(body or b"")
    # Hooks may set a JSON value, as they do for aiohttp in vcrpy.
    return json.dumps(body).encode()
