"""What the model of `docs/examples` says: made up, in the style of a real one."""

from __future__ import annotations

import json
from pathlib import Path

from tests.scripted_model import Json, Script

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"

NOTES = """## New
- `list --json` prints the list as JSON.

## Fixed
- An empty config file no longer crashes the tool.

## Breaking
- `--silent` is gone. Use `--quiet`."""

NARROW = """## Fixed
- The progress bar is drawn properly in narrow terminals."""

TIDE = (
    "The tide is the sea slowly climbing up the beach and going back down again, twice a day. "
    "The moon pulls at the water as it passes over, as if the sea were on a very long string."
)
ECHO = (
    "An echo is a sound that has come back to you. "
    "Your shout flies to a wall or a mountain, bounces off like a ball, and reaches your ears a second time."
)

REFUNDED = "I’m so sorry about the broken shade. The €39.00 for order 1042 are on their way back to you."

TOASTER = (
    "Thank you for writing, and we’re glad you like the looks of the toaster. Try a lower setting and turn the bread "
    "half-way, and write to us again if one side still burns."
)
BLENDER = (
    "We’re sorry about the blender, and about your mails that nobody answered. Someone from our team will read your "
    "case today."
)


def _asked(body: Json) -> str:
    text: str = next(message["content"] for message in reversed(body["messages"]) if message["role"] == "user")
    return text


def _call(name: str, number: int, **arguments: object) -> Json:
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"content": None, "tool_calls": [{"id": f"call_{name}_{number}", "type": "function", "function": function}]}


def release_notes(body: Json) -> Json | int:
    asked = _asked(body)
    if "typo" in asked:
        return 429
    return {"content": NOTES if "--json" in asked else NARROW}


def shop_agent(body: Json) -> Json:
    asked, done = _asked(body), len([message for message in body["messages"] if message["role"] == "tool"])
    if done == 0:
        return _call("find_order", 1, order="1042")
    if "Where is" in asked:
        return {"content": "Your lamp “Moon” in brass is with the carrier and should be with you on Friday."}
    if "broken" not in asked:
        return {"content": "I’m sorry the lamp isn’t for you. I can refund only what arrived broken."}
    if done == 1:
        return _call("refund", 2, order="1042", euros=39.0)
    return {"content": "I’m so sorry about the broken shade. The €39.00 for order 1042 are on their way back to you."}


def streaming(body: Json) -> Json:
    return {"content": TIDE if _asked(body) == "tide" else ECHO}


def review_triage(body: Json) -> Json:
    product = next(name for name in ("kettle", "toaster", "blender") if name in _asked(body))
    if body.get("tools"):
        mood = {"kettle": "happy", "toaster": "mixed", "blender": "angry"}[product]
        return _call(body["tools"][0]["function"]["name"], 1, product=product, mood=mood, needs_reply=mood != "happy")
    return {"content": TOASTER if product == "toaster" else BLENDER}


def faq_search(body: Json) -> Json:
    raise AssertionError("it only asks for embeddings, which the model makes up by itself")


SCRIPTS: dict[str, Script] = {
    "faq-search": faq_search,
    "release-notes": release_notes,
    "review-triage": review_triage,
    "shop-agent": shop_agent,
    "streaming": streaming,
}
