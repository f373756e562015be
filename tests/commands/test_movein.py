"""`pytest-samurai import --tests`: what must change in another recorder's suite, and what is done for you."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from pytest_samurai.commands import cli
from tests.othersuite import TESTS, cassette
from tests.project import Project


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    status = cli.main(["import", "--tests", *arguments])
    out, err = capsys.readouterr()
    assert err == ""
    return status, out.splitlines()


def moved(capsys: pytest.CaptureFixture[str], before: str, name: str = "t/test_a.py") -> tuple[str, list[str]]:
    """What a file becomes, and the lines printed about it. A completed change is not found again."""
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(dedent(before).lstrip())
    dry = run(capsys, name)[1]
    assert path.read_text() == dedent(before).lstrip()
    status, lines = run(capsys, "--write", name)
    assert lines[:-1] == dry[:-1]
    left = [line for line in lines[:-1] if "look here" in line]
    assert status == bool(left)
    again = [line.split(":", 2)[2] for line in run(capsys, name)[1][:-1]]
    assert again == [line.split(":", 2)[2] for line in left]
    return path.read_text(), [line.removeprefix(f"{name}:") for line in lines[:-1]]


# --- marks


def test_marks_are_renamed_wherever_they_are_and_all_else_stays_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    before = """
        # -*- coding: utf-8 -*-
        '''Tests of \'vcr\'.'''
        import pytest as pt
        from pytest import mark, param

        pytestmark = [mark.slow, mark.vcr( record_mode = "none",)]  # both


        @mark.vcr   # of the class
        class TestIt :
            @pt.mark.vcr(filter_headers=[
                "authorization",  # a key
            ])
            @pt.mark.parametrize("x", [param(1, marks=pt.mark.vcr), 2])
            def test_it (self,x) :
                vcr = "é"; self.vcr = vcr
        """
    after, lines = moved(capsys, before)
    assert after == (dedent(before).lstrip().replace("mark.vcr", "mark.samurai"))
    assert lines == [
        '6: mark.vcr( record_mode = "none",) -> mark.samurai( record_mode = "none",)',
        "9: @mark.vcr -> @mark.samurai",
        '11: @pt.mark.vcr(filter_headers=[ "authorization", # a key ])'
        ' -> @pt.mark.samurai(filter_headers=[ "authorization", # a key ])',
        "14: pt.mark.vcr -> pt.mark.samurai",
    ]


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        ("vcr(additional_matchers=['x'])", "put them into match_on"),
        (
            "vcr(serializer='json')",
            "leave it out: cassettes are YAML; `pytest-samurai import` makes one of each in JSON",
        ),
        ("vcr(matchon=['x'])", "there is no option 'matchon' here; is it match_on?"),
        ("vcr(**OPTIONS)", "its options cannot be read here; write them out"),
        ("vcr('a', 'b')", "it names 2 cassettes, and a test has one here: put all interactions into one file"),
        ("vcr(NAME)", "the name of the cassette cannot be read here"),
        ("default_cassette(NAME)", "name the cassette in the marker: @pytest.mark.samurai(NAME)"),
        ("default_cassette('a', 'b')", "name the cassette in the marker: @pytest.mark.samurai(NAME)"),
        ("default_cassette", "name the cassette in the marker: @pytest.mark.samurai(NAME)"),
        ("default_cassette('a')", "nothing here has the mark @pytest.mark.vcr, so this has no effect"),
    ],
)
def test_a_mark_that_would_have_to_be_guessed_stays_and_is_told(
    capsys: pytest.CaptureFixture[str], mark: str, why: str
) -> None:
    before = f"import pytest\n@pytest.mark.{mark}\ndef test_it(): pass\n"
    assert moved(capsys, before) == (before, [f"2: @pytest.mark.{mark}: look here: {why}"])


@pytest.mark.parametrize("mark", ["block_network", "block_network(allowed_hosts=['a'])", "allowed_hosts(['a'])"])
def test_marks_that_block_the_network_are_told(capsys: pytest.CaptureFixture[str], mark: str) -> None:
    before = f"import pytest\n@pytest.mark.{mark}\ndef test_it(): pass\n"
    after, [line] = moved(capsys, before)
    assert after == before
    assert line.startswith(f"2: @pytest.mark.{mark}: look here: a test that can only replay calls no model anyway;")


def test_a_cassette_that_a_mark_names_stays_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    after, lines = moved(
        capsys,
        """
        import pytest
        @pytest.mark.vcr("a.yaml")
        def test_it(): pass
        """,
    )
    assert '@pytest.mark.samurai("a.yaml")' in after
    assert lines == ['2: @pytest.mark.vcr("a.yaml") -> @pytest.mark.samurai("a.yaml")']


@pytest.mark.parametrize("own", ["TestIt.test_it.yaml", "TestIt.test_it[1].yaml"])
def test_a_test_that_has_a_cassette_of_its_own_too_is_told(capsys: pytest.CaptureFixture[str], own: str) -> None:
    cassette(Path("t/cassettes/test_a") / own)
    _, [line, *_] = moved(
        capsys,
        """
        import pytest
        class TestIt:
            @pytest.mark.vcr("a.yaml")
            def test_it(self): pass
        """,
    )
    assert line == (
        f'3: @pytest.mark.vcr("a.yaml"): look here: the test has {own} too, and one cassette here: put all interactions'
        " into one file, and name that"
    )


def test_a_mark_that_adds_a_cassette_to_several_tests_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    _, lines = moved(capsys, "import pytest\npytestmark = pytest.mark.vcr('a')\n")
    why = "it gives several tests another cassette; name each test's own in its mark"
    assert lines == [f"2: pytest.mark.vcr('a'): look here: {why}"]


def test_the_mark_that_names_a_cassette_becomes_the_mark_of_the_test(capsys: pytest.CaptureFixture[str]) -> None:
    after, lines = moved(
        capsys,
        """
        import pytest

        @pytest.mark.vcr
        @pytest.mark.default_cassette("a.yaml")
        def test_a(): pass

        # A comment keeps its mark.
        @pytest.mark.default_cassette("b.yaml")
        @pytest.mark.vcr  # here
        def test_b(): pass

        @pytest.mark.vcr(record_mode="none")
        class TestC:
            @pytest.mark.default_cassette("c.yaml")
            def test_c(self): pass

        @pytest.mark.vcr("more.yaml")
        @pytest.mark.default_cassette("d.yaml")
        def test_d(): pass
        """,
    )
    assert after == dedent("""\
        import pytest

        @pytest.mark.samurai("a.yaml")
        def test_a(): pass

        # A comment keeps its mark.
        @pytest.mark.samurai("b.yaml")
        @pytest.mark.samurai  # here
        def test_b(): pass

        @pytest.mark.samurai(record_mode="none")
        class TestC:
            @pytest.mark.samurai("c.yaml")
            def test_c(self): pass

        @pytest.mark.vcr("more.yaml")
        @pytest.mark.default_cassette("d.yaml")
        def test_d(): pass
        """)
    assert lines[0] == "3: @pytest.mark.vcr -> nothing: the mark that names the cassette is enough"
    assert lines[-1] == (
        '18: @pytest.mark.default_cassette("d.yaml"): look here: two marks name cassettes, and a test has one here: put'
        " all interactions into one file"
    )


def test_a_mark_of_the_module_is_one_of_each_test(capsys: pytest.CaptureFixture[str]) -> None:
    after, _ = moved(
        capsys,
        """
        import pytest
        other = 1
        pytestmark = pytest.mark.vcr
        @pytest.mark.default_cassette("a.yaml")
        def test_it(): pass
        """,
    )
    assert '@pytest.mark.samurai("a.yaml")' in after


def test_in_the_root_directory_a_named_cassette_is_named_with_its_directory(capsys: pytest.CaptureFixture[str]) -> None:
    cassette(Path("cassettes/test_a/a.yaml"))
    after, lines = moved(capsys, "import pytest\n@pytest.mark.vcr('a.yaml')\ndef test_it(): pass\n", name="test_a.py")
    assert after == 'import pytest\n@pytest.mark.samurai("test_a/a.yaml")\ndef test_it(): pass\n'
    assert lines == ["2: @pytest.mark.vcr('a.yaml') -> @pytest.mark.samurai(\"test_a/a.yaml\")"]


# --- fixtures


def test_fixtures_are_renamed_where_they_are_written_and_where_they_are_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    after, lines = moved(
        capsys,
        """
        import pytest

        @pytest.fixture(scope="session")
        def vcr_config():
            def hook(response):
                return {"status": response}
            return {"before_record_response": hook, "record_mode": "none", **MORE, 7: 1}

        @pytest.fixture
        def vcr_cassette_dir(vcr_config, *, request):
            config = dict(vcr_config=vcr_config.vcr_config)
            yield config

        def test_it(request):
            vcr_config = request.getfixturevalue("vcr_config")
            request.node.get_closest_marker(r'vcr')
            request.getfixturevalue("mine", 7, *vcr_config)
        """,
    )
    assert after == dedent("""\
        import pytest

        @pytest.fixture(scope="session")
        def samurai_config():
            def hook(response):
                return {"status": response}
            return {"before_record_response": hook, "record_mode": "none", **MORE, 7: 1}

        @pytest.fixture
        def samurai_cassette_dir(samurai_config, *, request):
            config = dict(vcr_config=samurai_config.vcr_config)
            yield config

        def test_it(request):
            vcr_config = request.getfixturevalue("samurai_config")
            request.node.get_closest_marker(r'samurai')
            request.getfixturevalue("mine", 7, *vcr_config)
        """)
    assert lines == [
        "4: the fixture vcr_config -> samurai_config",
        "10: the fixture vcr_cassette_dir -> samurai_cassette_dir",
        "10: the fixture vcr_config -> samurai_config",
        '15: request.getfixturevalue("vcr_config") -> request.getfixturevalue("samurai_config")',
        "16: request.node.get_closest_marker(r'vcr') -> request.node.get_closest_marker(r'samurai')",
    ]


def test_a_function_that_is_no_fixture_keeps_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    before = "def vcr_config(vcr_cassette_dir):\n    return vcr_cassette_dir\n"
    assert moved(capsys, before) == (before, [])


@pytest.mark.parametrize(
    "value",
    [
        "return {'persister': 1}",
        "yield {'persister': 1}",
        "return dict(persister=1, **more)",
        "return {'persister': x}",
    ],
)
def test_an_option_that_is_none_here_is_told_with_what_to_write(capsys: pytest.CaptureFixture[str], value: str) -> None:
    _, lines = moved(capsys, f"import pytest\n@pytest.fixture()\ndef vcr_config():\n    {value}\n")
    assert lines == [
        "3: the fixture vcr_config -> samurai_config",
        "4: the option persister: look here: leave it out: cassettes are files",
    ]


@pytest.mark.parametrize("value", ["return config", "return f()", "yield", "return", "yield from x"])
def test_options_that_cannot_be_read_are_left_to_the_run(capsys: pytest.CaptureFixture[str], value: str) -> None:
    _, lines = moved(capsys, f"import pytest\n@pytest.fixture\ndef vcr_config():\n    {value}\n")
    assert lines == ["3: the fixture vcr_config -> samurai_config"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "@pytest.fixture\ndef vcr_cassette_name(request): return 'a'",
            "3: vcr_cassette_name: look here: name the cassette in the marker; or leave the tests as they are, with"
            " samurai_marker = vcr",
        ),
        (
            "# the hook\ndef pytest_recording_configure(config, vcr): pass",
            "3: pytest_recording_configure: look here: put the matchers that it registers into match_on, as functions",
        ),
        (
            "# a test\ndef test_it(vcr): assert vcr.play_count",
            "3: the fixture vcr: look here: that is vcrpy's; the fixture samurai has calls, usage and"
            " cassette_path; or leave the tests as they are, with samurai_marker = vcr",
        ),
        (
            "# a test\ndef test_it(request): request.getfixturevalue('record_mode')",
            "3: request.getfixturevalue('record_mode'): look here: set mode in samurai_config, or use --samurai-mode",
        ),
        (
            "# conftest\nfrom tests.config import vcr_config, other",
            "3: the import of vcr_config: look here: where it is defined, change it to samurai_config",
        ),
    ],
)
def test_what_a_person_has_to_decide_is_told(capsys: pytest.CaptureFixture[str], text: str, line: str) -> None:
    before = f"import pytest\n{text}\n"
    assert moved(capsys, before) == (before, [line])


def test_a_cassette_that_is_asked_for_and_not_looked_at_is_our_recorder(capsys: pytest.CaptureFixture[str]) -> None:
    after, lines = moved(
        capsys,
        """
        import pytest
        @pytest.mark.vcr
        def test_it(vcr, request): pass
        def test_both(vcr, samurai): pass
        """,
    )
    assert "def test_it(samurai, request): pass\ndef test_both(vcr, samurai): pass" in after
    assert lines[1] == "3: the fixture vcr -> samurai"
    assert lines[2].startswith("4: the fixture vcr: look here: ")


# --- plain vcrpy


def test_blocks_of_plain_vcrpy_become_ours_as_decorators_and_in_with(capsys: pytest.CaptureFixture[str]) -> None:
    after, lines = moved(
        capsys,
        """
        import os
        import vcr


        @vcr.use_cassette("a.yaml", match_on=["method"])  # a
        def test_a():
            with vcr.use_cassette(path=os.path.join("b", "c.yaml")) as cassette, open("x"):
                pass
            with vcr.use_cassette("d.yaml"):
                pass
        """,
    )
    assert after == dedent("""\
        import os
        import pytest_samurai


        @pytest_samurai.use_cassette("a.yaml", match_on=["method"])  # a
        def test_a():
            with pytest_samurai.use_cassette(path=os.path.join("b", "c.yaml")) as cassette, open("x"):
                pass
            with pytest_samurai.use_cassette("d.yaml"):
                pass
        """)
    assert lines == [
        '5: vcr.use_cassette("a.yaml", match_on=["method"])'
        ' -> pytest_samurai.use_cassette("a.yaml", match_on=["method"])',
        '7: vcr.use_cassette(path=os.path.join("b", "c.yaml"))'
        ' -> pytest_samurai.use_cassette(path=os.path.join("b", "c.yaml"))',
        '9: vcr.use_cassette("d.yaml") -> pytest_samurai.use_cassette("d.yaml")',
    ]


def test_a_block_under_another_name_is_found_and_an_import_that_is_needed_stays(
    capsys: pytest.CaptureFixture[str],
) -> None:
    after, lines = moved(
        capsys,
        """
        from cassetter import use_cassette
        from vcr import use_cassette as block, mode

        def test_it():
            with block("a.yaml"), use_cassette("b.yaml"):
                print(mode)
        """,
    )
    assert after == dedent("""\
        from vcr import mode
        import pytest_samurai

        def test_it():
            with pytest_samurai.use_cassette("a.yaml"), pytest_samurai.use_cassette("b.yaml"):
                print(mode)
        """)
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "@vcr.use_cassette\ndef test_it(): pass",
            "2: @vcr.use_cassette: look here: it names no cassette; give it the path of one",
        ),
        (
            "@vcr.use_cassette()\ndef test_it(): pass",
            "2: vcr.use_cassette(): look here: it names no cassette; give it the path of one",
        ),
        (
            "@vcr.use_cassette(record_mode='none')\ndef test_it(): pass",
            "2: vcr.use_cassette(record_mode='none'): look here: it names no cassette; give it the path of one",
        ),
        (
            "with vcr.use_cassette('a', inject_cassette=True): pass",
            "2: vcr.use_cassette('a', inject_cassette=True): look here: ask for the fixture samurai, or use"
            " `with use_cassette(...) as recorder`",
        ),
        (
            "with vcr.use_cassette('a') as tape: print(tape.play_count)",
            "2: vcr.use_cassette('a'): look here: tape is used, and is vcrpy's cassette; here it is the recorder, which"
            " has calls and usage",
        ),
        (
            "mine = vcr.VCR(record_mode='none')",
            "2: vcr.VCR(record_mode='none'): look here: there is no such object here; give its options to each"
            " pytest_samurai.use_cassette, or mark the tests and put them into a fixture samurai_config",
        ),
    ],
)
def test_a_block_that_would_have_to_be_guessed_stays_and_is_told(
    capsys: pytest.CaptureFixture[str], text: str, line: str
) -> None:
    before = f"import vcr\n{text}\n"
    assert moved(capsys, before) == (before, [line])


# --- files


def test_a_directory_is_searched_but_not_for_what_others_have_installed_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("t/b/test_b.py", "t/test_a.py", "t/.venv/test_c.py", "t/node_modules/test_d.py", "t/note.txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("import pytest\npytestmark = pytest.mark.vcr\n")
    Path("t/test_plain.py").write_text("def test_it(): pass\n")
    line = "2: pytest.mark.vcr -> pytest.mark.samurai"
    assert run(capsys, "t", "t/test_a.py") == (
        1,
        [
            f"t/b/test_b.py:{line}",
            f"t/test_a.py:{line}",
            "2 changes in 2 files; to make the changes: pytest-samurai import --tests --write t t/test_a.py",
        ],
    )
    assert run(capsys, "--write", "t")[1][-1] == "made 2 changes in 2 files"
    assert run(capsys, "t") == (0, ["nothing to change"])


def test_what_is_not_python_is_told_and_left(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.py").write_text("def vcr(:\n")
    Path("b.py").write_bytes(b"vcr = '\xff'\n")
    status, lines = run(capsys, "--write", "a.py", "b.py")
    assert (status, lines[-1]) == (1, "nothing to change; 2 lines to look at")
    assert [line.partition(" not read: this is not Python: ")[0] for line in lines[:-1]] == ["a.py:", "b.py:"]
    assert Path("a.py").read_text() == "def vcr(:\n"


def test_line_ends_and_encodings_stay(capsys: pytest.CaptureFixture[str]) -> None:
    before = "# coding: latin-1\r\nimport pytest\r\nx = 'é'\r\npytestmark = pytest.mark.vcr\r\n".encode("latin-1")
    Path("a.py").write_bytes(before)
    run(capsys, "--write", "a.py")
    assert Path("a.py").read_bytes() == before.replace(b"vcr", b"samurai")


def test_a_file_that_cannot_be_written_is_a_mistake_and_stays(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pytest_samurai.commands.movein.suite.replace_whole", full)
    Path("a.py").write_text("import pytest\npytestmark = pytest.mark.vcr\n")
    with pytest.raises(SystemExit, match="2"):
        cli.main(["import", "--tests", "--write", "a.py"])
    assert "a.py: cannot be written: No space left on device; it is unchanged" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tests", "nowhere"], "nowhere: no such file or directory; name the tests, or their directory"),
        (["--write", "."], "--write goes with --tests; cassettes are rewritten without it"),
    ],
)
def test_arguments_that_make_no_sense_are_a_mistake(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["import", *arguments])
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["libcst", "pytest_samurai.commands.movein"])
def test_without_libcst_it_is_said_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name in [name for name in sys.modules if name.startswith("pytest_samurai.commands.movein")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(SystemExit if missing == "libcst" else ModuleNotFoundError):
        cli.main(["import", "--tests", "."])
    said = "`import --tests` needs libcst, which is not installed: pip install 'pytest-samurai[import]'"
    assert (said in capsys.readouterr().err) == (missing == "libcst")


def test_a_secret_in_a_test_is_not_shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TOKEN", "hunter2-hunter2")
    Path("a.py").write_text(
        "import pytest\npytestmark = pytest.mark.vcr(filter_headers=[('a', 'hunter2-hunter2\x07')])\n"
    )
    lines = run(capsys, "a.py")[1]
    assert "hunter2" not in lines[0]
    assert "[REDACTED]" in lines[0]
    assert "\x07" not in lines[0]


# --- where the cassettes are

MARKED = "import pytest\npytestmark = pytest.mark.vcr\n"
BESIDE = """


@pytest.fixture(scope="module")
def samurai_cassette_dir(request):
    return request.path.parent / "cassettes" / request.path.stem
"""


def laid_out(*names: str) -> None:
    for name in names:
        if name.endswith(".yaml"):
            cassette(Path(name))
        else:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(MARKED)


def test_a_conftest_is_written_that_says_where_the_cassettes_lie(capsys: pytest.CaptureFixture[str]) -> None:
    laid_out("t/a/test_a.py", "t/a/cassettes/test_a/test_it.yaml")
    assert run(capsys, "--write", "t") == (
        0,
        [
            "t/a/test_a.py:2: pytest.mark.vcr -> pytest.mark.samurai",
            "t/conftest.py:4: the cassettes next to the tests -> a fixture samurai_cassette_dir, which says so",
            "made 2 changes in 2 files",
        ],
    )
    assert Path("t/conftest.py").read_text() == f"import pytest{BESIDE}"
    assert run(capsys, "t") == (0, ["nothing to change"])


def test_a_conftest_that_is_there_gets_the_fixture_at_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    laid_out("t/test_a.py", "t/cassettes/test_a/test_it.yaml")
    Path("t/conftest.py").write_text("# Mine.\nimport os\n\n\nX = os.name\n# end\n")
    run(capsys, "--write", "t/test_a.py")
    assert Path("t/conftest.py").read_text() == f"# Mine.\nimport os\nimport pytest\n\n\nX = os.name{BESIDE}# end\n"


def test_the_one_directory_of_pytest_vcr_is_told_from_the_many_of_pytest_recording(
    capsys: pytest.CaptureFixture[str],
) -> None:
    laid_out("t/test_a.py", "t/cassettes/test_it.yaml")
    run(capsys, "--write", "t")
    assert Path("t/conftest.py").read_text().endswith('    return request.path.parent / "cassettes"\n')


def test_two_ways_in_which_cassettes_lie_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    laid_out("t/a/test_a.py", "t/a/cassettes/test_a/test_it.yaml", "t/b/test_b.py", "t/b/cassettes/test_it.yaml")
    status, lines = run(capsys, "t")
    assert (status, lines[-2]) == (
        1,
        "t/conftest.py:1: cassettes are kept next to the tests, in two ways: look here: write samurai_cassette_dir"
        " fixtures that say where",
    )


def test_where_a_suite_says_it_itself_or_has_no_cassettes_nothing_is_added(capsys: pytest.CaptureFixture[str]) -> None:
    laid_out("t/test_a.py", "u/test_a.py", "u/cassettes/test_a/test_it.yaml", "test_b.py", "cassettes/test_b/a.yaml")
    Path("u/conftest.py").write_text("import pytest\n@pytest.fixture\ndef vcr_cassette_dir(): return 'x'\n")
    for name in ("t", "u", "test_b.py"):
        assert not [line for line in run(capsys, name)[1] if "beside" in line]


# --- a whole suite


def test_a_suite_that_was_moved_is_green_offline(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.offline()
    tests = project.pytester.path / "tests"
    tests.mkdir()
    (tests / "conftest.py").write_text("""
import pytest

@pytest.fixture(scope="module")
def vcr_config():
    return {"filter_headers": ["authorization"], "decode_compressed_response": True, "record_mode": "none"}
""")
    (tests / "test_it.py").write_text(f"""{TESTS}
import vcr

@pytest.mark.vcr
def test_capital():
    assert ask("France?") == "Paris."

@pytest.mark.vcr()
class TestAsia:
    def test_capital(self):
        assert ask("Japan?") == "Tokyo."

    @pytest.mark.default_cassette("named.yaml")
    def test_named(self):
        assert ask("India?") == "New Delhi."

@vcr.use_cassette("tests/plain.yaml", record_mode="none")
def test_plain():
    assert ask("Peru?") == "Lima."

@vcr.use_cassette("tests/async.yaml")
async def answer():
    return ask("Chile?")

@pytest.fixture
@vcr.use_cassette("tests/yielded.yaml")
def yielded():
    yield ask("Cuba?")

def test_others(yielded):
    import asyncio
    assert (asyncio.run(answer()), yielded) == ("Santiago.", "Havana.")
""")
    for name, question, answer in (
        ("cassettes/test_it/test_capital.yaml", "France?", "Paris."),
        ("cassettes/test_it/TestAsia.test_capital.yaml", "Japan?", "Tokyo."),
        ("cassettes/test_it/named.yaml", "India?", "New Delhi."),
        ("plain.yaml", "Peru?", "Lima."),
        ("async.yaml", "Chile?", "Santiago."),
        ("yielded.yaml", "Cuba?", "Havana."),
    ):
        cassette(tests / name, (question, answer))
    assert run(capsys, "--write", "tests")[0] == 0
    result = project.run("--strict-markers", "-W", "error")
    result.assert_outcomes(passed=5)
    capsys.readouterr()
    result.stdout.fnmatch_lines(["samurai: 3 tests, calls: 3 replayed, *"])
    assert run(capsys, "tests") == (0, ["nothing to change"])


# --- the ini file


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("pytest.ini", "[pytest]\naddopts = -ra\n    --record-mode=rewrite\n", 3),
        ("tox.ini", "[pytest]\naddopts = --record-mode=rewrite -p no:cassetter\n", 2),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = ["-ra", "--record-mode=rewrite"]\n', 2),
    ],
)
def test_an_option_of_another_recorder_in_the_ini_file_is_told(
    capsys: pytest.CaptureFixture[str], name: str, text: str, line: int
) -> None:
    Path("t").mkdir()
    Path("t/test_a.py").write_text("def test_it(): pass\n")
    Path(name).write_text(text)
    assert run(capsys, "t") == run(capsys, "--write", "t", "t/test_a.py")
    assert run(capsys, "t") == (
        1,
        [
            f"{name}:{line}: addopts has --record-mode=rewrite: look here: write --samurai-mode instead;"
            " it knows the same words",
            "nothing to change; 1 line to look at",
        ],
    )
    assert Path(name).read_text() == text


def test_each_option_and_plugin_says_what_to_do_about_it(capsys: pytest.CaptureFixture[str], directory: Path) -> None:
    Path("pytest.ini").write_text(
        "[pytest]\n"
        "addopts = --block-network --disable-vcr -p pytest_recording.plugin -pvcr -p no:recording -p xdist -p\n"
    )
    Path("t").mkdir()
    Path("t/test_a.py").write_text("import pytest\n@pytest.mark.vcr\ndef test_it(): pass\n")
    status, lines = run(capsys, "t")
    assert status == 1
    assert lines == [
        "t/test_a.py:2: @pytest.mark.vcr -> @pytest.mark.samurai",
        "pytest.ini:2: addopts has --block-network: look here: leave it out: a test that can only replay calls no"
        " model, without this",
        "pytest.ini:2: addopts has --disable-vcr: look here: leave it out, and run with --samurai-mode=live instead",
        "pytest.ini:2: addopts has -p pytest_recording.plugin: look here: leave it out: it loads the other recorder",
        "pytest.ini:2: addopts has -p vcr: look here: leave it out: it loads the other recorder",
        "1 change in 1 file, 4 lines to look at; to make the changes: pytest-samurai import --tests --write t",
    ]


def test_an_ini_file_elsewhere_is_named_by_its_whole_path(
    capsys: pytest.CaptureFixture[str], directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A word that is spelled with an escape is found, too, and the first line stands for its own.
    (directory / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = "--vcr\\u002drecord=none"\n')
    (directory / "t").mkdir()
    (directory / "other").mkdir()
    monkeypatch.chdir("other")
    status, [line, _] = run(capsys, "../t")
    assert (status, line.partition(": ")[0]) == (1, f"{directory.resolve()}/pyproject.toml:1")
