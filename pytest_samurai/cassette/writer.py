"""The writer of cassettes: whole or not at all, and read back before the old one is replaced."""

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
    """Replace a cassette, whole or not at all. Interactions that stay have their `texts`, by their identity.

    Raises CassetteError if it cannot be written or would not read back equal; the old file is then as it was.
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
    """Replace a cassette by these texts, which have to read back as `interactions`. Raises CassetteError as `save`."""
    content = _joined(items)
    edges = list(accumulate((sum(map(len, text)) for text in items), initial=len(HEAD)))
    if not _reads_back(content, edges, path, interactions):
        raise CassetteError(
            f"{path}: the file would not read back as what was recorded, so nothing was written; this is a bug in"
            f" pytest-samurai, please report it"
        )
    try:
        content = content.replace(b"\n", line_end)
        # Without a time, so that the same cassette has the same bytes.
        replace_whole(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    except OSError as error:
        raise CassetteError(
            f"{path}: cannot be written: {error.strerror or error}; the old file is unchanged"
        ) from error


def try_to_save(path: Path) -> None:
    """Raises CassetteError if a cassette could not be written now, or if no lock is to be had."""
    try:
        try_to_write(path)
    except OSError as error:
        raise CassetteError(f"{path}: cannot be written: {error.strerror or error}, so nothing is sent") from None
    with locked(path):
        pass


def _reads_back(content: bytes, edges: Sequence[int], path: Path, interactions: Iterable[Interaction]) -> bool:
    """Whether the content reads back equal, both here and as YAML, which is how all other tools read it.

    What no reader of YAML can take for anything else is not read as YAML. `edges` are the offsets at which the
    interactions begin, and that at which the last one ends.
    """
    stored = [_as_stored(interaction) for interaction in interactions]
    doubtful = [index for index, (start, end) in enumerate(pairwise(edges)) if not is_plain(content, start, end)]
    try:
        # This compares the seals too, so YAML need not.
        if parse(content, path) != stored:
            return False
        as_yaml = _joined([[content[edges[index] : edges[index + 1]]] for index in doubtful])
        return not doubtful or interactions_of(as_yaml, path) == [stored[index] for index in doubtful]
    except CassetteError:
        return False


def _as_stored(interaction: Interaction) -> Interaction:
    """The interaction with its headers as a cassette keeps them; everything else is kept as it is."""
    request, reply = interaction.request, interaction.reply
    sent, received = pairs_of(by_name(request.headers)), meant(pairs_of(by_name(reply.headers)), reply.body)
    if sent == request.headers and received == reply.headers:
        return interaction
    return replace(interaction, request=replace(request, headers=sent), reply=replace(reply, headers=received))


def update(path: Path, change: Callable[[list[Interaction]], Sequence[Interaction]], *, settles: bool = False) -> None:
    """Replace a cassette by what `change` makes of its interactions, while no other process can.

    What stays as it is keeps its text: a file in which nothing changes is not written, one of which nothing stays is
    deleted. Whoever `settles` a merge conflict gets the interactions of both sides.

    Raises CassetteError; the old file is then as it was.
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
            # Of what git has mixed nothing can be read: if nothing takes its place, it is left to git.
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
    """The content of a cassette. Headers are grouped by name; those that tell how a body was carried are left out."""
    return _joined(list(map(interaction_text, interactions)))


def _joined(items: Sequence[Text]) -> bytes:
    # The version is at the end, as vcrpy has it: a file that was cut off anywhere lacks it.
    return b"".join([(HEAD if items else HEAD_OF_NONE).encode(), *chain.from_iterable(items), TAIL])
