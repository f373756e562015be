"""Another tool's cassette that is recorded to gets our mark, and keeps no key."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_samurai import use_cassette
from pytest_samurai.cassette.frame import MARK
from pytest_samurai.cassette.reader import load
from pytest_samurai.commands.check import Demands, check
from pytest_samurai.commands.secrets import Secrets
from tests.recorder.conftest import ask

LEFT = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD"
OWN = "zq81-kk20-vv77-aa01"

OF_VCRPY = """interactions:
- request:
    body: '{{"model":"gpt-4o-mini","messages":[{{"role":"user","content":"old, with {left}"}}]}}'
    headers:
      authorization: [Bearer {own}]
      x-api-key: [{left}]
    method: POST
    uri: {url}?key={own}
  response:
    body: {{string: '{{"model":"gpt-4o-mini","choices":[{{"index":0,"message":{{"content":"you sent {own}"}}}}]}}'}}
    headers:
      content-type: [application/json]
      set-cookie: [session={left}]
    status: {{code: 200, message: OK}}
version: 1
"""


@pytest.mark.parametrize("mode", ["new_episodes", "once"])
def test_what_stays_of_another_tool_is_rewritten_without_its_keys(path: Path, url: str, mode: str) -> None:
    path.parent.mkdir()
    path.write_text(OF_VCRPY.format(url=url, left=LEFT, own=OWN), encoding="utf-8")
    with use_cassette(path, mode=mode, unused="ignore") as recorder:
        if mode == "new_episodes":
            ask(url, "new")
    if mode == "once":
        # Nothing is recorded, so the file stays as it is.
        assert recorder.replaying
        assert LEFT in path.read_text(encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    assert text.startswith(MARK)
    assert LEFT not in text
    assert OWN not in text
    assert "set-cookie" not in text
    checked = check([path], Secrets({}, []), Demands(recorder.owner.run_began))
    # The other tool's recordings are marked, now that the file is ours.
    assert [finding.code for finding in checked.findings] == ["SAM402"]
    assert len(load(path)) == 2
    # It still answers what it has answered, and it is written again unchanged.
    with use_cassette(path, mode="new_episodes", unused="ignore"):
        ask(url, "newer")
    assert path.read_text(encoding="utf-8").startswith(text.partition("version: 1")[0])
