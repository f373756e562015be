"""The environments, made on first use. Each contender has its own, because some of them cannot be loaded together."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_CLIENTS = ("httpx", "httpx2", "openai>=3", "pytest>=8")
REQUIREMENTS: Mapping[str, tuple[str, ...]] = {
    "samurai": ("--editable", str(ROOT), "pytest-xdist", *_CLIENTS),
    "vcrpy": ("vcrpy", "pytest-recording", *_CLIENTS),
    "cassetter": ("cassetter", *_CLIENTS),
    "mocks": ("respx", "pytest-httpx", *_CLIENTS),
    "mockllm": ("pytest-mockllm", *_CLIENTS),
}

_NAMED = ("cassetter", "httpx", "httpx2", "openai", "pytest", "pytest-httpx", "pytest-mockllm", "pytest-recording")
_NAMED_TOO = ("pytest-samurai", "pytest-xdist", "PyYAML", "respx", "vcrpy")


def make(directory: Path, name: str) -> Path:
    """The Python of an environment, which is installed if needed.

    Raises RuntimeError with pip's words if that fails.
    """
    own = directory / name
    python = own / "bin" / "python"
    stamp = own / "installed"
    # Ours is installed editable, but its dependencies may have changed.
    ours = (ROOT / "pyproject.toml").read_text(encoding="utf-8") if name == "samurai" else ""
    wanted = hashlib.sha256("\n".join([sys.version, *REQUIREMENTS[name], ours]).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    sys.stderr.write(f"installing {name} ...\n")
    _run([sys.executable, "-m", "venv", "--clear", str(own)])
    _run([str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *REQUIREMENTS[name]])
    stamp.write_text(wanted)
    return python


def _run(command: list[str]) -> None:
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"{' '.join(command[1:4])}: {(run.stderr.strip().splitlines() or ['failed'])[-1]}")


def versions(python: Path) -> dict[str, str]:
    """The versions of what is compared, if the environment has it."""
    script = (
        "import importlib.metadata as m, json, sys\n"
        "installed = {d.name: d.version for d in m.distributions()}\n"
        "print(json.dumps({n: installed[n] for n in sys.argv[1:] if n in installed}))"
    )
    run = subprocess.run([str(python), "-c", script, *_NAMED, *_NAMED_TOO], capture_output=True, text=True, check=True)
    installed: dict[str, str] = json.loads(run.stdout)
    return installed
