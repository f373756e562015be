"""A support agent for a shop: it looks up orders and may refund them, with tools on the openai SDK."""

import json
import os

import openai

RULES = (
    "You answer customers of a lamp shop. Look an order up before you speak about it. Refund only what arrived broken, "
    "and never more than the order cost. Be brief and kind."
)


def tool(name, description, **properties):
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


TOOLS = [
    tool("find_order", "What was ordered, what it cost, and where it is.", order={"type": "string"}),
    tool("refund", "Pays money back for an order.", order={"type": "string"}, euros={"type": "number"}),
]


def answer(question, shop):
    """Return the answer for the customer. `shop` does the work of the tools."""
    client = openai.OpenAI(
        base_url=os.environ.get("SAMURAI_BASE_URL", "https://www.samuraiapi.in/v1"),
        api_key=os.environ["SAMURAI_API_KEY"],
    )
    messages = [{"role": "system", "content": RULES}, {"role": "user", "content": question}]
    while True:
        reply = client.chat.completions.create(model="gpt-4o", messages=messages, tools=TOOLS)
        message = reply.choices[0].message
        if not message.tool_calls:
            return message.content
        messages.append(message.model_dump(exclude_none=True))
        for call in message.tool_calls:
            result = getattr(shop, call.function.name)(**json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)})
