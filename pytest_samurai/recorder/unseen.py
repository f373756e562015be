"""The hosts that serve models, as far as a recorder knows them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from ipaddress import ip_address
from urllib.parse import urlsplit

from pytest_samurai.wire import Recordings, is_public_model_host, plain_url

_BASE_URL_NAMES = ("_BASE_URL", "_API_BASE", "_ENDPOINT")

_NO_MODELS = "OTEL_"
"""The prefix of variables that name collectors of telemetry: opentelemetry.io/docs/specs/otel/protocol/exporter."""

Host = tuple[str, int]
"""The name of a host, and a port."""


class ModelHosts:
    """Hosts that serve models: those of a cassette, of the environment and of calls that were sent, and public ones.

    `sent` gives the URLs of the calls that went live so far.
    """

    def __init__(self, recordings: Recordings, sent: Callable[[], Iterable[str]]) -> None:
        self._recordings = recordings
        self._sent = sent

    def why(self, host: Host) -> str | None:
        """How a host is known to serve models; None if it is not. The port counts unless the host is public."""
        name, port = _one_name(host[0]), host[1]
        if (name, port) in self._recorded:
            return "in the cassette"
        if is_public_model_host(name):
            return "a public host"
        for variable, url in _base_urls():
            if _host_and_port(url) == (name, port):
                return f"named by {variable}"
        return "called by this test" if (name, port) in _hosts_and_ports(self._sent()) else None

    def serves(self, url: str) -> bool:
        """Whether the host of a URL serves models."""
        host = _host_and_port(url)
        return host is not None and self.why(host) is not None

    def has_recorded(self, url: str) -> bool:
        """Whether a request to a URL, its query aside, is in the cassette."""
        return plain_url(url) in self._urls

    @cached_property
    def _urls(self) -> set[str]:
        return {plain_url(self._recordings.request(index).url) for index in range(len(self._recordings))}

    @cached_property
    def _recorded(self) -> set[Host]:
        return _hosts_and_ports(self._urls)


def _base_urls() -> list[tuple[str, str]]:
    """The variables of the environment that lead to models, each with its URL."""
    return [
        (name, value)
        for name, value in os.environ.items()
        if name.upper().endswith(_BASE_URL_NAMES) and not name.startswith(_NO_MODELS)
    ]


def _hosts_and_ports(urls: Iterable[str]) -> set[Host]:
    return {host for url in urls if (host := _host_and_port(url)) is not None}


def _host_and_port(url: str) -> Host | None:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443, "ws": 80, "wss": 443}[parts.scheme]
    except (ValueError, KeyError):
        # Nobody connects to what is no URL.
        return None
    return _one_name(parts.hostname or ""), port


def _one_name(host: str) -> str:
    """One name for all names of this machine; lower case, without the last dot, for all others."""
    name = host.lower().rstrip(".")
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return name
    address = getattr(address, "ipv4_mapped", None) or address
    # Connecting to the address of no host leads to this one.
    return "localhost" if address.is_loopback or address.is_unspecified else str(address)
