"""JSON as an answer."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.server.clients import Json, answer, chat, error, post


class TestResponseFormat:
    def test_text(self, client: httpx.Client) -> None:
        assert answer(client, chat(response_format={"type": "text"})) == "Paris."

    def test_json_object(self, client: httpx.Client) -> None:
        text = answer(client, chat("Capital of Japan?", response_format={"type": "json_object"}))
        assert text == '{"answer": "Tokyo (東京)."}'

    @pytest.mark.parametrize(
        ("schema", "value"),
        [
            (
                {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "boolean"}}},
                '{"a":"text","b":true}',
            ),
            ({"properties": {"a": {"type": "number"}, "b": {}}, "required": ["a"]}, '{"a":0}'),
            ({"type": "object"}, "{}"),
            ({"type": "integer", "minimum": 3}, "3"),
            ({"type": ["number", "null"]}, "0"),
            ({"type": "null"}, "null"),
            ({"type": "array", "items": {"type": "string"}}, "[]"),
            ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, "[0,0]"),
            ({"type": "array", "minItems": 1}, "[null]"),
            ({"enum": ["東", "b"]}, '"東"'),
            ({"const": 1.5, "default": 2}, "1.5"),
            ({"type": "string", "default": None}, "null"),
            ({"type": "string", "examples": ["Tokyo"]}, '"Tokyo"'),
            ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "null"),
            ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, '"text"'),
            ({"allOf": [{"$ref": "#/$defs/Day"}], "$defs": {"Day": {"enum": ["Mon"]}}}, '"Mon"'),
        ],
    )
    def test_json_schema(self, client: httpx.Client, schema: Json, value: str) -> None:
        wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
        assert json.loads(answer(client, chat(response_format=wanted))) == json.loads(value)

    def test_json_schema_that_contains_itself(self, client: httpx.Client) -> None:
        node = {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}}}
        schema = {"$ref": "#/$defs/Node", "$defs": {"Node": node}}
        wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
        assert answer(client, chat(response_format=wanted)) == '{"next": null}'

    @pytest.mark.parametrize(
        "wanted",
        [
            "json",
            {},
            {"type": "yaml"},
            {"type": "json_schema"},
            {"type": "json_schema", "json_schema": {"schema": {"$ref": "#/$defs/Nothing"}}},
            {"type": "json_schema", "json_schema": {"schema": {"$ref": "#/a", "a": {"$ref": "#/a"}}}},
            {"type": "json_schema", "json_schema": {"schema": {"enum": []}}},
            {"type": "json_schema", "json_schema": {"schema": {"anyOf": [True]}}},
        ],
    )
    def test_that_makes_no_sense_is_an_error(self, client: httpx.Client, wanted: Any) -> None:
        assert error(post(client, chat(response_format=wanted))) == (400, "bad_request")
