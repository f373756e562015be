"""Loads YAML safely with PyYAML. Errors name the file and line."""

from __future__ import annotations

import gc
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from yaml import MappingNode, ScalarNode, SequenceNode
from yaml.constructor import ConstructorError
from yaml.resolver import BaseResolver

from pytest_samurai.cassette import foreign
from pytest_samurai.cassette.checked import redacted
from pytest_samurai.errors import CassetteError
from pytest_samurai.files import json

MEND = "fix it, restore the file, or delete it to record again"

_TAG = "tag:yaml.org,2002:"
_TEXT = BaseResolver.DEFAULT_SCALAR_TAG
_LIST = BaseResolver.DEFAULT_SEQUENCE_TAG
_MAPPING = BaseResolver.DEFAULT_MAPPING_TAG
_TAGS = {ScalarNode: _TEXT, SequenceNode: _LIST, MappingNode: _MAPPING}
_MOST_UNFOLDED = 10_000
"""The most items in all lists and mappings of a smaller file, counting each alias as what it stands for."""

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Unfolded(Exception):
    """The aliases of a file stand for more than memory can hold."""


class _Loader(_SafeLoader):  # type: ignore[misc]  # libyaml's loader or PyYAML's own, whichever is installed
    """A safe loader that also knows the few Python tags that vcrpy writes: texts, pairs, bodies from files or
    iterators.

    PyYAML builds texts, lists and mappings step by step so that a value may contain itself. No cassette needs that, and
    it takes most of the time, so here they are built at once. Each alias is built again every time; counting what is
    built stops aliases that expand without end.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        # Without aliases, a file has fewer items than bytes.
        self._left = max(_MOST_UNFOLDED, len(content))
        self._tags: dict[str, str] = {}

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        if kind is not ScalarNode or not implicit[0]:
            return _TAGS[kind]
        # Names and values of headers occur again and again.
        tag = self._tags.get(value)
        if tag is None:
            tag = self._tags[value] = super().resolve(kind, value, implicit)
        return tag

    def descend_resolver(self, parent: Any, index: Any) -> None:
        """For tags that depend on the path of a node: there are none."""

    def ascend_resolver(self) -> None:
        """Like `descend_resolver`."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:  # noqa: ARG002 - PyYAML gives it; all is deep here
        kind, tag = type(node), node.tag
        if kind is ScalarNode and tag == _TEXT:
            return node.value
        if kind is SequenceNode and tag == _LIST:
            self._count(node)
            return [self.construct_object(item) for item in node.value]
        if (
            kind is MappingNode
            and tag == _MAPPING
            and all(key.tag == _TEXT and type(key) is ScalarNode for key, _ in node.value)
        ):
            self._count(node)
            return {key.value: self.construct_object(value) for key, value in node.value}
        return super().construct_object(node, deep=True)

    def flatten_mapping(self, node: Any) -> None:
        super().flatten_mapping(node)
        self._count(node)

    def _count(self, node: Any) -> None:
        self._left -= len(node.value)
        if self._left < 0:
            raise _Unfolded


for _name in ("str", "unicode"):
    _Loader.add_constructor(f"{_TAG}python/{_name}", _Loader.construct_scalar)
_Loader.add_constructor(f"{_TAG}python/tuple", lambda loader, node: loader.construct_sequence(node, True))
for _name, _content in (("new:_io.BytesIO", foreign.buffered), ("apply:builtins.iter", foreign.iterated)):
    _Loader.add_constructor(
        f"{_TAG}python/object/{_name}",
        lambda loader, node, content=_content: content(loader.construct_mapping(node, True)),
    )


_STRING = re.compile(r"(?:\w+\.)+\w*(?:str|Str|String|HTTPMethod)")
"""The full name of a class of texts, like `multidict._multidict.istr`, which aiohttp uses for headers."""


def _text(loader: _Loader, name: str, node: Any) -> str:
    """An object of one of these classes, as the text that it was made from. Nothing is imported or called."""
    parts: Any = node.value if isinstance(node, SequenceNode) else ()
    if not _STRING.fullmatch(name) or len(parts) != 1 or type(parts[0]) is not ScalarNode or parts[0].tag != _TEXT:
        raise ConstructorError(
            None, None, f"could not determine a constructor for the tag {node.tag!r}", node.start_mark
        )
    text: str = loader.construct_scalar(parts[0])
    return text


for _name in ("apply", "new"):
    _Loader.add_multi_constructor(f"{_TAG}python/object/{_name}:", _text)


class _JsonLoader(_Loader):
    """For values that are JSON: anything except a number, boolean or null is a text, even a date or 12:30:45."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's name for it, and its type
        first: [
            (tag, re.compile(rf"(?!.*:)(?:{pattern.pattern})", pattern.flags))
            for tag, pattern in resolvers
            if tag.removeprefix(_TAG) in ("bool", "float", "int", "null")
        ]
        for first, resolvers in _Loader.yaml_implicit_resolvers.items()
    }


def document(content: bytes, path: Path) -> Any:
    """The document that YAML reads in a file. Raises CassetteError, naming file and line, if it can't be read."""
    if content.lstrip().startswith(b"{"):
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            pass  # YAML may begin like this too; if it isn't YAML either, PyYAML says what is wrong
    loader = _JsonLoader if foreign.has_structured_bodies(content) else _Loader
    try:
        with _without_collections():
            return yaml.load(content, loader)
    except _Unfolded:
        raise CassetteError(f"{path}:1: aliases in this file expand without end, so it is not read; {MEND}") from None
    except (yaml.YAMLError, RecursionError, *_MISFITS) as error:
        where = f"{path}:{_line(error, content)}"
        raise CassetteError(f"{where}: not readable as YAML: {_problem(error)}; {MEND}") from None


@contextmanager
def _without_collections() -> Iterator[None]:
    """Switch off garbage collection: a file's nodes form no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


# PyYAML doesn't catch these: int(), a date or a look-up raises one for a value that doesn't fit its tag.
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
    # The value that began and didn't end.
    return max((int(node.start_mark.line) for node in loader.recursive_objects), default=0) + 1


def _problem(error: Exception) -> str:
    return redacted(
        getattr(error, "problem", None) or getattr(error, "reason", None) or f"{type(error).__name__}: {error}"
    )


def lines(content: bytes) -> Mapping[int, int]:
    """The line where each interaction begins, by its index; 1 if a merge key brings it in.

    Values have no line numbers, so the file is read again. It must be readable.
    """
    try:
        root: Any = yaml.compose(content, _Loader)
    except yaml.YAMLError:
        return defaultdict(lambda: 1)  # JSON may contain what YAML can't: half of a surrogate pair
    items = [item for key, value in root.value if key.value == "interactions" for item in value.value]
    return defaultdict(lambda: 1, {index: item.start_mark.line + 1 for index, item in enumerate(items)})


def check_keys(content: bytes, path: Path) -> None:
    """Raise CassetteError if a key occurs twice in a mapping of a readable file.

    YAML forgets the first one. That happens when a line between two interactions is lost.
    """
    todo: list[Any] = [yaml.compose(content, _Loader)]
    seen = set()
    while todo:
        node = todo.pop()
        if id(node) in seen or isinstance(node, ScalarNode):
            continue
        seen.add(id(node))
        if isinstance(node, SequenceNode):
            todo += node.value
            continue
        names = set()
        for key, value in node.value:
            name = str(key.value)
            if name in names:
                raise CassetteError(f"{path}:{key.start_mark.line + 1}: `{name}` appears twice; {MEND}")
            names.add(name)
            todo.append(value)
