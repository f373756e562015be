"""How requests are seen. Only this package knows libraries for HTTP."""

from typing import TYPE_CHECKING

from pytest_samurai.intercept.clients import async_client, client
from pytest_samurai.intercept.library import headers_of
from pytest_samurai.intercept.seam import install, patch_imported, recorders_of, recording, uninstall, watch
from pytest_samurai.intercept.state import judge, judge_by, memory, recorders_around, take_cassettes
from pytest_samurai.intercept.waits import is_waiting

if TYPE_CHECKING:
    from pytest_samurai.intercept.clients import AsyncClient, Client

__all__ = [
    "AsyncClient",
    "Client",
    "async_client",
    "client",
    "headers_of",
    "install",
    "is_waiting",
    "judge",
    "judge_by",
    "memory",
    "patch_imported",
    "recorders_around",
    "recorders_of",
    "recording",
    "take_cassettes",
    "uninstall",
    "watch",
]
