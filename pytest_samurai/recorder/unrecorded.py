"""What goes past the endpoints of a recorder."""

from __future__ import annotations

from dataclasses import dataclass
from glob import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.recorder.calls import Unrecorded, endpoints_setting
from pytest_samurai.recorder.exchange import Played
from pytest_samurai.recorder.unseen import ModelHosts
from pytest_samurai.settings import Settings
from pytest_samurai.wire import Request, model_path, plain_url

if TYPE_CHECKING:
    from pytest_samurai.recorder.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Suspect:
    """A URL that may be a model's, and is none of the endpoints. `tail` is the part of it that a pattern should name.

    Unless `is_sure`, the body has to say `"model"`. `is_known` says that an API of models has such a path.
    """

    tail: str
    is_sure: bool
    is_known: bool


def suspect(hosts: ModelHosts, url: str) -> Suspect | None:
    """Whether a URL that is none of the endpoints may be a model's; None if it is an application's own."""
    tail, is_sure = model_path(url)
    if hosts.serves(url) or hosts.has_led_to(url):
        return Suspect(tail or urlsplit(plain_url(url)).path or "/", is_sure=True, is_known=tail is not None)
    return None if tail is None else Suspect(tail, is_sure, is_known=True)


def held(recorder: Recorder, request: Request) -> Played | None:
    """Replay a request to a URL that is no endpoint; None if it is not in the cassette, or filters let it pass.

    A forked child has none either: see `judge`.
    """
    if recorder.children.is_copy or not recorder.hosts.has_recorded(request.url):
        return None
    filtered = recorder.filtered(request)
    return None if filtered is None else recorder.play(request, filtered)[0]


def judge(recorder: Recorder, request: Request, suspected: Suspect) -> None:
    """Note that a call goes live which is not recorded. Raises RequestNotRecorded if it must not.

    What the user's filters let pass, passes without a word.
    """
    if recorder.filtered(request) is None:
        return
    if recorder.children.is_copy:
        raise copied(recorder, request)
    asked = recorder.redacted(request)
    what = f"{asked.method} {asked.url} {_why(recorder, request, suspected)}"
    pattern = f"*{escape(suspected.tail)}"
    setting = endpoints_setting(recorder.settings, [pattern])
    if recorder.replaying:
        text = f"{what}, and this test replays.\n  To record it as well: {setting}"
        if not suspected.is_known:
            text += f'\n  To let it pass, if no model answers it: ignore_hosts=["{urlsplit(asked.url).hostname}"]'
        raise recorder.refuse(text)
    recorder.unrecorded.append(Unrecorded(f"{asked.method} {asked.url}", pattern))
    if recorder.record_mode.has_cassette:
        recorder.note(f"{what}: it went live, and a replay will refuse it; to record it as well: {setting}")
    else:
        recorder.note(f"{what}: it went live, and is not counted; to count it as well: {setting}")


def _why(recorder: Recorder, request: Request, suspected: Suspect) -> str:
    if recorder.hosts.has_recorded(request.url):
        return "is in the cassette, but no recording that is left answers this request"
    if suspected.is_known:
        return "is a model endpoint that is not recorded"
    if recorder.hosts.serves(request.url):
        return "goes to a host that serves models, and is not recorded"
    return "is where the reply to a call led, and is not recorded"


def copied(recorder: Recorder, request: Request) -> RequestNotRecorded:
    """The refusal of a call in a forked child."""
    asked = recorder.redacted(request)
    return _copied(recorder, f"{asked.method} {asked.url} was called")


def _copied(recorder: Recorder, what: str) -> RequestNotRecorded:
    return recorder.refuse(
        f"{what} in a forked child process, and the recorder is that of the process that"
        " started it: a child can neither record nor replay.\n"
        "  Make the call in the process of the test; threads are seen (ThreadPoolExecutor)."
    )


def why_unseen(hosts: ModelHosts, settings: Settings, host: str, address: str, port: int) -> str | None:
    """How a host, by its name and its address, is known to serve models; None if it is not, or may be connected to."""
    if settings.unseen == "allow" or is_ignored(settings, host, address):
        return None
    return hosts.why((host, port)) or hosts.why((address, port))


def connected(recorder: Recorder, host: str, address: str, port: int) -> None:
    """Judge a connection that no request was seen for, to a host by its name and its address.

    Raises RequestNotRecorded if it leads to a host that serves models, and this can only replay, or is the copy of a
    forked child.
    """
    why = why_unseen(recorder.hosts, recorder.settings, host, address, port)
    if why is None:
        return
    where = f"{host}:{port}, which serves models ({why})"
    if recorder.children.is_copy:
        raise _copied(recorder, f"a connection to {where} was opened")
    if recorder.replaying and recorder.settings.unseen == "fail":
        raise recorder.refuse(
            f"a connection to {where}, {_WHO}: it was refused, since this test replays.\n"
            f"  test      {recorder.owner.test}\n"
            "  Send its calls through httpx, where they are recorded.\n"
            f'  To let it connect, if no model answers it: ignore_hosts=["{host}"]\n'
            "  To let all such clients connect: samurai_unseen = warn, or allow"
        )
    recorder.unrecorded.append(Unrecorded(f"a connection to {host}:{port} {_WHO}"))
    if recorder.replaying:
        recorder.note(
            f"connected to {where}, {_WHO}: nothing of it is replayed;"
            " send its calls through httpx, or forbid connections in tests"
        )
    else:
        recorder.note(f"connected to {where}, {_WHO}: it went live, unrecorded; send its calls through httpx")


def is_ignored(settings: Settings, *names: str) -> bool:
    """Whether the user lets calls to a host with one of these names pass."""
    if settings.ignore_localhost and any(name in _LOCALHOST for name in names):
        return True
    return any(
        host == name if isinstance(host, str) else host.fullmatch(name)
        for host in settings.ignore_hosts
        for name in names
    )


_WHO = "by a client that no recorder sees (requests, urllib, aiohttp, a raw socket)"

_LOCALHOST = frozenset({"localhost", "0.0.0.0", "127.0.0.1", "::1"})
"""What vcrpy takes for this machine."""
