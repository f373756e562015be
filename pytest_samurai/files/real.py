"""Python's functions as they were before any test patched them.

Pytest imports this module as it starts. So a test may replace `json.dumps`, `os.replace` or the whole file system, and
its recording is still written.
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
    """A copy of a function that is written in Python, which calls its module's others as they are now.

    blockbuster replaces `os.path.abspath` by one that raises in an event loop, where a request is refused as well.
    """
    own = dict(function.__globals__)
    return FunctionType(function.__code__, own, function.__name__, function.__defaults__, function.__closure__)


class Real:
    """The functions to call where a test must not interfere.

    They are not names of this module, since pyfakefs and freezegun replace functions in every loaded module. Nearly all
    are written in C, so they call nothing that a test may have patched.
    """

    # A fake file system may be one of Windows, with paths that this system does not know, and a `C:\\tmp`.
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

    # This is the one clock that freezegun leaves alone, even if it was loaded first. Windows does not have it.
    if sys.platform == "win32":  # pragma: no cover - the other branch is that of this machine
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
