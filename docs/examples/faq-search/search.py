"""Find the frequent question that a customer means, with a batch of embeddings."""

import math
import os

import openai

MODEL = "text-embedding-3-small"


def client():
    return openai.OpenAI(
        base_url=os.environ.get("SAMURAI_BASE_URL", "https://www.samuraiapi.in/v1"),
        api_key=os.environ["SAMURAI_API_KEY"],
    )


def embed(texts):
    """Return a vector for each text, in one call."""
    reply = client().embeddings.create(model=MODEL, input=texts, dimensions=32)
    return [datum.embedding for datum in reply.data]


def likeness(one, other):
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    return dot / (math.hypot(*one) * math.hypot(*other))


class Index:
    """Questions whose vectors are known."""

    def __init__(self, questions):
        self.questions = questions
        self.vectors = embed(questions)

    def nearest(self, asked):
        [vector] = embed([asked])
        scores = [likeness(vector, known) for known in self.vectors]
        return self.questions[scores.index(max(scores))]
