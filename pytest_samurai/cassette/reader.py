"""The reader of cassettes.

An unchanged file in our layout is cut at its lines. Any other file is loaded as YAML, translated to today's layout, and
checked.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from gzip import BadGzipFile, decompress
from pathlib import Path
from typing import Any

from pytest_samurai.cassette import foreign
from pytest_samurai.cassette.checked import get, shortened
from pytest_samurai.cassette.chunks import chunks_of
from pytest_samurai.cassette.compressed import NoDecoder
from pytest_samurai.cassette.conflict import both_sides
from pytest_samurai.cassette.frame import HEAD, TAIL, check_frame, is_ours
from pytest_samurai.cassette.headers import carried, headers_of
from pytest_samurai.cassette.lastids import ids_at
from pytest_samurai.cassette.layout import take_back
from pytest_samurai.cassette.loader import MEND, check_keys, document, lines
from pytest_samurai.cassette.memory import Memory
from pytest_samurai.cassette.notes import NOTES, Of
from pytest_samurai.cassette.resealed import NotAsSealed, check_answer, check_json, is_edited, sums_of_bodies
from pytest_samurai.cassette.seal import NO_SEAL, edited_indexes, whole_items
from pytest_samurai.cassette.sliced import Sliced
from pytest_samurai.cassette.slices import cut
from pytest_samurai.errors import CassetteError
from pytest_samurai.files import NoFile, read_whole
from pytest_samurai.text import conflict_line
from pytest_samurai.wire import Interaction, Recordings, Reply, Request, dated

_GZIP = b"\x1f\x8b"
"""The first bytes of a file in gzip. Source: RFC 1952."""


def load(path: Path) -> list[Interaction]:
    """All interactions of a cassette, in the order of the file.

    Raises CassetteError, naming file and line, if the file can't be read or is not a cassette; FileNotFoundError if it
    doesn't exist.
    """
    return parse(read(path), path)


def read(path: Path) -> bytes:
    """The content of a cassette. Raises CassetteError if it can't be read; FileNotFoundError if it doesn't exist."""
    try:
        content = read_whole(path)
        return decompress(content) if content.startswith(_GZIP) else content
    except (BadGzipFile, EOFError, zlib.error) as error:
        raise CassetteError(f"{path}: cannot be decompressed: {error}; {MEND}") from None
    except FileNotFoundError:
        raise
    except IsADirectoryError:
        raise CassetteError(f"{path}: is a directory, but a cassette must be a file; move it away") from None
    except NoFile as error:
        raise CassetteError(f"{path}: is {error.kind}, but a cassette must be a file; move it away") from None
    except OSError as error:
        raise CassetteError(f"{path}: cannot be read: {error.strerror}") from error


def parse(content: bytes, path: Path) -> list[Interaction]:
    """The interactions in the content of a cassette; `path` is for the text of errors.

    Raises CassetteError, naming file and line, if this is not a cassette.
    """
    return list(recordings(content, path, Memory()))


def recordings(content: bytes, path: Path, memory: Memory) -> Recordings:
    """Like `parse`, but lazy for an unchanged file in our layout."""
    # Git on Windows writes CRLF. A body with a CR is quoted, so in our files no CR is part of a body.
    if b"\r" in content:  # hardly ever, and searching for one byte is much faster
        content = content.replace(b"\r\n", b"\n")
    slices = cut(content, memory)
    return Recordings(_parsed(content, path)) if slices is None else Sliced(slices, path)


def _parsed(content: bytes, path: Path) -> list[Interaction]:
    if not content.strip():
        raise CassetteError(f"{path}:1: the file is empty; restore it, or delete it to record again")
    if line := conflict_line(content):
        settled = "keep one side, or both in turn" if both_sides(content) is None else _SETTLED
        raise CassetteError(f"{path}:{line}: these are the marks of a merge conflict; {settled}")
    _refuse_twice(content, path)
    if not is_ours(content):
        return list(map(dated, interactions_of(content, path, judge=_is_not_as_sealed)))
    check_frame(content, path)
    edited = edited_indexes(content)
    if edited is None:
        interactions = interactions_of(content, path, judge=is_edited)
        check_keys(content, path)
        return interactions
    return interactions_of(content, path, edited)


_SETTLED = (
    'to keep what is still played from both sides: pytest --samurai-mode=update, or `mode="update"` in `use_cassette`'
)


def _not_a_cassette(whole: object, path: Path) -> CassetteError:
    text = f"{path}:1: not a cassette: it has no list `interactions`; "
    # Our cassettes and vcrpy's have both keys, with a list, even if the file was cut off.
    if isinstance(whole, list):
        # If the first line of a cassette is lost, its interactions are left.
        is_foreign = not any(isinstance(item, dict) and "request" in item for item in whole)
    else:
        is_foreign = isinstance(whole, dict) and (
            isinstance(whole.get("interactions"), dict) or whole.keys().isdisjoint(("interactions", "version"))
        )
    leave = "if another tool wrote it, leave it to that tool; otherwise " if is_foreign else ""
    error = CassetteError(f"{text}{leave}{MEND}")
    error.is_foreign = is_foreign
    return error


Judge = Callable[[Interaction, Mapping[str, Any]], bool]
"""Tells whether an interaction was edited, given what YAML has read of it. May raise NotAsSealed."""


def interactions_of(
    content: bytes, path: Path, edited: Collection[int] = (), judge: Judge | None = None
) -> list[Interaction]:
    """The interactions that YAML reads in a file. `edited` has the indexes of edited ones; or a `judge` decides."""
    whole = document(content, path)
    if not isinstance(whole, dict) or not isinstance(whole.get("interactions"), list):
        raise _not_a_cassette(whole, path)
    _check_version(whole, content, path)
    if more := foreign.lost(whole):
        raise CassetteError(f"{path}:1: {more}")
    interactions = []
    for index, item in enumerate(whole["interactions"]):
        try:
            today = foreign.translated(item)
            interaction = _interaction(today)
            changed = index in edited or (judge is not None and judge(interaction, today))
            if changed:
                check_json(interaction, today)
            check_answer(interaction, today, changed=changed)
            interactions.append(_judged(interaction, edited=changed, seal=_seal_of(today)))
        except (ValueError, zlib.error, NotAsSealed, NoDecoder, foreign.NotHttp) as error:
            is_whole = isinstance(error, NotAsSealed | NoDecoder | foreign.NotHttp)
            what = str(error) if is_whole else f"is damaged: {error}; {MEND}"
            raise CassetteError(f"{path}:{lines(content)[index]}: interaction {index + 1} {what}") from None
    return interactions


def _check_version(whole: Mapping[str, Any], content: bytes, path: Path) -> None:
    """Raise CassetteError for a file of another version, or one that was cut off before its last line, `version: 1`.

    Recorders with their own serializer don't write such a line. vcrpy does, also after rewriting one of our files.
    """
    # JSON that was cut off can't be read, whatever its last byte is.
    may_be_whole = content.endswith((b"\n", b"}")) and not _has_notes(whole)
    version = whole.get("version", 1 if may_be_whole else None)
    if version is None:
        last = len(content.splitlines())
        raise CassetteError(f"{path}:{last}: the end, `version: 1`, is missing, as if it had been cut off; {MEND}")
    if version != 1:
        written = re.search(rb"^version:", content, re.MULTILINE)
        where = f"{path}:{content[: written.start()].count(10) + 1 if written else 1}"
        raise CassetteError(f"{where}: version is {shortened(version)}; this tool reads version 1; {MEND}")


def _has_notes(whole: Mapping[str, Any]) -> bool:
    """Whether we recorded any part of this, no matter who wrote it again."""
    responses = [item.get("response") for item in whole["interactions"] if isinstance(item, dict)]
    return any(isinstance(response, dict) and "samurai" in response for response in responses)


def _judged(interaction: Interaction, *, edited: bool, seal: str | None) -> Interaction:
    """The interaction with what its file says about its origin. Removing a seal counts as editing."""
    edited = edited or interaction.edited or seal == NO_SEAL
    return replace(interaction, edited=edited, unsealed=seal in (None, NO_SEAL))


def _seal_of(item: Mapping[str, Any]) -> str | None:
    """The seal of an interaction as YAML reads it; None without one."""
    notes = item["response"].get("samurai")
    written = notes.get(NOTES.seal.name) if isinstance(notes, dict) else None
    return written if isinstance(written, str) else None


def _is_not_as_sealed(_: Interaction, item: Mapping[str, Any]) -> bool:
    """Whether a body was edited in one of our files after vcrpy rewrote it in its own layout, with our seal."""
    written = _seal_of(item)
    if written is None or written == NO_SEAL:
        return False
    # The first checksum covers everything except the bodies, and vcrpy lays that out differently.
    sealed: list[str] = NOTES.seal.kind.read(written)
    return sealed[1:] != sums_of_bodies(item)


_LIST = re.compile(rb"^interactions:", re.MULTILINE)


def _refuse_twice(content: bytes, path: Path) -> None:
    """Refuse a second list of interactions, as in two joined files: YAML would silently forget the first."""
    # Most files contain the word once, and counting it is much faster than checking every line.
    lists = list(_LIST.finditer(content)) if content.count(b"interactions:") > 1 else ()
    if len(lists) > 1:
        line = content.count(b"\n", 0, lists[1].start()) + 1
        raise CassetteError(f"{path}:{line}: `interactions` appears twice; put all interactions into one list")


def salvage(content: bytes, path: Path) -> list[Interaction]:
    """The complete interactions of one of our files that was cut off."""
    whole = "".join(whole_items(content))
    return parse(f"{HEAD}{whole}".encode() + TAIL, path) if whole else []


def _interaction(item: object) -> Interaction:
    if not isinstance(item, dict):
        raise ValueError(f"it is {shortened(item)}, not a mapping")
    request, response = get(item, "request", "a mapping"), get(item, "response", "a mapping")
    # vcrpy users can put any keys into a response.
    ours = response.get("samurai")
    notes = NOTES.checked(ours if isinstance(ours, dict) else {})
    return Interaction(_request(request, notes), _reply(response, notes), **notes[Of.INTERACTION])


def _request(data: Mapping[str, Any], notes: Mapping[Of, Mapping[str, Any]]) -> Request:
    body = take_back(get(data, "body", "text or !!binary", ""), notes[Of.BODY]["request_layout"])
    return Request(get(data, "method", "text"), get(data, "uri", "text"), headers_of(data), body)


def _reply(data: Mapping[str, Any], notes: Mapping[Of, Mapping[str, Any]]) -> Reply:
    status = get(data, "status", "a mapping")
    string = get(get(data, "body", "a mapping"), "string", "text or !!binary", "")
    written = ids_at(take_back(string, notes[Of.BODY]["layout"]), notes[Of.BODY]["moved"])
    headers, body = carried(headers_of(data), written)
    return Reply(
        status=get(status, "code", "a whole number"),
        reason=get(status, "message", "text", ""),
        headers=headers,
        body=body,
        chunks=chunks_of(headers, body, notes[Of.BODY]["chunks"]),
        **notes[Of.REPLY],
    )


def reply_of(response: Mapping[str, Any]) -> Reply:
    """A reply from vcrpy's data for it. Raises ValueError if that isn't a response."""
    return _reply(response, NOTES.checked({}))
