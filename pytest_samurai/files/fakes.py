"""The fake file system that pyfakefs gives to a test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_fakes() -> Iterator[None]:
    """Use the real files within the block, so that libraries can be imported.

    In a fake file system, some libraries do not find their own files, and all imports are undone when it ends.
    """
    pyfakefs = sys.modules.get("pyfakefs.fake_filesystem_unittest")
    patcher = None if pyfakefs is None else pyfakefs.Patcher.PATCHER
    if patcher is None or not patcher.is_patching:
        yield
        return
    patcher.pause()
    try:
        yield
    finally:
        patcher.resume()
