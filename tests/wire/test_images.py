"""Images: the request, in JSON and in a form, and the cost."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from pytest_samurai.wire.images import IMAGES, merge
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.price import Price
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import call, streamed

Json = Any
URL = "https://h/v1/images/generations"
# As in the OpenAI API reference.
USAGE = {
    "total_tokens": 100,
    "input_tokens": 50,
    "output_tokens": 50,
    "input_tokens_details": {"text_tokens": 10, "image_tokens": 40},
}
COUNTED = Usage(1, 50, 50, 100, prompt_image_tokens=40, completion_image_tokens=50)
COMPLETED = {
    "type": "image_generation.completed",
    "b64_json": "aGk=",
    "created_at": 1620000000,
    "size": "1024x1024",
    "usage": USAGE,
}


def test_a_stream_says_what_a_plain_reply_would_have() -> None:
    plain = {"created": 1620000000, "size": "1024x1024", "usage": USAGE, "data": [{"b64_json": "aGk="}]}
    asked = {"model": "gpt-image-1", "prompt": "A cat."}
    partial = {"type": "image_generation.partial_image", "b64_json": "aA==", "partial_image_index": 0}
    for answered in (
        call(plain, request=asked, url=URL),
        streamed(partial, COMPLETED, done=False, request=asked, url=URL),
    ):
        assert (answered.endpoint, answered.text, answered.model) == ("images", None, "gpt-image-1")
        assert (answered.usage, answered.response) == (COUNTED, plain)
        assert answered.answers == (Message("assistant", (Part("image", ""),)),)


def test_pictures_have_a_price_of_their_own_where_there_is_one() -> None:
    # Source: OpenAI's page of prices. 1: 10 $ for a million tokens of pictures in, 40 $ for those out.
    rates = {"input_mtok": Decimal(5), "output_mtok": Decimal(40), "input_image_mtok": Decimal(10)}
    assert Price(source="s", **rates).cost(COUNTED) == Decimal(10 * 5 + 40 * 10 + 50 * 40) / 1_000_000
    # 1.5: 8 $ for a million tokens of pictures in, 32 $ for those out, where text is 5 $ and 10 $.
    rates = {"input_mtok": Decimal(5), "output_mtok": Decimal(10)}
    pictures = {"input_image_mtok": Decimal(8), "output_image_mtok": Decimal(32)}
    price = Price(source="s", **rates, **pictures)
    assert price.cost(COUNTED) == Decimal(10 * 5 + 40 * 8 + 50 * 32) / 1_000_000
    told = {**USAGE, "output_tokens_details": {"text_tokens": 20, "image_tokens": 30}}
    counted = call({"data": [], "usage": told}, url=URL).usage
    assert counted is not None
    assert price.cost(counted) == Decimal(10 * 5 + 40 * 8 + 20 * 10 + 30 * 32) / 1_000_000


@pytest.mark.parametrize("reply", [{"data": [{"url": "https://h/a.png"}]}, {"data": [], "usage": {"images": 1}}])
def test_what_is_billed_by_the_picture_has_an_unknown_usage(reply: Json) -> None:
    assert call(reply, request={"model": "dall-e-3", "prompt": "A cat."}, url=URL).usage is None


def test_another_model_that_writes_the_picture_makes_the_price_unknown() -> None:
    assert call({"data": [], "usage": USAGE, "svg_usage": {"model": "m"}}, url=URL).has_paid_tools
    assert not call({"data": [], "usage": USAGE}, url=URL).has_paid_tools


def test_the_fields_of_a_form_are_read_as_those_of_json() -> None:
    files = [("image[]", ("a.png", b"\x89PNG\xff", "image/png")), ("image[]", ("b.png", b"\x89\xfe", "image/png"))]
    form = httpx.Request("POST", "https://h", data={"model": "gpt-image-1", "prompt": "A hat."}, files=files).read()
    edited = call({"data": [{"revised_prompt": "A red hat."}]}, request=form, url="https://h/v1/images/edits")

    picture = Part("image", "")
    assert edited.messages == (Message("user", (Part("text", "A hat."), picture, picture)),)
    assert (edited.model, edited.request["prompt"]) == ("gpt-image-1", "A hat.")
    assert edited.answers == (Message("assistant", (Part("image", "A red hat."),)),)


def test_a_variation_has_no_prompt_and_a_request_that_is_no_form_is_said_to_be_none() -> None:
    assert IMAGES.messages({"image": {}}) == [Message("user", (Part("image", ""),))]
    assert (IMAGES.prompt({"prompt": "a", "n": 2}), IMAGES.prompt({})) == ({"prompt": "a"}, {})
    assert call({}, url=URL)._answer.tier is None
    assert merge(["", json.dumps({"type": "image_edit.partial_image"})]) == {}


def test_a_stream_has_come_whole_with_a_picture() -> None:
    assert IMAGES.is_over(b"data: " + json.dumps(COMPLETED).encode() + b"\n\n")
    assert not IMAGES.is_over(b'data: {"type": "image_generation.partial_image"}\n\n')
