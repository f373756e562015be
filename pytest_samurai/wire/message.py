"""A message of a conversation, in the same shape for every API."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message.

    `kind` is `text`, `refusal`, `tool_call`, or what the API calls it (`image_url`, `input_audio`). `text` is what it
    says, of a tool call its arguments; empty where that is no text. `name` is that of the tool.
    """

    kind: str
    text: str
    name: str | None = None

    @property
    def said(self) -> str:
        """It as text for people; what is no text is told by its kind."""
        kind = self.kind.replace("_", " ")
        if self.kind == "text":
            return self.text
        if self.kind == "tool_call":
            return f"{kind} {self.name or '?'}({self.text})"
        return f"{kind}: {self.text}" if self.text else f"({kind})"


@dataclass(frozen=True, slots=True)
class Message:
    """What one side said. `role` is empty where the API has none; `name` is that of the speaker, if it has one."""

    role: str
    parts: tuple[Part, ...]
    name: str | None = None

    @property
    def text(self) -> str | None:
        """Its text; None if it has none (a tool call, a picture)."""
        texts = [part.text for part in self.parts if part.kind == "text"]
        return "".join(texts) if texts else None
