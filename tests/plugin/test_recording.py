"""What a run writes to the cassettes of its tests."""

from __future__ import annotations

from tests.project import Project, lines_between


def test_one_more_request_than_was_recorded_is_no_reason_to_pay_for_all_of_them_again(project: Project) -> None:
    test = "def test_it(samurai_client): ask(samurai_client, 'one'); LATER"
    project.tests(test.replace("LATER", ""))
    project.run().assert_outcomes(passed=1)
    project.offline()
    project.tests(test.replace("LATER", "ask(samurai_client, 'two')"))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*To record what is missing: pytest --samurai-mode=update test_it.py::test_it"])


def test_new_episodes_adds_what_is_missing_and_keeps_what_is_there(project: Project) -> None:
    test = "def test_it(samurai_client): ask(samurai_client, 'one'); LATER"
    project.tests(test.replace("LATER", ""))
    project.run().assert_outcomes(passed=1)
    project.tests(test.replace("LATER", "ask(samurai_client, 'two')"))
    result = project.run("--samurai-mode=new_episodes")
    result.stdout.fnmatch_lines(["samurai: 1 test, calls: 1 replayed, 1 recorded*"])
    assert project.text("test_it/test_it.yaml").count("- request:") == 2


def test_mode_none_refuses_even_where_there_is_no_cassette(project: Project) -> None:
    project.tests("@pytest.mark.samurai\ndef test_it(samurai_client): ask(samurai_client)")
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(failed=1)
    assert lines_between(result, "E       pytest_samurai.Req", ": RequestNotRecorded") == [
        "E       pytest_samurai.RequestNotRecorded: POST /chat/completions has no recording,"
        " and the mode does not let it go live.",
        "E         test      test_it.py::test_it",
        "E         cassette  cassettes/test_it/test_it.yaml (no recordings)",
        "E         mode      none",
        "E         To record this test: pytest --samurai-mode=update test_it.py::test_it",
        "",
    ]
    assert project.server.requests == 0


def test_the_recordings_of_a_failed_test_are_kept_if_they_were_successes(project: Project) -> None:
    project.tests("def test_it(samurai_client):\n    ask(samurai_client)\n    assert not 'this'")
    project.run().assert_outcomes(failed=1)
    assert project.cassettes() == ["test_it/test_it.yaml"]
    project.offline()
    project.run("--samurai-mode=none").stdout.fnmatch_lines(["*assert not 'this'"])


def test_a_failed_test_that_ended_on_an_error_response_records_nothing_and_says_so(project: Project) -> None:
    project.tests("def test_it(samurai_client): ask(samurai_client, model='error-429')")
    result = project.run()
    result.assert_outcomes(failed=1)
    assert project.cassettes() == []
    result.stdout.fnmatch_lines(
        ["samurai: nothing was recorded for test_it.py::test_it: the test did not pass, and a call ended in status 429"]
    )


def test_an_error_in_a_passed_test_is_recorded_like_anything_else(project: Project) -> None:
    project.tests("""
def test_it(samurai_client, samurai):
    with pytest.raises(httpx.HTTPStatusError, match="429"):
        ask(samurai_client, model="error-429")
    assert samurai.calls[0].status_code == 429
    assert samurai.usage.total_tokens == 0
""")
    project.run().assert_outcomes(passed=1)
    project.offline()
    project.run().assert_outcomes(passed=1)


def test_a_damaged_cassette_is_an_error_that_names_it(project: Project) -> None:
    project.tests("def test_it(samurai_client): ask(samurai_client)")
    path = project.pytester.path / "cassettes/test_it/test_it.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("interactions: [", encoding="utf-8")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"{path}:2: not readable as YAML: *"])
    assert path.read_text(encoding="utf-8") == "interactions: ["


def test_a_shared_cassette_is_mended_without_paying_for_all_of_it(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai("shared")
def test_one(samurai_client): ask(samurai_client, "one")
""")
    project.run().assert_outcomes(passed=1)
    project.tests("""
@pytest.mark.samurai("shared")
def test_two(samurai_client): ask(samurai_client, "two")
""")
    project.run().stdout.fnmatch_lines(["*pytest --samurai-mode=update test_it.py::test_two*"])


def test_what_was_not_recorded_is_not_called_recorded(project: Project) -> None:
    project.tests("def test_it(samurai_client): ask(samurai_client, model='error-429')")
    project.run().stdout.fnmatch_lines(["samurai: 1 test, calls: 0 replayed, 1 live, 0 tokens, $0.00"])
