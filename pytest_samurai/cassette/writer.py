"""The writer of cassettes. It writes a whole file or nothing, and reads it back before it replaces the old one."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, chain, pairwise
from pathlib import Path

from pytest_samurai.cassette.body import Text
from pytest_samurai.cassette.conflict import both_sides
from pytest_samurai.cassette.entry import interaction_text
from pytest_samurai.cassette.frame import HEAD, HEAD_OF_NONE, TAIL
from pytest_samurai.cassette.headers import by_name, meant, pairs_of
from pytest_samurai.cassette.plain import is_plain
from pytest_samurai.cassette.reader import interactions_of, parse, read
from pytest_samurai.cassette.seal import sealed_texts
from pytest_samurai.errors import CassetteError
from pytest_samurai.files import locked, remove, remove_abandoned, replace_whole, try_to_write
from pytest_samurai.wire import Interaction


def save(path: Path, interactions: Sequence[Interaction], texts: Mapping[int, bytes] | None = None) -> None:
    """Replace a cassette completely or not at all. `texts` are those of unchanged interactions, by identity.

    Raises CassetteError if it can't be written or wouldn't read back equal; the old file stays as it was.
    """
    texts = texts or {}
    kept = [interaction.as_kept() for interaction in interactions]
    items = [
        [texts[id(before)]] if id(before) in texts else interaction_text(interaction)
        for before, interaction in zip(interactions, kept, strict=True)
    ]
    replace_texts(path, items, kept)


def replace_texts(
    path: Path, items: Sequence[Text], interactions: Sequence[Interaction], line_end: bytes = b"\n"
) -> None:
    """Replace a cassette with these texts, which must read back as `interactions`. Raises CassetteError as `save`
    does."""
    content = _joined(items)
    edges = list(accumulate((sum(map(len, text)) for text in items), initial=len(HEAD)))
    if not _reads_back(content, edges, path, interactions):
        raise CassetteError(
            f"{path}: the file would not read back as what was recorded, so nothing was written; this is a bug in"
            " pytest-samurai, please report it"
        )
    try:
        content = content.replace(b"\n", line_end)
        # Without a timestamp, so that the same cassette has the same bytes.
        replace_whole(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    except OSError as error:
        raise CassetteError(
            f"{path}: cannot be written: {error.strerror or error}; the old file is unchanged"
        ) from error


def try_to_save(path: Path) -> None:
    """Raises CassetteError if a cassette couldn't be written now, or no lock is available."""
    try:
        try_to_write(path)
    except OSError as error:
        raise CassetteError(f"{path}: cannot be written: {error.strerror or error}, so nothing is sent") from None
    with locked(path):
        pass


def _reads_back(content: bytes, edges: Sequence[int], path: Path, interactions: Iterable[Interaction]) -> bool:
    """Whether the content reads back equal, both here and as YAML, which is how all other tools read it.

    The plain parts, which no YAML reader can take for anything else, aren't read as YAML. `edges` are the offsets where
    the interactions begin, and where the last one ends.
    """
    stored = [_as_stored(interaction) for interaction in interactions]
    doubtful = [index for index, (start, end) in enumerate(pairwise(edges)) if not is_plain(content, start, end)]
    try:
        # This compares the seals too, so the YAML check needn't.
        if parse(content, path) != stored:
            return False
        as_yaml = _joined([[content[edges[index] : edges[index + 1]]] for index in doubtful])
        return not doubtful or interactions_of(as_yaml, path) == [stored[index] for index in doubtful]
    except CassetteError:
        return False


def _as_stored(interaction: Interaction) -> Interaction:
    """The interaction with its headers as a cassette keeps them; everything else stays unchanged."""
    request, reply = interaction.request, interaction.reply
    sent, received = pairs_of(by_name(request.headers)), meant(pairs_of(by_name(reply.headers)), reply.body)
    if sent == request.headers and received == reply.headers:
        return interaction
    return replace(interaction, request=replace(request, headers=sent), reply=replace(reply, headers=received))


def update(path: Path, change: Callable[[list[Interaction]], Sequence[Interaction]], *, settles: bool = False) -> None:
    """Replace a cassette with what `change` makes of its interactions, while no other process can.

    Unchanged interactions keep their text. If nothing changes, the file isn't written; if no interaction stays, it is
    deleted. With `settles`, in a merge conflict, `change` gets the interactions of both sides.

    Raises CassetteError; the old file stays as it was.
    """
    with locked(path):
        remove_abandoned(path)
        try:
            content = read(path)
        except FileNotFoundError:
            content = None
        both = both_sides(content) if settles and content is not None else None
        before = both or content
        recorded = [] if before is None else parse(before, path)
        after = change(recorded)
        if before is content and content is not None and list(map(id, after)) == list(map(id, recorded)):
            return
        if not after:
            # Nothing can be read from what git has mixed. If nothing replaces it, leave it to git.
            if both is None or recorded:
                _delete(path)
            return
        texts = {} if before is None else sealed_texts(before.replace(b"\r\n", b"\n"))
        save(path, after, {id(recorded[index]): text for index, text in texts.items()})


def _delete(path: Path) -> None:
    try:
        remove(path)
    except OSError as error:
        raise CassetteError(f"{path}: cannot be deleted: {error.strerror or error}") from error


def dump(interactions: Iterable[Interaction]) -> bytes:
    """The content of a cassette. Headers are grouped by name; those about how a body was transferred are left out."""
    return _joined(list(map(interaction_text, interactions)))


def _joined(items: Sequence[Text]) -> bytes:
    # The version is at the end, as in vcrpy: a file that was cut off anywhere lacks it.
    return b"".join([(HEAD if items else HEAD_OF_NONE).encode(), *chain.from_iterable(items), TAIL])
