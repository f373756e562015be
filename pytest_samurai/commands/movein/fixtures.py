"""The fixtures of pytest-recording, pytest-vcr and cassetter that a suite overrides or asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import libcst as cst
from libcst import matchers

from pytest_samurai.commands.movein.findings import Findings, Reader, renamed, shown, value_of
from pytest_samurai.settings import why_refused

_RENAMED: Final = {"vcr_config": "samurai_config", "vcr_cassette_dir": "samurai_cassette_dir"}
_KEPT_BY_MARKER = "name the cassette in the marker; or leave the tests as they are, with samurai_marker = vcr"
_OF_VCRPY = (
    "that is vcrpy's; the fixture samurai has calls, usage and cassette_path; or leave the tests as they are, with"
    " samurai_marker = vcr"
)
_OVERRIDDEN: Final = {
    "vcr_cassette_name": _KEPT_BY_MARKER,
    "default_cassette_name": _KEPT_BY_MARKER,
    "record_mode": "set mode in samurai_config, or use --samurai-mode",
    "pytest_recording_configure": "put the matchers that it registers into match_on, as functions",
}
_ASKED: Final = {
    **_OVERRIDDEN,
    "vcr": _OF_VCRPY,
    "vcr_cassette": _OF_VCRPY,
    "vcr_markers": "ask for request, and its node.iter_markers",
    "disable_recording": "run with --samurai-mode=live instead of --disable-recording",
}
_BY_NAME: Final = frozenset({"get_closest_marker", "iter_markers", "add_marker", "getfixturevalue", "usefixtures"})
"""Functions of pytest that take the name of a marker or a fixture as text."""
_FIXTURE: Final = ("pytest.fixture", "pytest_asyncio.fixture")


class Fixtures(Reader):
    """Finds the fixtures, their parameters, and requests for them by name."""

    def __init__(self, findings: Findings) -> None:
        super().__init__(findings)
        self._asked: list[frozenset[str]] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        name = node.name.value
        is_fixture = any(self._is_fixture(decorator.decorator) for decorator in node.decorators)
        if name in _RENAMED and is_fixture:
            self.findings.edits[node.name] = renamed(_RENAMED[name])
            self.change(node.name, f"the fixture {name}", _RENAMED[name])
        elif name in _OVERRIDDEN and (is_fixture or name.startswith("pytest_")):
            self.change(node.name, name, look=_OVERRIDDEN[name])
        if is_fixture and name in ("vcr_config", _RENAMED["vcr_config"]):
            self._look_at_keys(node)
        asked = [param.name for param in (*node.params.params, *node.params.kwonly_params)]
        if is_fixture or name.startswith("test"):
            for param in asked:
                if param.value == "vcr" and not self._is_used(node, param.value):
                    self.findings.edits[param] = renamed("samurai")
                    self.change(param, "the fixture vcr", "samurai")
                elif why := _ASKED.get(param.value):
                    self.change(param, f"the fixture {param.value}", look=why)
                elif param.value in _RENAMED:
                    self.change(param, f"the fixture {param.value}", _RENAMED[param.value])
            self._asked.append(frozenset(param.value for param in asked) & _RENAMED.keys())
        else:
            self._asked.append(frozenset())

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:  # noqa: ARG002 - the name is the interface
        self._asked.pop()

    def _is_fixture(self, decorator: cst.BaseExpression) -> bool:
        return self.is_called(decorator.func if isinstance(decorator, cst.Call) else decorator, *_FIXTURE)

    def _is_used(self, function: cst.FunctionDef, name: str) -> bool:
        """Whether a parameter is used, or cannot be renamed because its new name is taken."""
        either = matchers.Name(name) | matchers.Name("samurai")
        return len(matchers.findall(function.params, either)) > 1 or bool(matchers.findall(function.body, either))

    def visit_Name(self, node: cst.Name) -> None:
        parent = self.parent(node)
        is_attribute = isinstance(parent, cst.Attribute) and parent.attr is node
        is_keyword = isinstance(parent, cst.Arg) and parent.keyword is node
        if any(node.value in asked for asked in self._asked) and not is_attribute and not is_keyword:
            self.findings.edits[node] = renamed(_RENAMED[node.value])

    def visit_ImportAlias(self, node: cst.ImportAlias) -> None:
        if isinstance(node.name, cst.Name) and node.name.value in _RENAMED:
            name = node.name.value
            self.change(node, f"the import of {name}", look=f"where it is defined, change it to {_RENAMED[name]}")

    def visit_Call(self, node: cst.Call) -> None:
        if not isinstance(node.func, cst.Attribute) or node.func.attr.value not in _BY_NAME:
            return
        for arg in node.args:
            name = value_of(arg.value)
            if not isinstance(name, str) or not isinstance(arg.value, cst.SimpleString):
                continue
            names = _RENAMED if "fixture" in node.func.attr.value else {"vcr": "samurai"}
            if name in names:
                text = f"{arg.value.prefix}{arg.value.quote}{names[name]}{arg.value.quote}"
                self.findings.edits[arg.value] = renamed(text)
                self.change(node, shown(node), shown(node).replace(arg.value.value, text))
            elif "fixture" in node.func.attr.value and name in _ASKED:
                self.change(node, shown(node), look=_ASKED[name])

    # --- the options

    def _look_at_keys(self, function: cst.FunctionDef) -> None:
        given = _Given()
        function.body.visit(given)
        for name, node in given.options():
            if why := why_refused(name, value_of(node)):
                self.change(node, f"the option {name}", look=why)


class _Given(cst.CSTVisitor):
    """The dicts that the function itself returns or yields."""

    def __init__(self) -> None:
        super().__init__()
        self._values: list[cst.BaseExpression | None] = []

    def visit_Return(self, node: cst.Return) -> None:
        self._values.append(node.value)

    def visit_Yield(self, node: cst.Yield) -> None:
        self._values.append(node.value if isinstance(node.value, cst.BaseExpression) else None)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:  # noqa: ARG002 - the name is the interface
        return False

    def options(self) -> Iterator[tuple[str, cst.BaseExpression]]:
        """The readable names, and their values."""
        for value in self._values:
            if isinstance(value, cst.Dict):
                for element in value.elements:
                    name = value_of(element.key) if isinstance(element, cst.DictElement) else None
                    if isinstance(name, str):
                        yield name, element.value
            elif isinstance(value, cst.Call) and isinstance(value.func, cst.Name) and value.func.value == "dict":
                yield from ((arg.keyword.value, arg.value) for arg in value.args if arg.keyword is not None)
