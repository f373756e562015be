"""A page as a tree, for searching what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Self

VOID = ("meta", "rect")


class Element:
    """An element with its attributes; `pieces` are its texts and elements, in order."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.pieces: list[Element | str] = []

    @property
    def text(self) -> str:
        return "".join(piece if isinstance(piece, str) else piece.text for piece in self.pieces)

    @property
    def words(self) -> str:
        """Its text with single blanks."""
        return " ".join(self.text.split())

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    def elements(self) -> Iterator[Element]:
        for piece in self.pieces:
            if isinstance(piece, Element):
                yield piece
                yield from piece.elements()

    def all(self, tag: str, of_class: str | None = None) -> list[Element]:
        return [
            element
            for element in self.elements()
            if element.tag == tag and (of_class is None or of_class in element.classes)
        ]

    @classmethod
    def of(cls, content: str) -> Self:
        """A page. Each tag must be closed, in order."""
        root = cls("", {})
        parser = _Parser(root)
        parser.feed(content)
        parser.close()
        assert parser.open == [root]
        return root


class _Parser(HTMLParser):
    def __init__(self, root: Element) -> None:
        super().__init__()
        self.open = [root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].pieces.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].pieces.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].pieces.append(data)
