"""Values with numbers in them that anybody might write: names of models, dates, versions, email addresses."""

from __future__ import annotations

import re

# Today's models, their makers and their tasks: one of these tells a long model name from a passphrase.
_FAMILIES = frozenset(
    (
        *("gpt", "chatgpt", "davinci", "curie", "babbage", "ada", "whisper", "dall", "sora", "codex", "embedding"),
        *("embeddings", "embed", "rerank", "reranker", "moderation", "tts", "claude", "sonnet", "opus", "haiku"),
        *("gemini", "gemma", "palm", "bison", "imagen", "veo", "llama", "mistral", "mixtral", "ministral", "codestral"),
        *("magistral", "devstral", "pixtral", "qwen", "qwq", "deepseek", "phi", "grok", "command", "aya", "nova"),
        *("titan", "jamba", "jurassic", "granite", "nemotron", "falcon", "yi", "glm", "kimi", "moonshot", "minimax"),
        *("hermes", "vicuna", "alpaca", "zephyr", "solar", "orca", "wizardlm", "starcoder", "olmo", "smollm", "dbrx"),
        *("sonar", "ernie", "hunyuan", "doubao", "bge", "minilm", "mpnet", "stable", "flux", "bert", "roberta", "gguf"),
        *("tinyllama", "stablelm", "exaone", "internlm", "baichuan", "mimo", "seed", "lfm", "voxtral", "cogito"),
        *("openai", "anthropic", "google", "meta", "mistralai", "cohere", "amazon", "nvidia", "microsoft", "xai"),
    )
)
_SEPARATORS = re.compile(r"[ _.:/@-]")
_WORD = r"(?:[A-Z]?[a-z]+|[A-Z]+)"
_PART = re.compile(
    # Words, also as in DeepSeek and LLaMA; a number, a date, a size as in 8x7B and A22B, a word with a number.
    rf"{_WORD}|(?:[A-Z]{{1,3}}[a-z]{{2,}}){{2,3}}[A-Z]{{0,2}}|\d{{1,4}}|20\d{{6}}"
    rf"|(?:\d{{1,2}}x)?[A-Z]?\d{{1,4}}[a-zA-Z]{{0,2}}|[a-zA-Z]{{1,2}}\d{{1,2}}(?:p\d{{1,2}})?|{_WORD}\d{{1,3}}[a-z]{{0,2}}|[A-Z][a-z]+[A-Z]+"
)
_LONGEST_MODEL = 100
_TUNED = re.compile(r"ft:(?P<base>[^:]+):(?P<owner>[\w-]*):(?P<suffix>[\w.-]*):\w{1,9}(?::ckpt-step-\d+)?")

_VALUES = re.compile(
    r"(?:"
    # Dates and times: RFC 3339, and as people write them.
    r"(?:19|20)\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|\d{1,2}[./]\d{1,2}[./](?:19|20)\d\d|\d{1,2}:\d\d:\d\d(?:\.\d{1,9})?"
    # Numbers with more than digits, and versions: PEP 440, SemVer.
    r"|[+-]?\d{1,15}\.\d{1,12}(?:[eE][+-]?\d{1,3})?"
    r"|v?\d{1,4}(?:\.\d{1,4}){1,3}(?:[-.]?(?:a|b|rc|alpha|beta|dev|post|preview|pre)[-.]?\d{0,8}){0,2}"
    r")"
)
# A name and a year: "hunter2024".
_YEAR = re.compile(rf"{_WORD}(?:19|20)\d\d")
_MAIL = re.compile(r"(?P<user>[\w.+-]+)@(?P<host>[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)*\.[a-z]{2,24})", re.IGNORECASE)


def is_commonplace(value: str) -> bool:
    """Whether a value is the name of a model, a date, a version, a number with a point, or a word and a year."""
    return any(pattern.fullmatch(value) for pattern in (_VALUES, _YEAR)) or is_model(value)


def is_model(value: str) -> bool:
    """Whether a value looks like a model's name: words and numbers, one of them a family of models or its maker."""
    if len(value) > _LONGEST_MODEL:
        return False
    if tuned := _TUNED.fullmatch(value):
        return is_model(tuned["base"]) and all(map(_is_part, re.split(r"[_.-]", f"{tuned['owner']}-{tuned['suffix']}")))
    parts = _SEPARATORS.split(value)
    return all(map(_is_part, parts)) and any(re.sub(r"\d.*", "", part).lower() in _FAMILIES for part in parts)


def _is_part(part: str) -> bool:
    return not part or _PART.fullmatch(part) is not None


def mail_user(value: str) -> str | None:
    """The user of an email address; None if the value isn't one."""
    match = _MAIL.fullmatch(value)
    return match["user"] if match else None
