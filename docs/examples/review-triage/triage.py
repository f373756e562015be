"""One agent reads what customers write about products, and a second one answers, with pydantic-ai."""

import os
from typing import Literal

from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider


class Reading(BaseModel):
    """What a review says."""

    product: str
    mood: Literal["happy", "mixed", "angry"]
    needs_reply: bool


def model():
    return OpenAIChatModel(
        "gpt-4o-mini",
        provider=OpenAIProvider(
            base_url=os.environ.get("SAMURAI_BASE_URL", "https://www.samuraiapi.in/v1"),
            api_key=os.environ["SAMURAI_API_KEY"],
        ),
    )


def read(review):
    reader = Agent(model(), output_type=Reading, instructions="Read the review of a product. Say only what it says.")
    return reader.run_sync(review).output


def triage(review):
    """Return what the review says, and a reply, or None if it needs no reply."""
    reading = read(review)
    if not reading.needs_reply:
        return reading, None
    writer = Agent(model(), instructions="Reply to the review in two friendly sentences. Promise nothing.")
    return reading, writer.run_sync(f"A customer is {reading.mood} about the {reading.product}: {review}").output
