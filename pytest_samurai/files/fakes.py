"""The fake file system that pyfakefs gives to a test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any


def without_fakes() -> AbstractContextManager[None]:
    """Use the real files within the block, so that libraries can be imported.

    In a fake file system, some libraries can't find their own files, and all imports are undone when it ends.
    """
    pyfakefs = sys.modules.get("pyfakefs.fake_filesystem_unittest")
    patcher = None if pyfakefs is None else pyfakefs.Patcher.PATCHER
    return _paused(patcher) if patcher is not None and patcher.is_patching else nullcontext()


@contextmanager
def _paused(patcher: Any) -> Iterator[None]:
    patcher.pause()
    try:
        yield
    finally:
        patcher.resume()
