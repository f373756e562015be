"""The environments: as few as possible, because clients share one if they can. uv makes each on first use."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.environments import ROOT

HERE = "here"
"""The environment that runs this: the suite's own, with openai 3 and anthropic."""

REQUIREMENTS: Mapping[str, tuple[str, ...]] = {
    "openai-1.55": ("openai==1.55.*",),
    "openai-1": ("openai<2",),
    "openai-2": ("openai>=2,<3",),
    "sdks": ("google-genai", "mistralai", "groq", "together", "huggingface_hub", "cohere", "llm", "aiohttp"),
    "agents": (
        *("langchain-openai", "langchain-anthropic", "langgraph", "pydantic-ai-slim[openai,anthropic]"),
        *("openai-agents", "instructor", "haystack-ai", "agno"),
        "anthropic<2",  # pydantic-ai 2.38 cannot call version 2
    ),
    "frameworks": (
        *("litellm", "llama-index-llms-openai-like", "smolagents[litellm]", "autogen-agentchat", "autogen-ext[openai]"),
        "dspy",
    ),
    "crewai": ("crewai",),
    "semantic-kernel": ("semantic-kernel>=1.30",),
}


class CannotInstall(Exception):
    """An environment cannot be made; the text is uv's reason."""


def make(directory: Path, name: str) -> Path:
    """The Python of an environment below `directory`, which is installed if needed. Raises CannotInstall."""
    if name == HERE:
        return Path(sys.executable)
    own = directory / name
    python, stamp = own / "bin" / "python", own / "installed"
    # Ours is installed editable, but its dependencies may have changed.
    ours = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = hashlib.sha256("\n".join([sys.version, *REQUIREMENTS[name], ours]).encode()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    sys.stderr.write(f"installing {name} ...\n")
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        raise CannotInstall("there is no uv")
    _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(own)])
    install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python)]
    _run([*install, "--editable", str(ROOT), *REQUIREMENTS[name]])
    stamp.write_text(wanted, encoding="utf-8")
    return python


def _run(command: list[str]) -> None:
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise CannotInstall((run.stderr.strip().splitlines() or ["uv failed"])[-1])


def versions(python: Path, names: Iterable[str]) -> dict[str, str]:
    """The versions of these distributions in the environment of `python`, if it has them."""
    script = (
        "import importlib.metadata as m, json, sys\n"
        "installed = {}\n"
        "for name in sys.argv[1:]:\n"
        "    try: installed[name] = m.version(name)\n"
        "    except m.PackageNotFoundError: pass\n"
        "print(json.dumps(installed))"
    )
    run = subprocess.run([str(python), "-c", script, *names], capture_output=True, text=True, check=True)
    installed: dict[str, str] = json.loads(run.stdout)
    return installed
