"""A small value that fits a JSON schema."""

from __future__ import annotations

from typing import Any

from pytest_samurai.server.encoding import Json


def example(schema: Json, root: Json | None = None) -> Any:
    """A small value that fits a JSON schema; `root` is the schema that its `$ref` point into.

    It knows `$ref` within the schema, `const`, `default`, `enum`, `examples`, `anyOf`, `oneOf`, `allOf` (of one),
    `properties`, `required`, `items`, `minItems` and `minimum`. It ignores `pattern`, `format` and lengths.
    """
    root = schema if root is None else root
    if "$ref" in schema:
        target = root
        for key in schema["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        return example(target, root)
    if keyword := _first_of(("const", "default"), schema):
        return schema[keyword]
    if keyword := _first_of(("enum", "examples"), schema):
        return schema[keyword][0]
    if keyword := _first_of(("anyOf", "oneOf", "allOf"), schema):
        # A schema that contains itself only ends because null is taken if it is allowed.
        return example(min(schema[keyword], key=lambda option: option.get("type") != "null"), root)
    return _example_of_type(schema, root)


def _first_of(keywords: tuple[str, ...], schema: Json) -> str | None:
    return next((keyword for keyword in keywords if keyword in schema), None)


def _example_of_type(schema: Json, root: Json) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "null")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            properties: Json = schema.get("properties", {})
            return {name: example(properties[name], root) for name in schema.get("required", properties)}
        case "array":
            return [example(schema.get("items", {}), root) for _ in range(schema.get("minItems", 0))]
        case "string":
            return "text"
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return True
    return None
