"""A cassette written: whole or not at all, and read back before it replaces the old one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from dataclasses import replace
from itertools import accumulate, chain, pairwise
from pathlib import Path

from pytest_samurai.cassette.body import Text
from pytest_samurai.cassette.entry import interaction_text
from pytest_samurai.cassette.frame import HEAD, HEAD_OF_NONE, TAIL
from pytest_samurai.cassette.headers import by_name, meant, pairs_of
from pytest_samurai.cassette.plain import is_plain
from pytest_samurai.cassette.reader import interactions_of, load, parse
from pytest_samurai.errors import CassetteError
from pytest_samurai.files import locked, remove_abandoned, replace_whole
from pytest_samurai.wire import Interaction


def save(path: Path, interactions: Sequence[Interaction], texts: MutableMapping[int, Text] | None = None) -> None:
    """Replace the cassette, whole or not at all.

    `texts` are those of `interaction_text` that have been made already, by the `id` of their interactions. They are
    taken out, so that a large one is not kept while the file is read back.

    Raises CassetteError, what was there left as it was, if it cannot be written or would not read back equal.
    """
    made = {} if texts is None else texts
    items = [made.pop(id(interaction), ()) or interaction_text(interaction) for interaction in interactions]
    content = _joined(items)
    edges = list(accumulate((sum(map(len, text)) for text in items), initial=len(HEAD)))
    del items
    if not _reads_back(content, edges, path, interactions):
        raise CassetteError(
            f"{path}: what would be written does not read back as what was recorded, so nothing was written;"
            " this is a mistake of pytest-samurai, please report it"
        )
    try:
        replace_whole(path, content)
    except OSError as error:
        raise CassetteError(
            f"{path}: cannot be written: {error.strerror or error}; what was there is as it was"
        ) from error


def _reads_back(content: bytes, edges: Sequence[int], path: Path, interactions: Iterable[Interaction]) -> bool:
    """Whether it does, both as it is read here and as YAML, which is how every other tool reads it.

    What no reader of YAML can take for anything else is not read as YAML each time. `edges` are the places where
    interactions begin, and where the last one ends.
    """
    stored = [_as_stored(interaction) for interaction in interactions]
    doubtful = [place for place, (start, end) in enumerate(pairwise(edges)) if not is_plain(content, start, end)]
    try:
        # What is read here is held against its seals; the words of YAML are then looked at for themselves.
        if parse(content, path) != stored:
            return False
        as_yaml = _joined([[content[edges[place] : edges[place + 1]]] for place in doubtful])
        return not doubtful or interactions_of(as_yaml, path, frozenset()) == [stored[place] for place in doubtful]
    except CassetteError:
        return False


def _as_stored(interaction: Interaction) -> Interaction:
    """The interaction with its headers as a cassette has them; all else is kept as it is."""
    request, reply = interaction.request, interaction.reply
    sent, received = pairs_of(by_name(request.headers)), meant(pairs_of(by_name(reply.headers)))
    if sent == request.headers and received == reply.headers:
        return interaction
    return replace(interaction, request=replace(request, headers=sent), reply=replace(reply, headers=received))


def update(
    path: Path,
    change: Callable[[list[Interaction]], Sequence[Interaction]],
    texts: MutableMapping[int, Text] | None = None,
) -> None:
    """Replace a cassette by what `change` makes of its interactions, while no other process does; `texts` as in `save`.

    Raises CassetteError, what was there left as it was.
    """
    with locked(path):
        remove_abandoned(path)
        try:
            there = load(path)
        except FileNotFoundError:
            there = []
        save(path, change(there), texts)


def dump(interactions: Iterable[Interaction]) -> bytes:
    """The content of a cassette. Headers are written by name, and without what tells how a body was carried."""
    return _joined(list(map(interaction_text, interactions)))


def _joined(items: Sequence[Text]) -> bytes:
    # `version` at the end, as vcrpy has it: a file that was cut off anywhere lacks it.
    return b"".join([(HEAD if items else HEAD_OF_NONE).encode(), *chain.from_iterable(items), TAIL])
