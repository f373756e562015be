"""The answer to a misspelled option."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from pytest_samurai.settings.option import PLACES
from pytest_samurai.settings.table import OPTIONS

_OTHERWISE_HERE: Final[Mapping[str, str]] = {
    "record_mode": "it is called mode",
    "cassette_library_dir": "it is the ini key samurai_cassette_dir, or the fixture of that name",
    "vcr_cassette_dir": "it is the ini key samurai_cassette_dir, or the fixture of that name",
    "path_transformer": "name the cassette in the marker",
    "func_path_generator": "name the cassette in the marker",
    "before_record": "it is called before_record_request",
    "additional_matchers": "put them into match_on",
    "drop_unused_requests": "see unused",
    "decode_compressed_response": "bodies are always stored decoded",
    "serializer": "cassettes are always YAML",
    "filter_sensitive_data": "values of the environment, and the key of a request, are always left out",
    "record_on_exception": "of a failed test, what is kept is its calls that all went well",
}
"""What else people have in `vcr_config`, and what it is here."""


def not_here(name: str, place: str) -> str:
    """Why there is no option of this name in this place, and what may have been meant."""
    option = OPTIONS.get(name)
    if option is not None:
        elsewhere = " or ".join(
            f"{PLACES[other]} ({option.spelled(other)})" for other in PLACES if other in option.places
        )
        return f"{name} is not set here, but {elsewhere}"
    if name in _OTHERWISE_HERE:
        return f"there is no option {name!r} here: {_OTHERWISE_HERE[name]}"
    known = [option.name for option in OPTIONS.values() if place in option.places]
    near = get_close_matches(str(name), known, 1)
    return f"there is no option {name!r} here; " + (f"is it {near[0]}?" if near else f"there are {', '.join(known)}")
