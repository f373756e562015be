"""A model of 0.3 million weights that llama.cpp loads like any other, written without any library.

It is a table of "which word follows which", dressed as a llama: token t is embedded as the t-th unit vector, the one
layer adds nothing, and row v of the output matrix holds, for each t, the logarithm of how often v followed t. So the
text is made of real words, and the answers vary with the temperature as those of a real model do.
"""

from __future__ import annotations

import math
import struct
from array import array
from itertools import pairwise
from pathlib import Path
from typing import Final

SENTENCES: Final = (
    "Paris is the capital of France.",
    "Tokyo, written 東京, is the capital of Japan.",
    "Hello there, how can I help you today? 😊",
    "Seven samurai walk along the quiet river.",
    "Rain falls softly on the river before dawn.",
    "Un café crème, s'il vous plaît.",
    "Green tea 🍵 is good for you.",
    "Yes, that is right.",
    "No, not yet.",
)
"""All that the model can say. Each begins with a word that is nowhere else: the first word shows which was chosen."""

UNKNOWN: Final = "<unk>"
START: Final = "<|im_start|>"
END: Final = "<|im_end|>"
CALL: Final = "<tool_call>"
CALL_END: Final = "</tool_call>"
TOPICS: Final = tuple(f"<|topic{number}|>" for number in range(len(SENTENCES)))
USE_TOOL: Final = "<|use_tool|>"

# The model sees only the last token, so the template squeezes the whole conversation into it, by its length: without
# that every request would get the same answer, and a test could not tell a right replay from a wrong one.
CHAT_TEMPLATE: Final = """\
{%- set seen = namespace(size=0) -%}
{%- if tools -%}
<|im_start|>system
<tools>
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}</tools>
To call a function, answer with <tool_call>
{"name": <its name>, "arguments": <its arguments>}
</tool_call><|im_end|>
{% endif -%}
{%- for message in messages -%}
{%- set text = message.content if message.content else '' -%}
{%- set seen.size = seen.size + text | length -%}
<|im_start|>{{ message.role }}
{{ text }}
{%- if message.tool_calls -%}
{%- for call in message.tool_calls %}
<tool_call>
{"name": {{ call.function.name | tojson }}, "arguments": {{ call.function.arguments | tojson }}}
</tool_call>
{%- endfor -%}
{%- endif -%}
<|im_end|>
{% endfor -%}
{%- if add_generation_prompt -%}
<|im_start|>assistant
{% if tools and messages[-1].role == 'user' -%}
<|use_tool|>
{%- else -%}
<|topic{{ seen.size % TOPIC_COUNT }}|>
{%- endif -%}
{%- endif -%}
""".replace("TOPIC_COUNT", str(len(SENTENCES)))

# Under a grammar most tokens are forbidden and the best of the others wins. These make sure that the winner brings the
# value it is in to its end: a model that likes `,` as well as `}` would write arrays until it is cut off.
JSON_ANYWHERE: Final = (END, '"', CALL_END, "}", "]", ",", ":", "{", "[", "3", "true")
JSON_VALUES: Final = ('"Paris"', '"Tokyo"', "3", "7", "true", "[", "{")
JSON_FOLLOWERS: Final[dict[str, tuple[str, ...]]] = {
    ":": JSON_VALUES,
    " ": JSON_VALUES,
    "[": JSON_VALUES,
    ",": (" ", '"'),
    "{": ('"city"', '"'),
    CALL: ("\n",),
}
JSON_STEP: Final = 6.0
"""Nepers between one choice and the next in the rows above: enough that temperature 1.5 hardly ever reverses them."""

ANYWHERE: Final = -20.0
"""The best of `JSON_ANYWHERE`: so far below any counted pair that plain text never slips into punctuation."""

FLOOR: Final = -120.0
HEAD: Final = 32

CONTEXT: Final = 8192
"""The longest conversation, in tokens: all but the words of `SENTENCES` is spelled out, a token a byte."""

_TYPE_UNKNOWN, _TYPE_CONTROL, _TYPE_USER_DEFINED, _TYPE_BYTE = 2, 3, 4, 6
_U32, _F32, _BOOL, _STRING, _ARRAY, _I32 = 4, 6, 7, 8, 9, 5
_ALIGNMENT: Final = 32


def words(sentence: str) -> list[str]:
    """`"No, not yet."` gives `["No,", " not", " yet."]`: joined without separators, they give the sentence."""
    first, *rest = sentence.split(" ")
    return [first, *(" " + word for word in rest)]


class Vocabulary:
    """Every token's text and type, in order of its number; `id` finds one by its text (of a byte: by the character)."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.types: list[int] = []
        self._ids: dict[str, int] = {}
        self._add(UNKNOWN, _TYPE_UNKNOWN)
        for text in (START, END, *TOPICS, USE_TOOL):
            self._add(text, _TYPE_CONTROL)
        for byte in range(256):
            self._add(f"<0x{byte:02X}>", _TYPE_BYTE, alias=chr(byte) if byte < 128 else None)
        # User-defined tokens are cut out of a text whole. Normal ones are built from pairs, and each pair would have to
        # be a token too.
        spoken = {word for sentence in SENTENCES for word in words(sentence)}
        for text in (CALL, CALL_END, '"city"', '"Paris"', '"Tokyo"', "true", *sorted(spoken)):
            self._add(text, _TYPE_USER_DEFINED)

    def __len__(self) -> int:
        return len(self.texts)

    def id(self, text: str) -> int:
        return self._ids[text]

    def _add(self, text: str, kind: int, alias: str | None = None) -> None:
        self._ids[alias or text] = len(self.texts)
        self.texts.append(text)
        self.types.append(kind)


def write_tiny_gguf(path: Path) -> None:
    """Write the model to `path`: about 1.1 MB, in a few milliseconds."""
    vocabulary = Vocabulary()
    tensors = _tensors(vocabulary)
    metadata = _metadata(vocabulary)
    parts = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(metadata))]
    parts += [_string(key) + value for key, value in metadata.items()]
    offset = 0
    for name, (shape, values) in tensors.items():
        dimensions = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        parts.append(_string(name) + dimensions + struct.pack("<IQ", 0, offset))
        offset += len(_padded(values.tobytes()))
    header = _padded(b"".join(parts))
    path.write_bytes(header + b"".join(_padded(values.tobytes()) for _, values in tensors.values()))


def _tensors(vocabulary: Vocabulary) -> dict[str, tuple[tuple[int, ...], array[float]]]:
    """Name to (shape with the fastest dimension first, values)."""
    size = len(vocabulary)
    square, wide, tall = (size, size), (size, HEAD), (HEAD, size)
    # RMS normalisation turns a unit vector of this many dimensions into one of length sqrt(size): this undoes it.
    unit_again = array("f", [1 / math.sqrt(size)]) * size
    return {
        "token_embd.weight": (square, _identity(size)),
        "output_norm.weight": ((size,), unit_again),
        "output.weight": (square, _output(vocabulary)),
        "blk.0.attn_norm.weight": ((size,), _zeros(size)),
        "blk.0.ffn_norm.weight": ((size,), _zeros(size)),
        **{f"blk.0.{name}.weight": (wide, _zeros(size * HEAD)) for name in _INTO_HEAD},
        **{f"blk.0.{name}.weight": (tall, _zeros(size * HEAD)) for name in ("attn_output", "ffn_down")},
    }


_INTO_HEAD: Final = ("attn_q", "attn_k", "attn_v", "ffn_gate", "ffn_up")


def _zeros(count: int) -> array[float]:
    return array("f", bytes(4 * count))


def _identity(size: int) -> array[float]:
    matrix = _zeros(size * size)
    for diagonal in range(0, size * size, size + 1):
        matrix[diagonal] = 1.0
    return matrix


def _output(vocabulary: Vocabulary) -> array[float]:
    """The logit of each next token (slow dimension) after each last one (fast dimension)."""
    size = len(vocabulary)
    matrix = array("f", [FLOOR]) * (size * size)
    for next_id, logit in _ranked(vocabulary, JSON_ANYWHERE, best=ANYWHERE):
        matrix[next_id * size : (next_id + 1) * size] = array("f", [logit]) * size
    for last, followers in JSON_FOLLOWERS.items():
        for next_id, logit in _ranked(vocabulary, followers, best=0.0):
            matrix[next_id * size + vocabulary.id(last)] = logit
    for (last, following), count in _pairs().items():
        matrix[vocabulary.id(following) * size + vocabulary.id(last)] = math.log(count)
    return matrix


def _ranked(vocabulary: Vocabulary, choices: tuple[str, ...], best: float) -> list[tuple[int, float]]:
    return [(vocabulary.id(text), best - JSON_STEP * rank) for rank, text in enumerate(choices)]


def _pairs() -> dict[tuple[str, str], float]:
    """How often each token follows each other one: `{(" the", " river"): 2.0, ...}`."""
    counts: dict[tuple[str, str], float] = {(USE_TOOL, CALL): 1.0}
    for topic, sentence in zip(TOPICS, SENTENCES, strict=True):
        chain = [*words(sentence), END]
        for pair in pairwise(chain):
            counts[pair] = counts.get(pair, 0.0) + 1.0
        for other in TOPICS:
            counts[other, chain[0]] = 4.0 if other == topic else 1.0
    return counts


def _metadata(vocabulary: Vocabulary) -> dict[str, bytes]:
    """Key to its value as GGUF has it: four bytes of type, then the value."""
    size = len(vocabulary)
    return {
        "general.architecture": _text("llama"),
        "general.name": _text("tiny-samurai"),
        "llama.vocab_size": _number(size),
        "llama.context_length": _number(CONTEXT),
        "llama.embedding_length": _number(size),
        "llama.block_count": _number(1),
        "llama.feed_forward_length": _number(HEAD),
        "llama.attention.head_count": _number(1),
        "llama.attention.head_count_kv": _number(1),
        "llama.attention.key_length": _number(HEAD),
        "llama.attention.value_length": _number(HEAD),
        "llama.rope.dimension_count": _number(HEAD),
        "llama.attention.layer_norm_rms_epsilon": struct.pack("<If", _F32, 1e-6),
        "tokenizer.ggml.model": _text("llama"),
        "tokenizer.ggml.tokens": _list(_STRING, [_string(text) for text in vocabulary.texts]),
        "tokenizer.ggml.scores": _list(_F32, [struct.pack("<f", 0.0)] * size),
        "tokenizer.ggml.token_type": _list(_I32, [struct.pack("<i", kind) for kind in vocabulary.types]),
        "tokenizer.ggml.unknown_token_id": _number(vocabulary.id(UNKNOWN)),
        "tokenizer.ggml.bos_token_id": _number(vocabulary.id(START)),
        "tokenizer.ggml.eos_token_id": _number(vocabulary.id(END)),
        "tokenizer.ggml.add_bos_token": _flag(False),
        "tokenizer.ggml.add_space_prefix": _flag(False),
        "tokenizer.chat_template": _text(CHAT_TEMPLATE),
    }


def _string(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _text(value: str) -> bytes:
    return struct.pack("<I", _STRING) + _string(value)


def _number(value: int) -> bytes:
    return struct.pack("<II", _U32, value)


def _flag(value: bool) -> bytes:
    return struct.pack("<I?", _BOOL, value)


def _list(kind: int, items: list[bytes]) -> bytes:
    return struct.pack("<IIQ", _ARRAY, kind, len(items)) + b"".join(items)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)
