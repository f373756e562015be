"""Functions of Python as they were before any test patched them.

Pytest imports this module as it starts. A test may then have a `json.dumps`, an `os.replace` or a whole file system of
its own, and what is recorded of it is written all the same.
"""

from __future__ import annotations

import json as _json
import os
import pathlib
import sys
import tempfile
import time

_Path = str | os.PathLike[str]


class Real:
    """What is called where a test must not be in between.

    These are no names of a module: pyfakefs and freezegun look for functions in every module that is loaded. Nearly all
    are the system's own, written in C: so they do not call others that a test may have patched.
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
    relpath: staticmethod[[_Path, _Path], str] = staticmethod(os.path.relpath)
    replace = staticmethod(os.replace)
    rmdir = staticmethod(os.rmdir)
    sleep = staticmethod(time.sleep)
    stat = staticmethod(os.stat)
    unlink = staticmethod(os.unlink)
    urandom = staticmethod(os.urandom)
    write = staticmethod(os.write)

    # Of clocks, freezegun leaves this one alone, even if it was there first; Windows does not have it.
    if sys.platform == "win32":  # pragma: no cover - the other branch is that of this machine
        perf_counter_ns = staticmethod(time.perf_counter_ns)
        time_ns = staticmethod(time.time_ns)
    else:
        clock_gettime_ns = staticmethod(time.clock_gettime_ns)
        getuid = staticmethod(os.getuid)


REAL = Real()


class json:
    """JSON, by the name that everybody knows it by."""

    dumps = staticmethod(_json.dumps)
    loads = staticmethod(_json.loads)
    JSONDecoder = _json.JSONDecoder
