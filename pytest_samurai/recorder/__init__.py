"""One open cassette, and the handling of each request."""

from pytest_samurai.recorder.adopted import adopt
from pytest_samurai.recorder.children import Children
from pytest_samurai.recorder.cutheaders import CutHeaders
from pytest_samurai.recorder.exchange import Played, Take
from pytest_samurai.recorder.mode import RECORD_MODES, UPDATE, RecordMode
from pytest_samurai.recorder.owner import Owner, record_command
from pytest_samurai.recorder.paths import or_compressed, transformed
from pytest_samurai.recorder.placeholder import KEYED_LIBRARIES, Placeholders, has_placeholder
from pytest_samurai.recorder.question import Question
from pytest_samurai.recorder.recorder import Recorder
from pytest_samurai.recorder.shared import Shared
from pytest_samurai.recorder.unrecorded import (
    Suspect,
    answered,
    connected,
    copied,
    held,
    is_ignored,
    judge,
    let_pass,
    suspect,
    suspect_by_body,
    why_unseen,
)
from pytest_samurai.recorder.unseen import Host, ModelHosts, is_host_of
from pytest_samurai.recorder.varying import orders_in, varying
from pytest_samurai.recorder.vcrpy import vcrpy_request, vcrpy_response
from pytest_samurai.recorder.verdict import has_unused, unused_of

__all__ = [
    "KEYED_LIBRARIES",
    "RECORD_MODES",
    "UPDATE",
    "Children",
    "CutHeaders",
    "Host",
    "ModelHosts",
    "Owner",
    "Placeholders",
    "Played",
    "Question",
    "RecordMode",
    "Recorder",
    "Shared",
    "Suspect",
    "Take",
    "adopt",
    "answered",
    "connected",
    "copied",
    "has_placeholder",
    "has_unused",
    "held",
    "is_host_of",
    "is_ignored",
    "judge",
    "let_pass",
    "or_compressed",
    "orders_in",
    "record_command",
    "suspect",
    "suspect_by_body",
    "transformed",
    "unused_of",
    "varying",
    "vcrpy_request",
    "vcrpy_response",
    "why_unseen",
]
