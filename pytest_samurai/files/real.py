"""Python's functions as they were before any test patched them.

pytest imports this module when it starts. So a test may replace `json.dumps`, `os.replace` or the whole file system,
and its recording is still written.
"""

from __future__ import annotations

import json as _json
import os
import pathlib
import sys
import tempfile
import time
from types import FunctionType
from typing import Any

_Path = str | os.PathLike[str]


def _unpatched(function: Any) -> Any:
    """A copy of a function written in Python that calls its module's other functions as they are now.

    blockbuster replaces `os.path.abspath` with one that raises in an event loop, and requests are refused there too.
    """
    own = dict(function.__globals__)
    return FunctionType(function.__code__, own, function.__name__, function.__defaults__, function.__closure__)


class Real:
    """The functions to call where a test must not interfere.

    They aren't names in this module, because pyfakefs and freezegun replace functions in every loaded module. Nearly
    all are written in C, so they call nothing that a test may have patched.
    """

    # A fake file system may imitate Windows, with paths that this system doesn't know, and a `C:\\tmp`.
    temporary = tempfile.gettempdir()
    Path = type(pathlib.Path())
    PurePosixPath = pathlib.PurePosixPath

    chmod = staticmethod(os.chmod)
    close = staticmethod(os.close)
    fstat = staticmethod(os.fstat)
    fsync = staticmethod(os.fsync)
    ftruncate = staticmethod(os.ftruncate)
    getcwd = staticmethod(os.getcwd)
    listdir = staticmethod(os.listdir)
    mkdir = staticmethod(os.mkdir)
    open = staticmethod(os.open)
    read = staticmethod(os.read)
    dirname: staticmethod[[_Path], str] = staticmethod(os.path.dirname)
    join = staticmethod(os.path.join)
    realpath = staticmethod(os.path.realpath)
    relpath: staticmethod[[_Path, _Path], str] = staticmethod(_unpatched(os.path.relpath))
    replace = staticmethod(os.replace)
    rmdir = staticmethod(os.rmdir)
    sleep = staticmethod(time.sleep)
    stat = staticmethod(os.stat)
    unlink = staticmethod(os.unlink)
    urandom = staticmethod(os.urandom)
    write = staticmethod(os.write)

    # This is the only clock that freezegun leaves alone, even if it was loaded first. Windows doesn't have it.
    if sys.platform == "win32":  # pragma: no cover - this machine takes the other branch
        perf_counter_ns = staticmethod(time.perf_counter_ns)
        time_ns = staticmethod(time.time_ns)
    else:
        clock_gettime_ns = staticmethod(time.clock_gettime_ns)
        getuid = staticmethod(os.getuid)


REAL = Real()


class json:
    """JSON, under its usual name."""

    dumps = staticmethod(_json.dumps)
    loads = staticmethod(_json.loads)
    JSONDecoder = _json.JSONDecoder
