"""Decodes Brotli and Zstandard with any decoder that is installed: those that httpx and urllib3 would use, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from typing import Final


class NoDecoder(Exception):
    """No decoder for an encoding is installed."""

    def __init__(self, encoding: str) -> None:
        package = _PACKAGES[encoding]
        super().__init__(f"is compressed ({encoding}), and nothing installed can decompress it: pip install {package}")


_PACKAGES: Final = {"br": "brotli", "zstd": "zstandard"}
_MODULES: Final = {
    "br": ("brotli", "brotlicffi"),
    # The first is part of Python from 3.14 on.
    "zstd": ("compression.zstd", "backports.zstd", "zstandard"),
}


def can_be_undone(encoding: str) -> bool:
    """Whether this module decodes the encoding."""
    return encoding in _MODULES


def undone(encoding: str, body: bytes) -> bytes:
    """The decoded body. A body that is text already stays: its recorder decoded it, and kept the header.

    Raises NoDecoder if no decoder is installed, ValueError if the body is damaged.
    """
    decode = next(_decoders(encoding), None)
    if decode is not None:
        with suppress(_Damaged):
            return decode(body)
    try:
        body.decode()
    except UnicodeDecodeError:
        if decode is None:
            raise NoDecoder(encoding) from None
        raise ValueError(f"its headers say {encoding}, but its body is something else") from None
    return body


class _Damaged(Exception):
    """The body doesn't have the encoding that it claims."""


def _decoders(encoding: str) -> Iterator[Callable[[bytes], bytes]]:
    for name in _MODULES[encoding]:
        with suppress(ImportError):
            yield _decoder(import_module(name))


def _decoder(module: object) -> Callable[[bytes], bytes]:
    errors = tuple(getattr(module, name) for name in ("error", "ZstdError") if hasattr(module, name))
    streaming = getattr(module, "ZstdDecompressor", None)

    def decode(body: bytes) -> bytes:
        try:
            # Servers stream without giving the length beforehand, and then `decompress` of zstandard gives up.
            if streaming is not None and hasattr(streaming(), "decompressobj"):
                return bytes(streaming().decompressobj().decompress(body))
            return bytes(module.decompress(body))  # type: ignore[attr-defined]  # each of these modules has it
        except errors as error:
            raise _Damaged from error

    return decode
