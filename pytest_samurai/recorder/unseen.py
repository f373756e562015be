"""The hosts that serve models, as far as a recorder knows them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import inet_aton
from urllib.parse import urlsplit

from pytest_samurai.wire import USUAL_PORTS, Recordings, is_public_model_host, plain_url

_BASE_URL_NAMES = ("_BASE_URL", "_API_BASE", "_ENDPOINT")

_OF_MODELS = re.compile(
    r"(\w*_)?(SAMURAI|OPENAI|ANTHROPIC|CLAUDE|GEMINI|GENAI|MISTRAL|GROQ|COHERE|DEEPSEEK|XAI|TOGETHER|FIREWORKS|PERPLEXITY"
    r"|OPENROUTER|BEDROCK|VERTEX|OLLAMA|LITELLM|VLLM|SGLANG|LLAMA|LLAMACPP|LLAMAFILE|LMSTUDIO|TGI|LLM)(_\w*)?_(HOST|URL)"
)
"""The variables with the location of a model API, such as `OLLAMA_HOST` and `LITELLM_PROXY_URL`."""

_PORT_OF_OLLAMA = 11434
"""docs.ollama.com/faq: `OLLAMA_HOST` may be a name without a port."""


_NO_MODELS = "OTEL_"
"""The prefix of variables for telemetry collectors: opentelemetry.io/docs/specs/otel/protocol/exporter."""

Host = tuple[str, int]
"""The name of a host, and a port."""


class ModelHosts:
    """Hosts that serve models: those of a cassette, of the environment, of sent calls, and public ones.

    `endpoints` are the endpoints' patterns; `sent` gives the URLs of the live calls so far.
    """

    def __init__(self, recordings: Recordings, endpoints: Iterable[str], sent: Callable[[], Iterable[str]]) -> None:
        self._recordings = recordings
        self._endpoints = endpoints
        self._sent = sent
        self._led_to: set[str] = set()

    def lead_to(self, url: str) -> None:
        """Note that a call's reply leads to a URL."""
        self._led_to.add(plain_url(url))

    def has_led_to(self, url: str) -> bool:
        """Whether a call's reply led to a URL, ignoring its query."""
        return bool(self._led_to) and plain_url(url) in self._led_to

    def why(self, host: Host) -> str | None:
        """How a host is known to serve models; None if it is not. The port matters unless the host is public."""
        name, port = _one_name(host[0]), host[1]
        if (name, port) in self._recorded:
            return "in the cassette"
        if is_public_model_host(name):
            return "a public host"
        for variable, url in _base_urls():
            if _host_and_port(url) == (name, port):
                return f"named by {variable}"
        if any(_is_named(pattern, (name, port)) for pattern in self._endpoints):
            return "named by samurai_endpoints"
        return "called by this test" if (name, port) in _hosts_and_ports(self._sent()) else None

    def serves(self, url: str) -> bool:
        """Whether the host of a URL serves models."""
        host = _host_and_port(url)
        return host is not None and self.why(host) is not None

    def has_recorded(self, url: str) -> bool:
        """Whether the cassette has a request to a URL, ignoring its query."""
        return plain_url(url) in self._urls

    @cached_property
    def _urls(self) -> set[str]:
        return {plain_url(self._recordings.request(index).url) for index in range(len(self._recordings))}

    @cached_property
    def _recorded(self) -> set[Host]:
        return _hosts_and_ports(self._urls)


def is_host_of(url: str, host: Host) -> bool:
    """Whether a URL leads to a host."""
    return _host_and_port(url) == (_one_name(host[0]), host[1])


def _base_urls() -> Iterator[tuple[str, str]]:
    """The environment variables that lead to models, each with its URL."""
    for name, value in os.environ.items():
        upper = name.upper()
        if upper.endswith(_BASE_URL_NAMES) and not upper.startswith(_NO_MODELS):
            yield name, value
        elif _OF_MODELS.fullmatch(upper):
            yield name, _http_url(upper, value)


def _http_url(variable: str, value: str) -> str:
    """The URL in a variable, whose scheme may be missing; empty for any other protocol, such as a database's."""
    scheme, has_scheme, _ = value.partition("://")
    if has_scheme:
        return value if scheme in USUAL_PORTS else ""
    url = urlsplit(f"http://{value}")
    has_port = re.search(r":\d+$", url.netloc) is not None
    return f"http://{url.netloc}:{_PORT_OF_OLLAMA}" if variable == "OLLAMA_HOST" and not has_port else url.geturl()


def _is_named(pattern: str, host: Host) -> bool:
    """Whether a URL pattern names a host. A pattern that leaves the host open names none."""
    named = _host_and_port(pattern)
    if named is None or not named[0].strip("*?."):
        return False
    return named[1] == host[1] and fnmatchcase(host[0], named[0])


def _hosts_and_ports(urls: Iterable[str]) -> set[Host]:
    return {host for url in urls if (host := _host_and_port(url)) is not None}


def _host_and_port(url: str) -> Host | None:
    try:
        parts = urlsplit(url)
        port = parts.port or USUAL_PORTS[parts.scheme]
    except (ValueError, KeyError):
        # Nobody connects to something that is not a URL.
        return None
    return _one_name(parts.hostname or ""), port


def _one_name(host: str) -> str:
    """One name for all names of this machine; all others in lower case, without a final dot."""
    name = host.lower().rstrip(".")
    address = _address(name)
    if address is None:
        return name
    address = getattr(address, "ipv4_mapped", None) or address
    # Connecting to the unspecified address leads to this machine.
    return "localhost" if address.is_loopback or address.is_unspecified else str(address)


def _address(name: str) -> IPv4Address | IPv6Address | None:
    """The address that a name spells in any form, such as `127.1` and `0x7f000001`; None if it is a host name."""
    try:
        return ip_address(name.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(inet_aton(name))
    except (OSError, ValueError):
        return None
