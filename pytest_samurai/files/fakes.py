"""A file system that is a fake, as tests have one of pyfakefs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_fakes() -> Iterator[None]:
    """Have the real files within the block, so that libraries can be imported.

    Of those that are imported in a fake file system some do not find their own files, and all are forgotten with it.
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
