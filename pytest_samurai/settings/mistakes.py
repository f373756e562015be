"""The answer to a misspelled option."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from pytest_samurai.settings.option import PLACES
from pytest_samurai.settings.table import OPTIONS

OTHERWISE_HERE: Final[Mapping[str, str]] = {
    # vcrpy's
    "func_path_generator": "name the cassette in the marker",
    "additional_matchers": "put them into match_on",
    "drop_unused_requests": "leave it out, and run pytest with --samurai-mode=update to drop what is no longer played",
    "serializer": "leave it out: cassettes are YAML; `pytest-samurai import` makes one of each in JSON",
    "filter_sensitive_data": "leave it out: values of the environment, and the key of a request, are never written;"
    " for more, see redact",
    "record_on_exception": "leave it out: a failed test keeps its calls if all of them succeeded",
    "inject_cassette": "ask for the fixture samurai, or use `with use_cassette(...) as recorder`",
    "persister": "leave it out: cassettes are files",
    "custom_patches": "leave it out: only httpx and httpx2 are recorded; a client of another library is"
    " refused, see unseen",
    "skip_patchers": "leave it out: only httpx and httpx2 are recorded",
    "before_save_interaction": "use before_record_request and before_record_response",
    "after_load_interaction": "leave it out: what a cassette holds is replayed; edit it by hand, or use normalize",
    # pytest-recording's and pytest-vcr's
    "cassette_name": "leave it out: vcrpy ignores it; the name of a cassette comes first in the marker",
    "vcr_cassette_dir": "it is the ini key samurai_cassette_dir, or the fixture of that name",
    "allowed_hosts": "leave it out: only model calls are refused; ignore_hosts lets calls to a host through",
    # cassetter's
    "cassette_dir": "it is the ini key samurai_cassette_dir, or the fixture of that name",
    "on_unplayed": "it is called unused",
    "on_expiry": "leave it out: a warning names recordings older than max_age",
    "intercept": "leave it out: only httpx and httpx2 are recorded",
    "ignore_json_paths": "it is called ignore",
    "body_scrub_patterns": "it is called redact",
    "filter_replacement": "leave it out, or use pairs (name, replacement) in filter_headers",
    "uri_normalizer": "use before_record_request, or normalize",
    "before_record_ws_frame": "leave it out: WebSockets are not recorded",
    "compare": "leave it out: with --samurai-mode=update, `pytest-samurai diff` tells what changed",
}
"""Other names that people have in `vcr_config`, and what to write here instead."""


def not_here(name: str, place: str) -> str:
    """Why there is no option with this name in this place, and what may have been meant."""
    option = OPTIONS.get(name)
    if option is not None:
        elsewhere = " or ".join(
            f"{PLACES[other]} ({option.spelled(other)})" for other in PLACES if other in option.places
        )
        return f"{name} is not set here, but {elsewhere}"
    if name in OTHERWISE_HERE:
        return f"there is no option {name!r} here: {OTHERWISE_HERE[name]}"
    known = [option.name for option in OPTIONS.values() if place in option.places]
    near = get_close_matches(str(name), known, 1)
    return f"there is no option {name!r} here; " + (f"is it {near[0]}?" if near else f"there are {', '.join(known)}")
