"""The house stays as CONTRIBUTING draws it: sizes, doors, floors, and names that say what they hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from pytest_samurai.settings import OPTIONS

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "pytest_samurai"
# The demo is a user's project, which is copied from here.
MODULES = sorted(path for path in HOUSE.rglob("*.py") if "demo" not in path.parts)

BESIDE = ("benchmarks", "clients", "manual")

LONGEST_MODULE = 400
LONGEST_CLASS = 200
LONGEST_FUNCTION = 50
MOST_AT_THE_TOP = 18

LARGER: Mapping[str, str] = {}
"""What may be larger than that, as `module` or `module:name`, and why."""

VAGUE = frozenset({"one", "item", "place", "found", "there"})
"""Names that fit anything, used where a noun would say what it is."""

NOUNS = {("plugin", "item"), ("cassette", "item"), ("settings", "place")}
"""Where such a name is the noun: pytest's for a test, YAML's for a list entry, ours for where an option is set."""

KEYS_OF_APIS = frozenset(
    {
        *("choices", "delta", "finish_reason", "tool_calls", "logprobs", "top_logprobs", "stream_options"),
        *("candidates", "usageMetadata", "functionCall", "stop_reason", "content_block", "output_text", "billed_units"),
        *("prompt_tokens_details", "input_tokens", "output_tokens", "prompt_eval_count", "inputTokens"),
    }
)
"""Keys that only APIs use, so that whoever asks for one knows an API."""

OTHER_NAMES = frozenset(
    f"samurai_{name}"
    for name in (
        *("client", "async_client", "config", "cassette_dir"),
        # What xdist workers get, and what they and reports return.
        *("began", "tally", "plays", "spoken", "absent", "failure", "held", "grown", "varying"),
        *("collected", "collected_files", "deselected"),
    )
)
"""What else begins like an option: fixtures, and what a run's processes pass to each other."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {name_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}
PACKAGES = {name_of(path) for path in MODULES if path.name == "__init__.py"} - {"pytest_samurai"}


def definitions() -> Iterator[tuple[str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]]:
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield module, node


def lines_of(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_a_module_a_class_and_a_function_stay_small_enough_to_be_read() -> None:
    large = {
        name_of(path): lines
        for path in MODULES
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_MODULE
    }
    for module, node in definitions():
        longest = LONGEST_CLASS if isinstance(node, ast.ClassDef) else LONGEST_FUNCTION
        if lines_of(node) > longest:
            large[f"{module}:{node.name}"] = lines_of(node)
    assert large.keys() == LARGER.keys(), large


def test_the_top_of_the_house_is_seen_at_a_glance() -> None:
    top = [path.name for path in HOUSE.iterdir() if path.name != "__pycache__"]
    assert len(top) <= MOST_AT_THE_TOP, sorted(top)


def exported(module: str) -> set[str]:
    """The names in the `__all__` of a module."""
    return {
        name
        for node in TREES[module].body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__"
        for name in ast.literal_eval(node.value)
    }


def imports(module: str, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """What a module imports from the package, anywhere in it. Imports only for types do not count."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "pytest_samurai":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                is_module = inner in TREES and alias.name not in exported(str(node.module))
                yield inner if is_module else str(node.module), node.lineno
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name in TREES)
        todo += ast.iter_child_nodes(node)


def package_of(module: str) -> str:
    return ".".join(module.split(".")[:2])


def test_nobody_reaches_past_the_door_of_a_package() -> None:
    past = [
        f"{module}:{line} imports {imported}"
        for module, tree in TREES.items()
        for imported, line in imports(module, tree)
        if package_of(imported) in PACKAGES
        and imported != package_of(imported)
        and package_of(module) != package_of(imported)
    ]
    assert past == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {module: {imported for imported, _ in imports(module, tree)} - {module} for module, tree in TREES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as cycle:
        pytest.fail(" -> ".join(cycle.args[1]))


def memories(tree: ast.Module) -> Iterator[ast.AST]:
    """Where a module may store state: caches of functools, `global`, and containers that are not constants."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "functools":
            yield from (node for alias in node.names if alias.name in ("cache", "lru_cache"))
        if isinstance(node, ast.Attribute) and node.attr in ("cache", "lru_cache"):
            yield node
        if isinstance(node, ast.Global):
            yield node
    for node in tree.body:
        is_empty = isinstance(node, ast.Assign | ast.AnnAssign) and (
            (isinstance(node.value, ast.List | ast.Set) and not node.value.elts)
            or (isinstance(node.value, ast.Dict) and not node.value.keys)
            or (isinstance(node.value, ast.Call) and not node.value.args and is_container(node.value.func))
        )
        if is_empty:
            yield node


def is_container(function: ast.expr) -> bool:
    return isinstance(function, ast.Name) and function.id in ("dict", "list", "set", "deque", "defaultdict", "Counter")


def test_no_module_remembers_anything() -> None:
    remembering = [
        f"{module}:{getattr(node, 'lineno', 0)}" for module, tree in TREES.items() for node in memories(tree)
    ]
    assert remembering == []


@pytest.mark.parametrize(
    "source",
    [
        "from functools import cache",
        "import functools\n@functools.lru_cache\ndef f(): pass",
        "SEEN = []",
        "SEEN: dict[str, int] = {}",
        "SEEN = set()",
        "def f():\n    global seen",
    ],
)
def test_a_memory_is_told_in_each_of_its_forms(source: str) -> None:
    assert list(memories(ast.parse(source)))


def test_the_keys_of_an_api_are_known_only_where_it_is_read_or_served() -> None:
    knowing = [
        f"{module}:{node.lineno} {node.value!r}"
        for module, tree in TREES.items()
        if package_of(module) not in ("pytest_samurai.wire", "pytest_samurai.server")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        if (node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value) in KEYS_OF_APIS
    ]
    assert knowing == []


def test_a_library_that_is_recorded_is_named_only_where_another_would_be_added() -> None:
    naming = {
        module
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value == "httpx2"
    }
    assert naming == {"pytest_samurai.intercept.library", "pytest_samurai.plugin.idle"}


def test_a_moment_is_read_from_its_text_in_a_single_module() -> None:
    readers = {
        module
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("fromisoformat", "strptime")
    }
    assert readers == {"pytest_samurai.text.dates"}


def test_an_option_that_a_text_names_is_in_the_table() -> None:
    """Messages spell flags and ini keys by hand, so each must exist."""
    known = {f"samurai_{name}" for name in OPTIONS} | OTHER_NAMES
    flags = {f"--samurai-{name.replace('_', '-')}" for name in OPTIONS}
    unknown = [
        f"{module}:{node.lineno} {word}"
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for word in re.findall(r"--samurai-[a-z-]*[a-z]|\bsamurai_[a-z_]*[a-z]", node.value)
        if word not in known and word not in flags
    ]
    assert unknown == []


def stored_names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name.lstrip("_"), node.lineno


def test_a_name_says_what_it_holds() -> None:
    beside = {
        name_of(path): ast.parse(path.read_text(encoding="utf-8"))
        for directory in BESIDE
        for path in (ROOT / directory).rglob("*.py")
    }
    vague = [
        f"{module}:{line} {name}"
        for module, tree in (TREES | beside).items()
        for name, line in stored_names(tree)
        if name in VAGUE and (package_of(module).removeprefix("pytest_samurai."), name) not in NOUNS
    ]
    assert vague == []


def test_the_contracts_have_at_most_ten_layers() -> None:
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    layers = re.search(r"^layers = \[(.*?)^\]", settings, re.MULTILINE | re.DOTALL)
    assert layers is not None
    assert len(re.findall(r'^ +"', layers[1], re.MULTILINE)) <= 10


def test_where_to_go_for_what_leads_somewhere() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = page.partition("### Where do I go to ...")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][2:]
    assert len(rows) == 21
    for row in rows:
        named = re.findall(r"`([\w./]+)`", row)
        assert 1 <= len(named) <= 3 + row.count("docs/"), row
        for path in named:
            assert (ROOT / path).exists() or (HOUSE / path).exists(), f"{path} of: {row}"
