"""Model calls outside of the recorded endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from glob import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.recorder.calls import Unrecorded, endpoints_setting
from pytest_samurai.recorder.exchange import Played
from pytest_samurai.recorder.unseen import ModelHosts
from pytest_samurai.settings import Settings
from pytest_samurai.wire import ModelPath, Request, model_path, plain_url

if TYPE_CHECKING:
    from pytest_samurai.recorder.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Suspect:
    """A URL outside the endpoints that may be a model's: by its path, if that `is_known`, or by its host."""

    path: ModelPath
    is_known: bool


def suspect(hosts: ModelHosts, url: str) -> Suspect | None:
    """The suspicion that a URL outside the endpoints is a model's; None if it belongs to the application."""
    path = model_path(url)
    if hosts.serves(url) or hosts.has_led_to(url):
        return Suspect(_whole_path(url) if path is None else ModelPath(path.tail), is_known=path is not None)
    return None if path is None else Suspect(path, is_known=True)


def suspect_by_body(url: str) -> Suspect:
    """A request to an unknown URL with a body that asks a model."""
    return Suspect(_whole_path(url), is_known=False)


def _whole_path(url: str) -> ModelPath:
    return ModelPath(escape(urlsplit(plain_url(url)).path or "/"))


def held(recorder: Recorder, request: Request) -> Played | None:
    """Replay a request to a URL outside the endpoints; None if the cassette lacks it or a filter excludes it.

    None in a forked child too: see `judge`.
    """
    if recorder.children.is_copy or not recorder.hosts.has_recorded(request.url):
        return None
    filtered = recorder.filtered(request)
    return None if filtered is None else recorder.play(request, filtered, is_endpoint=False)[0]


def answered(recorder: Recorder, request: Request, *, is_endpoint: bool) -> Played | None:
    """Replay a request of a client whose requests are never recorded; None if it may connect, which is judged then.

    Raises RequestNotRecorded if its URL is in the cassette, this request is not, and the connection would be refused.
    The application would have an error of its name server first, and nobody would be told what is not recorded.
    """
    filtered = recorder.filtered(request)
    if filtered is None:
        return None
    played, denials = recorder.play(request, filtered, is_endpoint=is_endpoint)
    if played is None and recorder.hosts.has_recorded(request.url) and _is_refused(recorder, request.url):
        # No command records it.
        owner = replace(recorder.owner, rerun=None)
        asked, number = recorder.redacted(filtered), len(recorder.calls) + 1
        text, diagnosis = recorder.playback.miss(asked, denials, owner, recorder.shown_path, number)
        raise recorder.refuse(f"{text}\n{_NEVER_RECORDED}", diagnosis)
    return played


def _is_refused(recorder: Recorder, url: str) -> bool:
    settings = recorder.settings
    return recorder.replaying and settings.unseen == "fail" and not is_ignored(settings, urlsplit(url).hostname or "")


def judge(recorder: Recorder, request: Request, suspected: Suspect) -> None:
    """Note that a call goes live and is not recorded. Raises RequestNotRecorded if it must not.

    A request that the user's filters exclude goes live without this note: see `let_pass`.
    """
    if recorder.filtered(request) is None:
        let_pass(recorder, request)
        return
    if recorder.children.is_copy:
        raise copied(recorder, request)
    asked = recorder.redacted(request)
    what = f"{asked.method} {asked.url} {_why(recorder, request, suspected)}"
    pattern = f"*{suspected.path.tail}"
    setting = endpoints_setting(recorder.settings, [pattern])
    if recorder.replaying:
        text = f"{what}. This test only replays, so the call was refused.\n  To record it as well: {setting}"
        if not suspected.is_known:
            text += f'\n  To let it through, if no model answers it: ignore_hosts=["{urlsplit(asked.url).hostname}"]'
        raise recorder.refuse(text)
    recorder.unrecorded.append(Unrecorded(f"{asked.method} {asked.url}", pattern))
    if recorder.record_mode.has_cassette:
        recorder.note(f"{what}: it went live, and a replay will refuse it; to record it as well: {setting}")
    else:
        recorder.note(f"{what}: it went live, and is not counted; to count it as well: {setting}")


def let_pass(recorder: Recorder, request: Request) -> None:
    """Note that the user's filters let a model call go live, so that nobody knows what it used."""
    asked = recorder.redacted(request)
    recorder.unrecorded.append(Unrecorded(f"{asked.method} {asked.url}", is_let_pass=True))


def _why(recorder: Recorder, request: Request, suspected: Suspect) -> str:
    if recorder.hosts.has_recorded(request.url):
        return "is in the cassette, but no unplayed recording answers this request"
    if suspected.is_known:
        return "is a model endpoint that is not recorded"
    if recorder.hosts.serves(request.url):
        return "goes to a host that serves models, and is not recorded"
    if recorder.hosts.has_led_to(request.url):
        return "is where a redirect led, and is not recorded"
    return "calls a model, judging by its body, and is not recorded"


def copied(recorder: Recorder, request: Request) -> RequestNotRecorded:
    """The refusal of a call in a forked child."""
    asked = recorder.redacted(request)
    return _copied(recorder, f"{asked.method} {asked.url} was called")


def _copied(recorder: Recorder, what: str) -> RequestNotRecorded:
    return recorder.refuse(
        f"{what} in a forked child process, but the recorder belongs to the parent process: a child can neither"
        " record nor replay.\n"
        "  Make the call in the test's own process; threads work (ThreadPoolExecutor)."
    )


def why_unseen(models: ModelHosts, settings: Settings, hosts: Sequence[str], port: int) -> tuple[str, str] | None:
    """Which of a host's names is known to serve models, and how; None if none is, or if connecting is allowed.

    The last of the names is its address.
    """
    *names, address = hosts
    counting = [name for name in names if not is_ignored(settings, name)]
    if settings.unseen == "allow" or is_ignored(settings, address) or (names and not counting):
        return None
    return _reached(models, [*counting, address], port)


def _reached(models: ModelHosts, hosts: Iterable[str], port: int) -> tuple[str, str] | None:
    return next(((host, why) for host in hosts if (why := models.why((host, port))) is not None), None)


def connected(recorder: Recorder, hosts: Sequence[str], port: int) -> None:
    """Judge a connection without a visible request, by the names of its host. The last one is its address.

    Raises RequestNotRecorded if the host serves models and the recorder can only replay or is a forked child's copy.
    """
    reached = why_unseen(recorder.hosts, recorder.settings, hosts, port)
    if reached is None:
        if (passed := _reached(recorder.hosts, hosts, port)) is not None:
            recorder.unrecorded.append(Unrecorded(f"a connection to {passed[0]}:{port} {_WHO}", is_let_pass=True))
        return
    host, why = reached
    where = f"{host}:{port}, which serves models ({why})"
    if recorder.children.is_copy:
        raise _copied(recorder, f"a connection to {where} was opened")
    if recorder.replaying and recorder.settings.unseen == "fail":
        raise recorder.refuse(
            f"a connection to {where}, {_WHO}: it was refused, because this test replays.\n"
            f"  test      {recorder.owner.test}\n"
            "  Send its calls through httpx, where they are recorded.\n"
            f'  To let it connect, if no model answers it: ignore_hosts=["{host}"]\n'
            "  To let all such clients connect: samurai_unseen = warn, or allow"
        )
    recorder.unrecorded.append(Unrecorded(f"a connection to {host}:{port} {_WHO}"))
    if recorder.replaying:
        recorder.note(
            f"connected to {where}, {_WHO}: its calls are not replayed;"
            " send its calls through httpx, or forbid connections in tests"
        )
    else:
        recorder.note(f"connected to {where}, {_WHO}: it went live and was not recorded; send its calls through httpx")


def is_ignored(settings: Settings, *names: str) -> bool:
    """Whether the user ignores calls to a host with one of these names."""
    if settings.ignore_localhost and any(name in _LOCALHOST for name in names):
        return True
    return any(
        host == name if isinstance(host, str) else host.fullmatch(name)
        for host in settings.ignore_hosts
        for name in names
    )


_NEVER_RECORDED = (
    "  Its client (requests, urllib3, boto3, aiohttp) can replay what the cassette has, but its calls are never"
    " recorded: send the call through httpx to record it"
)

_WHO = "by a client that cannot be recorded (requests, urllib, aiohttp, a raw socket)"

_LOCALHOST = frozenset({"localhost", "0.0.0.0", "127.0.0.1", "::1"})
"""vcrpy's names for this machine."""
