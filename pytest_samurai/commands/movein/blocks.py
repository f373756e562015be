"""`use_cassette` of plain vcrpy and of cassetter, as a decorator and in `with`."""

from __future__ import annotations

from typing import Final

import libcst as cst
from libcst import matchers

from pytest_samurai.commands.movein.findings import Reader, refused, shown

_BLOCKS: Final = ("vcr.use_cassette", "cassetter.use_cassette")
_OBJECTS: Final = ("vcr.VCR", "vcr.config.VCR", "cassetter.Cassetter")
_OURS: Final = "pytest_samurai.use_cassette"


class Blocks(Reader):
    """Finds the calls. Their arguments stay as they are."""

    def visit_Decorator(self, node: cst.Decorator) -> None:
        if self.is_called(node.decorator, *_BLOCKS) and not isinstance(node.decorator, cst.Call):
            self.change(node.decorator, f"@{shown(node.decorator)}", look=_UNNAMED)

    def visit_Call(self, node: cst.Call) -> None:
        if self.is_called(node.func, *_OBJECTS):
            self.change(
                node,
                shown(node),
                look="there is no such object here; give its options to each pytest_samurai.use_cassette, or mark the"
                " tests and put them into a fixture samurai_config",
            )
        if not self.is_called(node.func, *_BLOCKS):
            return
        text = shown(node)
        options = [arg for arg in node.args if arg.keyword is None or arg.keyword.value != "path"]
        if why := refused(options) or self._why_not(node):
            self.change(node, text, look=why)
            return
        ours = cst.Attribute(cst.Name("pytest_samurai"), cst.Name("use_cassette"))
        self.findings.edits[node.func] = lambda _: ours
        self.findings.needs_import = True
        self.change(node, text, text.replace(shown(node.func), _OURS, 1))

    def _why_not(self, node: cst.Call) -> str | None:
        if not node.args or (node.args[0].keyword is not None and node.args[0].keyword.value != "path"):
            return _UNNAMED
        block, entry = self._block(node)
        name = entry.asname.name if entry is not None and entry.asname is not None else None
        if isinstance(name, cst.Name) and matchers.findall(block, matchers.Name(name.value)):
            return f"{name.value} is used, and is vcrpy's cassette; here it is the recorder, which has calls and usage"
        return None

    def _block(self, node: cst.Call) -> tuple[cst.CSTNode, cst.WithItem | None]:
        """The block that a call opens, and its name there."""
        entry = self.parent(node)
        around = self.parent(entry)
        if isinstance(entry, cst.WithItem) and isinstance(around, cst.With):
            return around.body, entry
        return node, None


_UNNAMED: Final = "it names no cassette; give it the path of one"
