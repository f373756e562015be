"""A FastAPI application that explains words, and streams the explanation as it comes."""

import os

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from openai import AsyncOpenAI

app = FastAPI()


@app.get("/explain/{word}")
async def explain(word: str):
    return StreamingResponse(explanation(word), media_type="text/plain")


async def explanation(word):
    messages = [
        {"role": "system", "content": "Explain the word to a child of eight, in two sentences."},
        {"role": "user", "content": word},
    ]
    # The client is made here, and not when the module is imported: each loop needs its own.
    async with AsyncOpenAI(
        base_url=os.environ.get("SAMURAI_BASE_URL", "https://www.samuraiapi.in/v1"),
        api_key=os.environ["SAMURAI_API_KEY"],
    ) as client:
        async for chunk in await client.chat.completions.create(model="gpt-4o-mini", messages=messages, stream=True):
            yield chunk.choices[0].delta.content or ""
