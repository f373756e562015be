"""What stands in a `vcr_config` under another name than here, or needs nothing here.

The names are the arguments of `vcr.config.VCR` and of its `use_cassette`, from vcrpy 7.0 to 9.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MEANS: Final[Mapping[str, str]] = {"record_mode": "mode", "before_record": "before_record_request"}
"""The names that vcrpy has for options of ours."""

_SO_ANYWAY: Final[Mapping[str, tuple[object, ...]]] = {
    # What is written is decoded; so is what a hook gets, whichever of the two was asked for.
    "decode_compressed_response": (True, False),
    "serializer": ("yaml",),
    "record_on_exception": (True,),
    "drop_unused_requests": (False,),
    "inject_cassette": (False,),
}


def is_so_anyway(name: str, value: object) -> bool:
    """Whether what a setting of vcrpy's asks for is what happens here without it."""
    return any(value is given or value == given for given in _SO_ANYWAY.get(name, ()))
