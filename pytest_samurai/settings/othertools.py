"""What a `vcr_config` calls differently, or what nothing needs here.

The names are the arguments of `vcr.config.VCR` and of its `use_cassette`, from vcrpy 7.0 to 9.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MEANS: Final[Mapping[str, str]] = {"record_mode": "mode", "before_record": "before_record_request"}
"""vcrpy's names for our options."""

_SO_ANYWAY: Final[Mapping[str, tuple[object, ...]]] = {
    # What is written is decoded, and so is what a hook gets, with either value.
    "decode_compressed_response": (True, False),
    "serializer": ("yaml",),
    "record_on_exception": (True,),
    "drop_unused_requests": (False,),
    "inject_cassette": (False,),
}


def is_so_anyway(name: str, value: object) -> bool:
    """Whether a vcrpy setting asks for what already happens here."""
    return any(value is given or value == given for given in _SO_ANYWAY.get(name, ()))
