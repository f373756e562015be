"""Damaged and edited files: loaded unchanged, taken as an edit of a body, or refused by file and line."""

from __future__ import annotations

import random
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import pytest
import vcr.serialize
import yaml
from vcr.serializers import yamlserializer

from pytest_samurai import use_cassette
from pytest_samurai.cassette import loader as yaml_loader
from pytest_samurai.cassette.entry import interaction_text
from pytest_samurai.cassette.frame import HEAD
from pytest_samurai.cassette.reader import load, parse, salvage
from pytest_samurai.cassette.writer import dump, save, update
from pytest_samurai.errors import CassetteError
from pytest_samurai.files import REAL, locked, locks, scratch
from pytest_samurai.wire.http import Chunk, Headers, Reply, Request
from pytest_samurai.wire.interaction import Interaction
from tests.conftest import Size

FILE = Path("some.yaml")
URL = "http://127.0.0.1:80/v1/chat/completions?x=1"
JSON_TYPE: Headers = (("content-type", "application/json"),)
STREAM_TYPE: Headers = (("content-type", "text/event-stream"), ("x-request-id", "req-1"))
EVENTS = b'data: {"choices":[{"delta":{"content":"\\u6771 hi"}}]}\n\ndata: [DONE]\n\n'
ANSWER = (
    b'{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"Paris"}}],"usage":{"prompt_tokens":1}}'
)


def recorded(request: bytes, reply: Reply) -> Interaction:
    return Interaction(Request("POST", URL, JSON_TYPE, request), reply, "2026-11-23T15:00:00.000001Z")


PLAIN = recorded(
    b'{"model":"x","messages":[{"role":"user","content":"hi"}]}', Reply(200, "OK", JSON_TYPE, ANSWER, duration=0.12)
)
STREAM = recorded(
    b'{"stream":true}',
    Reply(
        200,
        "OK",
        STREAM_TYPE,
        EVENTS,
        chunks=(Chunk(30, 0.01), Chunk(len(EVENTS) - 30, 0.02)),
        hidden_usage={"prompt_tokens": 3, "completion_tokens": 2},
        duration=0.3,
    ),
)
BINARY = recorded(b"\xff\x00binary", Reply(200, "OK", JSON_TYPE, b"", duration=0.3))
QUOTED = recorded(
    "a\rb\x85".encode(),
    Reply(200, "OK", JSON_TYPE, b"plain text\n\n\n", duration=0.3, ending="ReadError", http_version="HTTP/2"),
)
ERROR = recorded(
    b'{"a": 1, "b": [{"c": 1e-07}]}\n', Reply(429, "", JSON_TYPE, b' {"error" : {"code":429} }', duration=0.3)
)
FIVE = [PLAIN, STREAM, BINARY, QUOTED, ERROR]
CONTENT = dump(FIVE)


def with_bodies_of(item: Interaction, other: Interaction) -> Interaction:
    reply = replace(item.reply, body=other.reply.body, chunks=other.reply.chunks)
    return replace(item, request=replace(item.request, body=other.request.body), reply=reply, edited=other.edited)


_TO_DO = r"[;:] (?:restore |fix it, restore |keep one side).*"


def outcome(content: bytes) -> str:
    """What happened to damaged content: "equal", "refused", "edited", or something that must never happen."""
    try:
        found = parse(content, FILE)
    except CassetteError as error:
        whole = re.fullmatch(rf"some\.yaml:\d+: \S.*{_TO_DO}", str(error))
        return "refused" if whole else f"refused without a place or an advice: {error}"
    if found == FIVE:
        return "equal"
    if len(found) != len(FIVE):
        return f"{len(found)} interactions"
    for item, meant in zip(found, FIVE, strict=True):
        if item != meant and not (item.edited and with_bodies_of(item, meant) == meant):
            return "another interaction, in silence"
    return "edited"


def listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.most_common())


def test_it_is_written_and_read_back() -> None:
    assert parse(CONTENT, FILE) == FIVE


def test_a_file_that_was_cut_off_anywhere_is_refused(size: Size) -> None:
    counts = Counter(outcome(CONTENT[:end]) for end in range(len(CONTENT)))
    size.tell(f"{len(CONTENT):,} truncations: {listed(counts)}")
    # The last line end carries no meaning: some editors drop it.
    assert counts == {"refused": len(CONTENT) - 1, "equal": 1}


def with_a_changed_byte(content: bytes, times: int) -> Iterator[bytes]:
    chance = random.Random(3)
    for _ in range(times):
        place = chance.randrange(len(content))
        # Half of them flip one bit, as memory and disks do: digits and letters become their neighbours.
        changed = content[place] ^ (1 << chance.randrange(8) if chance.random() < 0.5 else chance.randrange(1, 256))
        yield content[:place] + bytes([changed]) + content[place + 1 :]


def test_a_changed_byte_is_refused_or_the_edit_of_a_body(size: Size) -> None:
    times = size(2_000, 10_000)
    counts = Counter(map(outcome, with_a_changed_byte(CONTENT, times)))
    size.tell(f"{times:,} changed bytes: {listed(counts)}")
    assert set(counts) == {"refused", "edited", "equal"}


def by_vcrpy(interactions: Iterable[Interaction]) -> bytes:
    """A file that vcrpy has rewritten: it has no seals."""
    requests, responses = vcr.serialize.deserialize(dump(interactions).decode(), yamlserializer)
    content: str = vcr.serialize.serialize({"requests": requests, "responses": responses}, yamlserializer)
    return content.encode()


def test_a_file_of_vcrpys_that_was_cut_off_anywhere_is_refused_or_whole(size: Size) -> None:
    content = by_vcrpy(FIVE)
    assert content.endswith(b"\nversion: 1\n")
    counts = Counter(outcome(content[:end]) for end in range(len(content)))
    size.tell(f"{len(content):,} truncations of a file of vcrpy's: {listed(counts)}")
    assert counts == {"refused": len(content) - 1, "equal": 1}


def test_a_changed_byte_in_a_file_of_vcrpys_never_costs_an_interaction_in_silence(size: Size) -> None:
    # Such a file cannot tell which values changed, except for bodies: vcrpy keeps our seal.
    content, times, counts = by_vcrpy(FIVE), size(1_000, 10_000), Counter[str]()
    for damaged in with_a_changed_byte(content, times):
        became = outcome(damaged)
        counts["loaded" if became in ("equal", "another interaction, in silence") else became] += 1
    size.tell(f"{times:,} changed bytes of a file of vcrpy's: {listed(counts)}")
    assert set(counts) == {"refused", "edited", "loaded"}


def test_no_interaction_can_be_taken_out_of_the_middle_with_a_line_of_the_next() -> None:
    lines = CONTENT.split(b"\n")
    for first in range(len(lines)):
        without = b"\n".join([*lines[:first], *lines[first + 1 :]])
        assert outcome(without) in ("refused", "edited", "equal"), first


def test_lines_that_are_lost_with_the_seal_behind_them_are_missed(size: Size) -> None:
    lines = CONTENT.split(b"\n")
    begins = {number for number, line in enumerate(lines) if line == b"- request:"}
    seals = [number for number, line in enumerate(lines) if line.startswith(b"      seal: ")]
    counts: Counter[str] = Counter()
    for last in seals:
        for first in range(last, -1, -1 if size(0, 1) else -3):
            if first not in begins:  # whole interactions may be taken out
                became = outcome(b"\n".join([*lines[:first], *lines[last + 1 :]]))
                counts[became] += 1
                assert became == "refused", lines[first:last]
    size.tell(f"{counts.total():,} losses of lines up to a seal: {listed(counts)}")


# --- what people and git do to files

_LAST_RESPONSE = CONTENT.rindex(b"  response:\n")
SENTENCES: list[tuple[bytes | None, str]] = [
    (None, "{path}: is a directory, but a cassette must be a file; move it away"),
    (b"", "{path}:1: the file is empty; restore it, or delete it to record again"),
    (
        b"<<<<<<< HEAD\n" + CONTENT,
        "{path}:1: these are the marks of a merge conflict; keep one side, or both in turn",
    ),
    (
        CONTENT.removesuffix(b"version: 1\n"),
        "{path}:131: the file is incomplete: it must end with the line `version: 1`; restore it",
    ),
    (
        CONTENT.replace(b"\nversion: 1\n", b"\nversion: 2\n"),
        "{path}:131: version is 2; this tool reads version 1; fix it, restore the file, or delete it to record again",
    ),
    (
        # It goes together with the seal: an interaction of ours without its end has none.
        CONTENT[:_LAST_RESPONSE] + b"version: 1\n",
        "{path}:107: interaction 5 is damaged: `response` is missing;"
        " fix it, restore the file, or delete it to record again",
    ),
    (
        b"interactions: !!python/object/apply:os.system [touch broken-into]\nversion: 1\n",
        "{path}:1: not readable as YAML: could not determine a constructor for the tag"
        " 'tag:yaml.org,2002:python/object/apply:os.system'; fix it, restore the file, or delete it to record again",
    ),
    (
        b"- request: {}\n",
        "{path}:1: not a cassette: it has no list `interactions`;"
        " fix it, restore the file, or delete it to record again",
    ),
]


@pytest.mark.parametrize("mode", ["once", "all", "new_episodes", "none"])
@pytest.mark.parametrize(("content", "sentence"), SENTENCES)
def test_what_cannot_be_read_has_a_sentence_of_its_own_and_no_mode_overwrites_it(
    tmp_path: Path, content: bytes | None, sentence: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "some.yaml"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(CassetteError) as caught, use_cassette(path, mode=mode):
        pytest.fail("it was opened")
    assert str(caught.value) == sentence.format(path=path)
    assert content is None or path.read_bytes() == content
    assert list(tmp_path.rglob("*")) == [path]


def test_a_file_of_ours_of_which_only_the_ends_are_left_is_refused() -> None:
    assert "it has no list `interactions`" in refusal(CONTENT.split(b"\n")[0] + b"\nversion: 1\n")


def test_each_of_these_sentences_is_another() -> None:
    assert len({sentence for _, sentence in SENTENCES}) == len(SENTENCES)


def refusal(content: bytes) -> str:
    with pytest.raises(CassetteError) as caught:
        parse(content, FILE)
    return str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert refusal(content) == "some.yaml:1: the file is empty; restore it, or delete it to record again"


@pytest.mark.parametrize("mark", [b"<<<<<<< HEAD", b"=======", b">>>>>>> theirs"])
def test_the_marks_of_a_merge_conflict_are_named_with_their_line(mark: bytes) -> None:
    lines = CONTENT.split(b"\n")
    lines.insert(6, mark)
    assert refusal(b"\n".join(lines)) == (
        "some.yaml:7: these are the marks of a merge conflict; keep one side, or both in turn"
    )


def test_what_looks_like_a_conflict_within_a_body_is_none() -> None:
    item = recorded(b"<<<<<<< HEAD\n=======\n>>>>>>> theirs\n", PLAIN.reply)
    assert parse(dump([item]), FILE) == [item]


def test_a_checkout_with_crlf_is_the_same_cassette() -> None:
    assert parse(CONTENT.replace(b"\n", b"\r\n"), FILE) == FIVE


def test_a_cassette_of_nothing_is_one() -> None:
    assert parse(dump([]), FILE) == []


def test_an_interaction_that_lost_its_first_line_is_named() -> None:
    assert refusal(CONTENT.replace(b"- request:\n", b"", 1)) == (
        "some.yaml:3: an interaction should begin here; restore the file"
    )


def test_two_files_joined_are_refused_since_one_of_the_lists_would_be_forgotten() -> None:
    twice = "`interactions` appears twice; put all interactions into one list"
    line = CONTENT.count(b"\n") + 2
    assert refusal(CONTENT + CONTENT) == f"some.yaml:{line}: {twice}"
    assert refusal(CONTENT.replace(b"\nversion: 1", b"\ninteractions: []\nversion: 1")).endswith(twice)


@pytest.mark.parametrize("before", [b"", b"merged: {<<: {}}\n"], ids=["plain", "with a merge key"])
def test_an_alias_bomb_is_refused(before: bytes) -> None:
    levels = b"".join(b"l%d: &l%d [%s]\n" % (n, n, b", ".join([b"*l%d" % (n - 1)] * 9)) for n in range(1, 12))
    content = before + b"l0: &l0 [x]\n" + levels + b"interactions: [*l11]\nversion: 1\n"
    assert refusal(content) == (
        "some.yaml:1: aliases in this file expand without end, so it is not read;"
        " fix it, restore the file, or delete it to record again"
    )


@pytest.mark.parametrize("loader", [yaml.CSafeLoader, yaml.SafeLoader])
def test_what_is_nested_without_end_is_refused(loader: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_loader, "_Loader", loader)
    # Deeper than libyaml and Python accept. For PyYAML's own loader, ten times as deep takes a hundred times as long.
    # Before 0.2.6, libyaml has no limit, and misses the other brackets at the end.
    assert re.match(r"some\.yaml:[12]: not readable as YAML: ", refusal(b"interactions: " + b"[" * 1_001))


def test_a_few_aliases_as_other_tools_write_them_are_read() -> None:
    content = b"""
interactions:
- request: {method: &m POST, uri: http://h/, body: '', headers: &h {content-type: [a/b]}}
  response: {status: {code: 200, message: OK}, body: {string: *m}, headers: *h}
version: 1
"""
    [found] = parse(content, FILE)
    assert found.reply.headers == found.request.headers == (("content-type", "a/b"),)
    assert found.reply.body == b"POST"


def test_broken_yaml_with_an_alias_is_refused_by_its_line() -> None:
    assert refusal(b"a: &x [1]\nb: *x\nc: [*x\n").startswith("some.yaml:4: not readable as YAML: ")


def test_a_file_that_the_system_does_not_give_is_refused_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CassetteError, match=r"a\.yaml: cannot be read: Not a directory"):
        load(tmp_path / "file" / "a.yaml")


# --- edits by hand


def test_a_change_outside_of_a_body_is_refused_until_its_seal_says_none() -> None:
    changed = CONTENT.replace(b"code: 429", b"code: 503")
    assert re.fullmatch(
        r"some\.yaml:\d+: interaction 5 was changed outside of its bodies since it was written;"
        r" restore it, or, if you edited it, change its line `seal:` to `none`",
        refusal(changed),
    )
    lines = changed.split(b"\n")
    assert lines[-3].startswith(b"      seal: ")
    assert refusal(b"\n".join([*lines[:-3], *lines[-2:]])) == (
        "some.yaml:107: interaction 5 has no seal, so lines may be missing; restore it, or, if you edited it, give it"
        " the line `seal: none` under `samurai:`"
    )
    found = parse(b"\n".join([*lines[:-3], b"      seal: none", *lines[-2:]]), FILE)
    assert found == [*FIVE[:4], replace(ERROR, reply=replace(ERROR.reply, status=503), edited=True)]


PRETTY = recorded(
    b'{\n "model": "m",\n "n": [\n  1\n ]\n}', Reply(200, "OK", JSON_TYPE, b'{"a": [{"b": [1]}, {"c": "d"}], "e": 1}')
)
DEEP = recorded(b"{}", Reply(200, "OK", JSON_TYPE, b"[" * 100_000 + b'"a"' + b"]" * 100_000))


@pytest.mark.parametrize(
    ("body", "lost"),
    [
        ("request", b"\n       ]"),
        ("request", b'\n       "n": ['),
        ("reply", b"\n          ],"),
        ("reply", b'\n          "e": 1'),
    ],
)
def test_a_body_that_was_json_and_is_none_any_more_is_damage_and_no_edit(body: str, lost: bytes) -> None:
    damaged = dump([PRETTY, PLAIN]).replace(lost, b"", 1)
    told = (
        f"interaction 1 has a {body} body that was JSON and is now damaged; restore it, or, if you edited it, change"
        f" its line `seal:` to `none`"
    )
    assert refusal(damaged) == f"some.yaml:3: {told}"
    assert refusal(b"---\n" + damaged) == f"some.yaml:4: {told}"
    on_purpose = re.sub(rb"seal: .*", b"seal: none", damaged, count=1)
    [found, other] = parse(on_purpose, FILE)
    # It was edited on purpose, and no seal says what it was before.
    assert (found.edited, found.unsealed) == (True, True)
    assert (other.edited, other.unsealed) == (False, False)


@pytest.mark.parametrize(
    ("item", "old", "new"),
    [(PRETTY, b'"d"', b'"hello", "f": []'), (PRETTY, b"\n        1", b""), (DEEP, b'"a"', b'"b"')],
    ids=["more", "less", "too deep to tell"],
)
def test_a_change_that_leaves_json_is_an_edit(item: Interaction, old: bytes, new: bytes) -> None:
    [found] = parse(dump([item]).replace(old, new), FILE)
    assert found.edited


def test_an_edited_answer_stays_marked_after_the_file_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(CONTENT.replace("東 hi".encode(), b"Kyoto, hello"))
    [_, found, *others] = load(path)
    body = EVENTS.replace(b"\\u6771 hi", b"Kyoto, hello")
    assert found.edited
    assert found.reply.body == body
    # One chunk for each event: the original chunks would cut the new text at the old places.
    assert [chunk.length for chunk in found.reply.chunks or ()] == [body.index(b"\n\n") + 2, len(b"data: [DONE]\n\n")]
    assert not any(other.edited for other in others)
    update(path, lambda there: [*there, PLAIN])
    assert path.read_bytes().count(b"      edited: true\n") == 1
    assert load(path) == [PLAIN, found, *others, PLAIN]


def test_vcrpy_rewrites_the_file_and_loses_nothing_of_ours() -> None:
    with_edit = [replace(PLAIN, edited=True), *FIVE[1:]]
    content = by_vcrpy(with_edit)
    assert content != dump(with_edit)
    assert parse(content, FILE) == with_edit


# --- what is saved of a truncated file


def test_what_is_whole_of_a_file_that_was_cut_off_is_saved() -> None:
    texts = [b"".join(interaction_text(item)) for item in FIVE]
    whole = HEAD.encode() + b"".join(texts)
    ends = [*accumulate(map(len, texts), initial=len(HEAD))]
    assert ends[-1] == len(whole)
    # It is torn at each byte around the ends of all of them, so that the first or the last line is incomplete.
    near = {end + step for end in ends for step in range(-12, 13)} & set(range(len(whole) + 1))
    for end in sorted({*range(0, ends[2], 5), *near}):
        assert salvage(whole[:end], FILE) == FIVE[: sum(there <= end for there in ends[1:])]


def test_nothing_is_saved_of_an_interaction_with_a_changed_byte() -> None:
    text = b"".join(part for item in FIVE for part in interaction_text(item)).replace(b"Paris", b"Pariz")
    assert salvage(text, FILE) == FIVE[1:]


# --- two processes at one file


def test_a_file_that_another_process_holds_is_waited_for_but_not_forever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.yaml"
    save(path, [PLAIN])
    monkeypatch.setattr(locks, "_LONGEST_WAIT", 0.1)
    with locked(path), pytest.raises(CassetteError, match=r"a\.yaml: another process still holds it after 0\.1 s"):
        update(path, lambda there: [*there, STREAM])
    update(path, lambda there: [*there, STREAM])
    assert load(path) == [PLAIN, STREAM]
    assert list(tmp_path.iterdir()) == [path]


def test_a_machine_where_no_lock_can_be_kept_is_told_where_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, there = tmp_path / "a.yaml", tmp_path / "locks"
    save(path, [PLAIN])
    monkeypatch.setattr(locks, "_lock_directory", lambda: there)
    there.write_text("")
    told = rf"{re.escape(str(there))}: cannot be used for locks: File exists; it must be a directory that you own:"
    with pytest.raises(CassetteError, match=told):
        scratch("tally")
    with pytest.raises(CassetteError, match=told):
        update(path, lambda there: [*there, STREAM])
    assert load(path) == [PLAIN]


def test_nobody_else_can_get_at_the_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(REAL, "temporary", str(tmp_path / "tmp"))
    update(tmp_path / "a.yaml", lambda _: [PLAIN])
    [directory] = (tmp_path / "tmp").iterdir()
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_an_error_while_a_file_is_locked_is_none_of_the_lock(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="mine"), locked(tmp_path / "a.yaml"):
        raise OSError("mine")
