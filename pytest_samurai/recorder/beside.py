"""Calls of models beside the recorded endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from glob import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.recorder.exchange import Played
from pytest_samurai.settings import Settings
from pytest_samurai.wire import Request, model_path, plain_url

if TYPE_CHECKING:
    from pytest_samurai.recorder.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Suspect:
    """A URL that may be a model's but is not a recorded endpoint. `tail` is the part that a pattern should name.

    Unless `is_sure`, only a body with `"model"` counts. `is_known` says that a model API has such a path.
    """

    tail: str
    is_sure: bool
    is_known: bool


def suspect(recorder: Recorder, url: str) -> Suspect | None:
    """The suspicion that a URL, not a recorded endpoint, is a model's; None if it is the application's own."""
    tail, is_sure = model_path(url)
    if recorder.hosts.serves(url):
        return Suspect(tail or urlsplit(plain_url(url)).path or "/", is_sure=True, is_known=tail is not None)
    return None if tail is None else Suspect(tail, is_sure, is_known=True)


def held(recorder: Recorder, request: Request) -> Played | None:
    """Replay a request to a URL that is not an endpoint; None if it is not in the cassette, or a filter excludes it."""
    if not recorder.hosts.has_recorded(request.url):
        return None
    filtered = recorder.filtered(request)
    return None if filtered is None else recorder.play(request, filtered)[0]


def judge(recorder: Recorder, request: Request, suspected: Suspect) -> None:
    """Note that a call goes live and is not recorded. Raises RequestNotRecorded if it must not.

    A request that the user's filters exclude goes live without a note.
    """
    if recorder.filtered(request) is None:
        return
    if recorder.children.is_copy:
        raise copied(recorder, request)
    asked = recorder.redacted(request)
    what = f"{asked.method} {asked.url} {_why(recorder, request, suspected)}"
    setting = f"samurai_endpoints = {' '.join([*recorder.settings.endpoints, f'*{escape(suspected.tail)}'])}"
    if recorder.replaying:
        text = f"{what}, and this test replays.\n  To record it as well: {setting}"
        if not suspected.is_known:
            text += f'\n  To let it pass, if no model answers it: ignore_hosts=["{urlsplit(asked.url).hostname}"]'
        raise recorder.refuse(text)
    recorder.unrecorded.append(f"{asked.method} {asked.url}")
    recorder.note(f"{what}: it went live, and a replay will refuse it; to record it as well: {setting}")


def _why(recorder: Recorder, request: Request, suspected: Suspect) -> str:
    if recorder.hosts.has_recorded(request.url):
        return "is in the cassette, but no unplayed recording answers this request"
    if suspected.is_known:
        return "is a model endpoint that is not recorded"
    return "goes to a host that serves models, and is not recorded"


def copied(recorder: Recorder, request: Request) -> RequestNotRecorded:
    """The refusal of a call in a forked child."""
    asked = recorder.redacted(request)
    return recorder.refuse(
        f"{asked.method} {asked.url} was called in a forked child process, and the recorder is that of the process that"
        " started it: a child can neither record nor replay.\n"
        "  Make the call in the process of the test; threads are seen (ThreadPoolExecutor)."
    )


def connected(recorder: Recorder, host: str, address: str, port: int) -> None:
    """Judge a connection that belongs to no request that was seen, by the name and the address of its host.

    Raises RequestNotRecorded if the host serves models and the recorder can only replay.
    """
    unseen = recorder.settings.unseen
    if unseen == "allow" or _is_ignored(recorder.settings, host, address):
        return
    if (host, port) not in recorder.hosts and (address, port) not in recorder.hosts:
        return
    who = "by a client that no recorder sees (requests, urllib, aiohttp, a raw socket)"
    if not recorder.replaying:
        recorder.unrecorded.append(f"a connection to {host}:{port}, {who},")
    elif unseen == "warn":
        recorder.note(
            f"connected to {host}:{port}, which serves models, {who}: nothing of it is replayed;"
            " send its calls through httpx, or forbid connections in tests"
        )
    else:
        raise recorder.refuse(
            f"a connection to {host}:{port}, which serves models, {who}: it was refused, since this test replays.\n"
            "  Send its calls through httpx, where they are recorded.\n"
            "  To let it connect: samurai_unseen = warn, or allow"
        )


def _is_ignored(settings: Settings, *names: str) -> bool:
    """Whether the user ignores calls to a host."""
    if settings.ignore_localhost and any(name in _LOCALHOST for name in names):
        return True
    return any(
        host == name if isinstance(host, str) else host.fullmatch(name)
        for host in settings.ignore_hosts
        for name in names
    )


_LOCALHOST = frozenset({"localhost", "0.0.0.0", "127.0.0.1", "::1"})
"""The names by which vcrpy knows this machine."""
