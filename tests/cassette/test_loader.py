"""Foreign YAML is read as PyYAML reads it, except anything that expands or loops without end."""

from __future__ import annotations

import base64
import gc
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_samurai.cassette import loader as yaml_loader
from pytest_samurai.cassette.loader import document
from pytest_samurai.cassette.reader import parse
from pytest_samurai.errors import CassetteError
from tests.cassette.test_damage import FILE, refusal

KEYS = st.sampled_from(["a", "b", "<<", "=", "1", "yes", "a b", "2020-01-01", "~", "0x1f", "1_000", "1:30", "é"])
SCALARS = st.one_of(
    KEYS,
    st.sampled_from(["''", '"x\\ty"', "'it''s'", "1.5", ".inf", "-.5e3", "null", "NO", "2001-12-14t21:59:43.10-05:00"]),
    st.sampled_from(["&x v", "*x", "!!str 1", "!!binary aGk=", "!!binary é", "! a", "!!python/name:os.x ''"]),
    st.sampled_from(["!!int x", "2020-13-01", "0o9", "09", "{", "[1", "|\n  block\n", ">-\n  folded\n  lines\n"]),
)


def _flow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(inner, max_size=3).map(lambda it: f"[{', '.join(it)}]")
    pairs = st.lists(st.tuples(KEYS | inner, inner), max_size=3)
    return items | pairs.map(lambda it: "{" + ", ".join(f"{key}: {value}" for key, value in it) + "}")


FLOWS = st.recursive(SCALARS, lambda inner: _flow(inner) | inner.map(lambda it: f"&x {it}"), max_leaves=6)
DOCUMENTS = st.lists(st.tuples(KEYS, FLOWS), max_size=5).map(
    lambda pairs: "".join(f"{key}: {value}\n" for key, value in pairs)
) | st.sampled_from(["", "a", "--- 1\n--- 2\n", "- a\n- &x [b]\n- *x\n", "a: &x {b: *x}\n", "%YAML 9\n---\n"])


def has_circle(text: str) -> bool:
    return "{...}" in text or "[...]" in text


@given(DOCUMENTS)
@example("? [a]\n: b\n")
@example("a: &x [1]\nb: &x [2]\nc: *x\n")
@example("a: !!map {}\n")
@example("a: !!map []\n")
@example("a: !!seq {}\n")
@example("? !!str [a]\n: b\n")
@example("a: 1\na: 2\n")
@example("a: &x {b: *x}\n")
@example("a: &x [*x]\n")
@example("a: &x {1: *x}\n")
@example("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\ne: {<<: [*x, {f: 4}]}\n")
@example("a: !!set {b, c}\nd: !!omap [e: 1]\n")
def test_what_is_loaded_is_what_pyyaml_makes_unless_a_value_holds_itself(text: str) -> None:
    content = text.encode()
    try:
        meant = yaml.safe_load(content)
    except Exception:  # noqa: BLE001 - PyYAML lets errors of int() and others through
        meant = None
        is_readable = False
    else:
        is_readable = not has_circle(repr(meant))
    if is_readable:
        assert repr(document(content, FILE)) == repr(meant)
    else:
        with pytest.raises(CassetteError, match=r"some\.yaml(:\d+)?: not readable as YAML"):
            document(content, FILE)


def test_a_body_of_bytes_in_a_file_of_others_is_read() -> None:
    body = base64.b64encode(b"\xff\x00").decode()
    content = f"""
interactions:
- request: {{method: POST, uri: http://h/, body: !!binary {body}, headers: {{}}}}
  response: {{status: {{code: 200, message: OK}}, body: {{string: ''}}, headers: {{}}}}
version: 1
"""
    assert parse(content.encode(), Path("a.yaml"))[0].request.body == b"\xff\x00"


UNFOLDED = "some.yaml:1: aliases in this file expand without end, so it is not read; fix it, restore the file, or"


def levels(item: str, begin: str = "l0: &l0 [x]\n") -> bytes:
    """Twelve levels, each with nine of the level before."""
    lines = [f"l{n}: &l{n} {item.format(', '.join([f'*l{n - 1}'] * 9))}\n" for n in range(1, 12)]
    return (begin + "".join(lines)).encode()


@pytest.mark.parametrize(
    "content",
    [
        levels("[{}]") + b"interactions: [*l11]\n",
        b"interactions: [&l [%b], %b]\n" % (b", ".join([b"a"] * 5_000), b", ".join([b"*l"] * 5_000)),
    ],
    ids=["of lists", "of a long list"],
)
def test_a_few_lines_that_unfold_to_more_than_a_memory_holds_are_refused(content: bytes) -> None:
    assert refusal(content + b"version: 1\n").startswith(UNFOLDED)


def test_merge_keys_do_not_unfold_without_end() -> None:
    one_after_the_other = levels("{{<<: [{}]}}", "l0: &l0 {a: 1}\n") + b"interactions: [*l11]\n"
    # Nothing is built here before the innermost level is merged.
    inside = "{a: 1}"
    for n in range(11):
        inside = f"{{<<: [&l{n} {inside}, {', '.join([f'*l{n}'] * 8)}]}}"

    for content in (one_after_the_other, f"interactions: [{inside}]\n".encode()):
        # The current PyYAML merges equal keys at once, so everything becomes one key. Version 6.0 keeps them all.
        said = refusal(content + b"version: 1\n")
        assert said.startswith(UNFOLDED) or "interaction 1 is something that has ['a'], not a call over HTTP" in said


def test_aliases_that_stand_for_less_than_the_file_holds_are_read() -> None:
    content = b"a: &a [%b]\nb: [%b]\n" % (b", ".join([b"x"] * 100), b", ".join([b"*a"] * 90))

    assert document(content, FILE) == {"a": ["x"] * 100, "b": [["x"] * 100] * 90}


@pytest.mark.parametrize("content", [b"a: [1]\n", b"a: [1\n", b"a: &x [*x]\n"])
@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_of_garbage_is_left_as_it_was(content: bytes, enabled: bool) -> None:
    (gc.enable if enabled else gc.disable)()
    try:
        document(content, FILE)
    except CassetteError:
        pass
    finally:
        is_enabled = gc.isenabled()
        gc.enable()
    assert is_enabled == enabled


def test_the_collector_of_garbage_does_not_look_at_a_file_as_it_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    class Watched(yaml_loader._Loader):
        def construct_document(self, node: yaml.Node) -> object:
            seen.append(gc.isenabled())
            return super().construct_document(node)

    monkeypatch.setattr(yaml_loader, "_Loader", Watched)
    assert document(b"a: 1\n", FILE) == {"a": 1}
    assert (seen, gc.isenabled()) == ([False], True)
