"""The key that a replayed test gets if it has none."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Final

from pytest_samurai.text import visible
from pytest_samurai.wire import Headers, Request

_PLACEHOLDER_KEY = "sk-placeholder-of-a-replayed-test"
_KEY_NAMES = ("SAMURAI_API_KEY", "OPENAI_API_KEY")

_OF_ANTHROPIC = ("ANTHROPIC_API_KEY",)
_OF_GOOGLE = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
_OF_MANY = (
    *(*_OF_ANTHROPIC, *_OF_GOOGLE, "GROQ_API_KEY", "MISTRAL_API_KEY", "OPENROUTER_API_KEY", "DEEPSEEK_API_KEY"),
    *("XAI_API_KEY", "TOGETHER_API_KEY", "FIREWORKS_API_KEY", "PERPLEXITY_API_KEY", "COHERE_API_KEY", "CO_API_KEY"),
    *("AZURE_OPENAI_API_KEY", "AZURE_API_KEY", "HF_TOKEN"),
)
_OF_LIBRARIES: Final[Mapping[str, Sequence[str]]] = {
    "openai": ("AZURE_OPENAI_API_KEY",),
    "anthropic": _OF_ANTHROPIC,
    "langchain_anthropic": _OF_ANTHROPIC,
    "google.genai": _OF_GOOGLE,
    "google.generativeai": _OF_GOOGLE,
    "langchain_google_genai": _OF_GOOGLE,
    "groq": ("GROQ_API_KEY",),
    "langchain_groq": ("GROQ_API_KEY",),
    "mistralai": ("MISTRAL_API_KEY",),
    "mistralai.client": ("MISTRAL_API_KEY",),  # since 2, `mistralai` is a namespace, and its import is invisible
    "langchain_mistralai": ("MISTRAL_API_KEY",),
    "together": ("TOGETHER_API_KEY",),
    "fireworks": ("FIREWORKS_API_KEY",),
    "langchain_fireworks": ("FIREWORKS_API_KEY",),
    "cohere": ("CO_API_KEY", "COHERE_API_KEY"),
    "langchain_cohere": ("CO_API_KEY", "COHERE_API_KEY"),
    "huggingface_hub": ("HF_TOKEN",),
    "langchain_xai": ("XAI_API_KEY",),
    "xai_sdk": ("XAI_API_KEY",),
    "langchain_deepseek": ("DEEPSEEK_API_KEY",),
    "langchain_perplexity": ("PERPLEXITY_API_KEY",),
    "litellm": _OF_MANY,
    "pydantic_ai": _OF_MANY,
    "dspy": _OF_MANY,
}
"""The variables that each library reads its keys from, by the names in its own documentation.

Only imported libraries' keys get a placeholder: an application may choose its provider by the keys that it finds.
"""


KEYED_LIBRARIES: Final = tuple(_OF_LIBRARIES)
"""The libraries whose keys are listed here."""


class Placeholders:
    """The placeholders given to the environment. `more` names keys besides the known ones."""

    def __init__(self, more: Iterable[str] = ()) -> None:
        self._more = tuple(more)
        self._names: list[str] = []
        self._are_given = False

    def give(self) -> None:
        """Give a placeholder to each key that the environment lacks and some library may look for.

        These are our own keys, those of imported libraries, and `more`.
        """
        self._are_given = True
        names = [*_KEY_NAMES, *self._more]
        for library in sys.modules.keys() & _OF_LIBRARIES.keys():
            names += _OF_LIBRARIES[library]
        self._give(dict.fromkeys(names))

    def give_more(self) -> None:
        """Give those of libraries imported since then. Does nothing if none are being given."""
        if self._are_given:
            self.give()

    def give_missed(self, error: str) -> frozenset[str]:
        """Give one to each known key that an error names and the environment lacks. Returns their names.

        If the error names no key but mentions an API key, all keys of the imported libraries get one.
        """
        known = {*_KEY_NAMES, *self._more, *chain.from_iterable(_OF_LIBRARIES.values())}
        named = known.intersection(re.findall(r"\w+", error))
        if named:
            self._give(named)
        elif "API key" in error:
            # google-genai 3 says:
            self.give()
        return frozenset(self._names)

    def _give(self, names: Iterable[str]) -> None:
        missing = [name for name in names if not os.environ.get(name)]
        for name in missing:
            os.environ[name] = _PLACEHOLDER_KEY
        self._names += missing

    def remove(self) -> None:
        """Remove the placeholders, except where the test has set something else."""
        self._are_given = False
        for name in self._names:
            if os.environ.get(name) == _PLACEHOLDER_KEY:
                del os.environ[name]
        self._names.clear()


def has_placeholder(headers: Headers, url: str) -> bool:
    """Whether a request carries a replay's key, which must not be sent."""
    return _PLACEHOLDER_KEY in url or any(_PLACEHOLDER_KEY in value for _, value in headers)


def placeholder_refusal(request: Request, test: str) -> str:
    """Why a request with a placeholder may not go live. `request` is the form of it that may be shown."""
    return (
        f"{visible(request.method)} {visible(request.url)} must go live to be recorded, but its key is the"
        f" placeholder that replayed tests get.\n  test      {test}\n"
        "  Set the key in the environment before the client is made."
    )
