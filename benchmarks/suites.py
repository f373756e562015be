"""Whole suites: the same tests for every contender, written the way its users write them.

A test asks a few questions and asserts each answer, so a suite that passes got the recorded answers.
"""

from __future__ import annotations

import hashlib
import os
import re
import resource
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contenders import Contender, Refused
from benchmarks.sdk import sdk_exchanges, sdk_module
from benchmarks.workload import SMALL, Exchange, date_back, exchanges

_FILES = 10
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Suite:
    """`tests` of `calls` each, with one client for all (`httpx`), or one for each test (`httpx.Client`, `OpenAI`).

    `shared` says that one cassette with this many interactions has all recordings. The requested ones are spread evenly
    over it.
    """

    tests: int
    calls: int
    client: str
    shared: int = 0

    @property
    def name(self) -> str:
        return f"{self.tests}x{self.calls}-{self.client}{f'-of-{self.shared}' if self.shared else ''}"

    @property
    def step(self) -> int:
        return self.shared // (self.tests * self.calls) or 1


PLUGINS = {
    "samurai": "samurai",
    "vcrpy": "recording",
    "cassetter": "cassetter",
    "respx": "respx",
    "pytest-httpx": "pytest_httpx",
    "pytest-mockllm": "mockllm",
}

SETTINGS = {
    "floor": "MockTransport in conftest.py",
    "samurai": "@pytest.mark.samurai, --samurai-mode=none",
    "vcrpy": 'pytest-recording, vcr_config = {"match_on": ["method", "uri", "body"]}',
    "cassetter": 'vcr_config = {"match_on": ["method", "uri", "json_body"], "intercept": [client]}',
    "respx": '@pytest.mark.respx(using="httpx"), a route for each call of the test',
    "pytest-httpx": "httpx_mock.add_response for each call of the test",
    "pytest-mockllm": "@pytest.mark.llm_replay",
}

_MARKS = {
    "samurai": "pytest.mark.samurai",
    "vcrpy": "pytest.mark.vcr",
    "cassetter": "pytest.mark.vcr",
    "respx": 'pytest.mark.respx(using="httpx", assert_all_called=False)',
    "pytest-httpx": "[]",
    "pytest-mockllm": "pytest.mark.llm_replay",
    "floor": "[]",
}
_SHARED_MARKS = {
    "samurai": 'pytest.mark.samurai("shared")',
    "vcrpy": '[pytest.mark.vcr, pytest.mark.default_cassette("shared.yaml")]',
    "cassetter": '[pytest.mark.vcr, pytest.mark.default_cassette("shared.yaml")]',
}

_CONFTEST = """\
import itertools

import {module}
import pytest

from benchmarks.workload import ORIGIN, URL, completion, compact, exchanges, question

{setup}

@pytest.fixture
def first(request):
    number = int(request.node.name.removeprefix("test_")) * {calls} * {step} + {step} // 2
    begin(number)
    return number
"""

_FLOOR = """\
def begin(number):
    # Under xdist, a process has some of the tests.
    global numbers
    numbers = itertools.count(number, {step})


def answer(request):
    content = compact(completion(next(numbers)))
    return {transport}.Response(200, headers={{"content-type": "application/json"}}, content=content)


def options():
    return {{"transport": {transport}.MockTransport(answer)}}
"""

_NO_OPTIONS = """\
def begin(number):
    pass


def options():
    return {}
"""

_ASK = {
    "httpx": """\
client = httpx.Client(**options())


@pytest.fixture
def ask({needs}):
    return lambda number: client.post(URL, json=question(number)).json()["choices"][0]["message"]["content"]
""",
    "httpx.Client": """\
@pytest.fixture
def ask({needs}):
    with httpx.Client(**options()) as client:
        yield lambda number: client.post(URL, json=question(number)).json()["choices"][0]["message"]["content"]
""",
    "OpenAI": """\
@pytest.fixture
def ask({needs}):
    own = options()
    given = {{"http_client": openai.DefaultHttpxClient(**own)}} if own else {{}}
    with openai.OpenAI(api_key="sk-none", base_url=f"{{ORIGIN}}/v1", max_retries=0, **given) as client:
        yield lambda number: client.chat.completions.create(**question(number)).choices[0].message.content
""",
}

_CONFIGS = {
    "vcrpy": """\
@pytest.fixture(scope="session")
def vcr_config():
    return {{"match_on": ["method", "uri", "body"]}}
""",
    "cassetter": """\
@pytest.fixture(scope="session")
def vcr_config():
    return {{"match_on": ["method", "uri", "json_body"], "intercept": ["{transport}"]}}
""",
    "respx": """\
@pytest.fixture
def routes(first, respx_mock):
    for exchange in exchanges("1 kB", {calls}, first):
        respx_mock.post(URL, content=exchange.sent).respond(200, headers=exchange.headers, content=exchange.reply)
""",
    "pytest-httpx": """\
@pytest.fixture
def routes(first, httpx_mock):
    for exchange in exchanges("1 kB", {calls}, first):
        httpx_mock.add_response(
            url=URL, method="POST", match_content=exchange.sent, headers=exchange.headers, content=exchange.reply
        )
""",
}

_NEEDS = {"respx": "routes", "pytest-httpx": "routes"}

_TEST = """\
def test_{number:04d}(ask, first):
    for number in range(first, first + {calls} * {step}, {step}):
        assert ask(number) == answer(number)
"""


def write_suite(directory: Path, contender: Contender, **settings: Any) -> Iterator[dict[str, Any]]:
    """A job: the suite with its cassettes, in the contender's environment. Gives its directory under "directory"."""
    suite = Suite(**settings)
    own = directory / "suites" / f"{contender.name}-{suite.name}"
    if not own.exists():
        beside = own.with_name(f"making-{own.name}")
        _refuse(contender, suite)
        beside.mkdir(parents=True)
        _write(beside, contender, suite)
        beside.rename(own)
    while True:
        yield {"directory": str(own)}


def _refuse(contender: Contender, suite: Suite) -> None:
    """Refuse what a contender cannot do before trying it: some of them would go live instead."""
    name = contender.name
    if suite.shared and name not in ("floor", *_SHARED_MARKS):
        raise Refused("has no cassette that tests could share")
    by_sdk = suite.client == "OpenAI"
    if name == "pytest-mockllm" and not by_sdk:
        raise Refused("sees calls of the openai and anthropic SDKs only")
    if by_sdk and name in ("respx", "pytest-httpx") and sdk_module() != "httpx":
        raise Refused(f"does not see {sdk_module()}, on which the openai SDK stands: its calls would go live")


def _write(directory: Path, contender: Contender, suite: Suite) -> None:
    name = contender.name
    by_sdk = suite.client == "OpenAI"
    transport = sdk_module() if by_sdk else "httpx"
    total = suite.shared or suite.tests * suite.calls
    items = sdk_exchanges(total) if by_sdk else exchanges(SMALL, total)
    words = {"calls": suite.calls, "step": suite.step, "transport": transport, "needs": _NEEDS.get(name, "")}
    setup = "\n\n".join(
        [
            _FLOOR.format(**words) if name == "floor" else _NO_OPTIONS,
            _CONFIGS.get(name, "").format(**words),
            _ASK[suite.client].format(**words),
        ]
    )
    module = "openai\nimport httpx2" if by_sdk and transport == "httpx2" else "openai" if by_sdk else "httpx"
    (directory / "conftest.py").write_text(_CONFTEST.format(module=module, setup=setup, **words))
    (directory / "pytest.ini").write_text("[pytest]\n")
    mark = _SHARED_MARKS[name] if suite.shared and name != "floor" else _MARKS[name]
    files = 1 if suite.shared else min(_FILES, suite.tests)
    for file in range(files):
        numbers = range(file * suite.tests // files, (file + 1) * suite.tests // files)
        body = "\n\n".join(_TEST.format(number=number, **words) for number in numbers)
        head = f"import pytest\n\nfrom benchmarks.workload import answer\n\npytestmark = {mark}\n\n\n"
        (directory / f"test_{file}.py").write_text(head + body)
        if not suite.shared:
            for number in numbers:
                path = _cassette(directory, name, f"test_{file}", f"test_{number:04d}")
                _record(contender, path, items[number * suite.calls : (number + 1) * suite.calls])
    if suite.shared:
        shared = "cassettes/shared.yaml" if name == "samurai" else "cassettes/test_0/shared.yaml"
        _record(contender, directory / shared, items)
    for path in directory.rglob("*"):
        date_back(path)


def _record(contender: Contender, path: Path, items: Sequence[Exchange]) -> None:
    if contender.writes:
        path.parent.mkdir(parents=True, exist_ok=True)
        contender.saver(items)(path)


def _cassette(directory: Path, contender: str, file: str, test: str) -> Path:
    """Where the contender's plugin looks for a test's cassette."""
    if contender == "pytest-mockllm":
        digest = hashlib.sha256(f"{file}.py::{test}".encode()).hexdigest()[:16]
        return directory / "tests" / "llm_cassettes" / f"{test}-{digest}.yaml"
    return directory / "cassettes" / file / f"{test}.yaml"


def run_suite(
    python: Path, directory: Path, contender: str, arguments: Sequence[str], timeout: float
) -> dict[str, Any]:
    """Seconds of a whole pytest run: `cpu`, the processor time of all its processes, and `wall`.

    Raises Refused if a test did not pass.
    """
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *_loaded(contender), *arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    try:
        run = subprocess.run(
            command, cwd=directory, env=environment(), capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise Refused(f"took longer than {timeout:.0f} s") from None
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode or not re.search(r"^\d+ passed", run.stdout.splitlines()[-1]):
        errors = [line for line in run.stdout.splitlines() if line.startswith(("E  ", "ERROR", "FAILED"))]
        raise Refused("the suite fails: " + " ".join((errors or [run.stdout[-200:] + run.stderr[-200:]])[0].split()))
    return {"cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, "wall": wall}


def project_suite(small: Mapping[tuple[int, int], float], tests: int, calls: int) -> float:
    """Seconds of a suite that is too long to run, predicted from three small ones, by (tests, calls).

    They must be (1, c), (2, c) and (2, c + d). The second minus the first is one test; the third minus the second is d
    calls in each of two tests.
    """
    (_, few), (_, _), (_, more) = sizes = sorted(small)
    call = (small[sizes[2]] - small[sizes[1]]) / (2 * (more - few))
    test = small[sizes[1]] - small[sizes[0]] - few * call
    start = small[sizes[0]] - test - few * call
    return start + tests * (test + calls * call)


def _loaded(contender: str) -> list[str]:
    arguments = ["-p", PLUGINS[contender]] if contender in PLUGINS else []
    return [*arguments, "--samurai-mode=none"] if contender == "samurai" else arguments


def environment() -> dict[str, str]:
    """For a contender's pytest: only its own plugin, and no settings of this machine."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return {
        **kept,
        "PYTHONPATH": str(_ROOT),
        "PYTHONHASHSEED": "0",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
