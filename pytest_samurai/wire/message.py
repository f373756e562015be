"""A message of a conversation, in the same shape for every API."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message.

    `kind` is `text`, `refusal`, `tool_call`, or the API's own name for it (`image_url`, `input_audio`). `text` is its
    text; for a tool call, the arguments. It is empty if the part has no text. `name` is the name of the tool.
    """

    kind: str
    text: str
    name: str | None = None

    @property
    def said(self) -> str:
        """The part as text for people. A part without text is shown by its kind."""
        kind = self.kind.replace("_", " ")
        if self.kind == "text":
            return self.text
        if self.kind == "tool_call":
            return f"{kind} {self.name or '?'}({self.text})"
        return f"{kind}: {self.text}" if self.text else f"({kind})"


@dataclass(frozen=True, slots=True)
class Message:
    """A message from one side. `role` is empty if the API has none; `name` is the speaker's name, if there is one."""

    role: str
    parts: tuple[Part, ...]
    name: str | None = None

    @property
    def text(self) -> str | None:
        """Its text; None if it has none (a tool call, a picture)."""
        texts = [part.text for part in self.parts if part.kind == "text"]
        return "".join(texts) if texts else None
