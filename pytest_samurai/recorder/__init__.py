"""One open cassette: what becomes of each request."""

from pytest_samurai.recorder.exchange import Played, Take
from pytest_samurai.recorder.recorder import Owner, Recorder, Shared, has_placeholder

__all__ = [
    "Owner",
    "Played",
    "Recorder",
    "Shared",
    "Take",
    "has_placeholder",
]
