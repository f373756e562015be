"""YAML as PyYAML reads it: safely, with what is wrong told by file and line."""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict
from collections.abc import Hashable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from pytest_samurai.cassette import foreign
from pytest_samurai.cassette.checked import redacted
from pytest_samurai.errors import CassetteError

_Loader: Any = type("_Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})
"""Safe, with the few tags of Python's that vcrpy writes: a text, a pair, a body that was a file or an iterator."""
_Loader.add_constructor("tag:yaml.org,2002:python/str", _Loader.construct_scalar)
_Loader.add_constructor("tag:yaml.org,2002:python/unicode", _Loader.construct_scalar)
_Loader.add_constructor("tag:yaml.org,2002:python/tuple", lambda loader, node: loader.construct_sequence(node, True))
for _tag, _content in (("new:_io.BytesIO", foreign.buffered), ("apply:builtins.iter", foreign.iterated)):
    _Loader.add_constructor(
        f"tag:yaml.org,2002:python/object/{_tag}",
        lambda loader, node, content=_content: content(loader.construct_mapping(node, True)),
    )

_JsonLoader: Any = type("_JsonLoader", (_Loader,), {})
"""For values that are JSON: what is no number, boolean or null there is a text, as dates are and 12:30:45."""
_JsonLoader.yaml_implicit_resolvers = {
    first: [
        (tag, re.compile(rf"(?!.*:)(?:{pattern.pattern})", pattern.flags))
        for tag, pattern in resolvers
        if tag.rpartition(":")[2] in ("bool", "float", "int", "null")
    ]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}

MEND = "mend it, restore the file, or delete it to record again"


def document(content: bytes, path: Path) -> Any:
    """What YAML reads in a file."""
    if content.lstrip().startswith(b"{"):
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            pass  # YAML may begin like that too; if this is none either, it says what is wrong
    loader = _JsonLoader if foreign.has_structured_bodies(content) else _Loader
    if loader is _Loader:
        try:
            return _built(content, path)
        except (_Unusual, yaml.YAMLError, RecursionError, *_MISFITS):
            pass
    _refuse_aliases(content, path)
    try:
        return yaml.load(content, loader)
    except (yaml.YAMLError, RecursionError, *_MISFITS) as error:
        where = f"{path}:{_line(error, content)}"
        raise CassetteError(f"{where}: not readable as YAML: {_problem(error)}; {MEND}") from None


_LIST = re.compile(rb"^interactions:", re.MULTILINE)


def _refuse_twice(content: bytes, path: Path) -> None:
    """Refuse a second list of interactions, as two files joined have one: YAML would forget the first in silence."""
    # A search for lines looks at each of them: most files have the word only once.
    lists = list(_LIST.finditer(content)) if content.count(b"interactions:") > 1 else ()
    if len(lists) > 1:
        line = content.count(b"\n", 0, lists[1].start()) + 1
        raise CassetteError(f"{path}:{line}: `interactions` is there twice; put all interactions into one list")


_ALIAS = re.compile(rb"(?:^|[:,\[{-]) +\*\w|\*\w+[,\]}]", re.MULTILINE)


def _refuse_aliases(content: bytes, path: Path) -> None:
    """Refuse a file of a few lines that unfolds to more than a memory holds. Other tools use aliases, but few."""
    if not _ALIAS.search(content):
        return
    sizes: dict[str, int] = {}
    begun: list[tuple[str | None, int]] = []
    unfolded = 0
    try:
        for event in yaml.parse(content, _Loader):
            if isinstance(event, yaml.AliasEvent):
                unfolded += sizes.get(str(event.anchor), 0)
            elif isinstance(event, yaml.CollectionStartEvent):
                begun.append((event.anchor, unfolded))
            elif isinstance(event, yaml.CollectionEndEvent):
                anchor, before = begun.pop()
                if anchor is not None:
                    sizes[anchor] = unfolded - before + 1
            unfolded += 1
            if unfolded > _MOST_REPEATED and unfolded > len(content):
                raise CassetteError(f"{path}:1: aliases in this file unfold without end, so it is not read; {MEND}")
    except yaml.YAMLError:
        return  # and the loader will say of what


class _Unusual(Exception):
    """Something in a file that no recorder writes; PyYAML knows what it means, or what is wrong with it."""


_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp"))
_MOST_REPEATED = 10_000


def _built(content: bytes, path: Path) -> Any:  # noqa: C901 - one turn for each event: calls would cost what it saves
    """As `yaml.load`, but made from the events of libyaml, without its nodes: that takes a third of the time.

    Raises _Unusual, or any error of PyYAML's, for all that is not plain mappings, lists, text, numbers, dates and
    bytes; CassetteError for a file of a few lines that unfolds to more than a memory holds. (Other tools use aliases,
    but few.)
    """
    loader = _Loader(content)
    anchors: dict[str, Any] = {}
    sizes: dict[str, int] = {}
    unfolded = 0
    # What is open: the container, the key in it that waits for its value, its anchor, what was unfolded before it.
    stack: list[tuple[Any, Any, str | None, int]] = []
    document: list[Any] = []
    inner: Any = document
    key: Any = _NO_KEY
    try:
        while True:
            event = loader.get_event()
            unfolded += 1
            kind = type(event)
            new: Any = None
            if kind is yaml.ScalarEvent:
                value = event.value
                if event.tag is not None:
                    value = _tagged(event)
                elif event.implicit[0]:
                    value = _short(value) if len(value) <= _SHORT else _plain(value)
                if event.anchor is not None:
                    _begin_anchor(anchors, event.anchor, value)
                    sizes[event.anchor] = 1
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if event.tag is not None:
                    raise _Unusual
                value = new = {} if kind is yaml.MappingStartEvent else []
                if event.anchor is not None:
                    _begin_anchor(anchors, event.anchor, value)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                inner, key, anchor, before = stack.pop()
                if anchor is not None:
                    sizes[anchor] = unfolded - before + 1
                continue
            elif kind is yaml.AliasEvent:
                if event.anchor not in sizes:
                    raise _Unusual
                value = anchors[event.anchor]
                unfolded += sizes[event.anchor]
                if unfolded > _MOST_REPEATED and unfolded > len(content):
                    raise CassetteError(f"{path}:1: aliases in this file unfold without end, so it is not read; {MEND}")
            elif kind is yaml.StreamEndEvent:
                break
            else:
                continue
            if type(inner) is list:
                inner.append(value)
            elif key is _NO_KEY:
                if type(value) is not str and not isinstance(value, Hashable):
                    raise _Unusual
                key = value
                continue
            else:
                inner[key] = value
                key = _NO_KEY
            if new is not None:
                stack.append((inner, key, event.anchor, unfolded))
                inner, key = new, _NO_KEY
    finally:
        loader.dispose()
    if len(document) > 1:
        raise _Unusual
    return document[0] if document else None


_NO_KEY = object()


def _plain(text: str) -> Any:
    """What a scalar says that is neither quoted nor a block."""
    tag = _PLAIN.resolve(yaml.ScalarNode, text, (True, False))
    if tag not in _PLAIN_TAGS:
        raise _Unusual
    return _PLAIN.yaml_constructors[tag](_PLAIN, yaml.ScalarNode(tag, text))


_PLAIN = _Loader(b"")
# Names and values of headers are in all interactions, and most of them the same in all cassettes of a suite.
_short = lru_cache(1024)(_plain)
_SHORT = 100


def _tagged(event: Any) -> bytes:
    if event.tag != f"{_TAG}binary":
        raise _Unusual
    return base64.decodebytes(event.value.encode("ascii"))


def _begin_anchor(anchors: dict[str, Any], name: str, value: Any) -> None:
    if name in anchors:
        raise _Unusual
    anchors[name] = value


# What PyYAML lets through: int(), a date or a look-up raised it, of a value that is not what its tag says.
_MISFITS = (ValueError, LookupError, AttributeError)


def _line(error: Exception, content: bytes) -> int:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return int(error.problem_mark.line) + 1
    if isinstance(error, yaml.reader.ReaderError):
        return content.count(b"\n", 0, error.position) + 1
    return _line_of_misfit(content) if isinstance(error, _MISFITS) else 1


def _line_of_misfit(content: bytes) -> int:
    loader = _Loader(content)
    try:
        loader.get_single_data()
    except _MISFITS:
        pass
    # What was begun and not ended: the value, and what it lies in.
    return max((int(node.start_mark.line) for node in loader.recursive_objects), default=0) + 1


def _problem(error: Exception) -> str:
    return redacted(
        getattr(error, "problem", None) or getattr(error, "reason", None) or f"{type(error).__name__}: {error}"
    )


def lines(content: bytes) -> Mapping[int, int]:
    """The line at which each interaction begins, by its place; 1 for those that a merge key brings in.

    Values know no lines, so the file, which has to be readable, is read once more.
    """
    try:
        root: Any = yaml.compose(content, _Loader)
    except yaml.YAMLError:
        return defaultdict(lambda: 1)  # JSON may spell what YAML cannot: half of a pair of surrogates
    items = [item for key, value in root.value if key.value == "interactions" for item in value.value]
    return defaultdict(lambda: 1, {place: item.start_mark.line + 1 for place, item in enumerate(items)})
