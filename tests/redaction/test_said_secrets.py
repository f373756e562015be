"""A secret is compared by its meaning, however a server, a client or a terminal has spelled it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_samurai.redaction.edits import REDACTED
from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.wire.chat import CHAT
from pytest_samurai.wire.http import Chunk, Reply, Request
from tests.redaction.kept import URL

OWN = "dG9w+c2Vj/cmV0MTIz"
"""A key that only its request reveals: it has no known shape."""

SHAPE = "sk-proj-7QzXw7KvJ9pYhWgTqZ3mN8bVc7QzXw7KvJ9pYhWgTqZ3mN8bVc"


def escaped(text: str, which: Callable[[str], bool] = lambda char: not char.isalnum(), form: str = "\\u{:04x}") -> str:
    return "".join(form.format(ord(char)) if which(char) else char for char in text)


def every(_: str) -> bool:
    return True


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SPELLINGS: dict[str, Callable[[str], str]] = {
    ".NET": lambda key: key.replace("+", "\\u002B").replace("&", "\\u0026"),
    "Go": lambda key: key.replace("&", "\\u0026").replace("<", "\\u003c"),
    "Gson": lambda key: key.replace("=", "\\u003d").replace("+", "\\u002b"),
    "PHP": lambda key: key.replace("/", "\\/"),
    "PHP and .NET": lambda key: key.replace("/", "\\/").replace("+", "\\u002B"),
    "all signs": escaped,
    "upper case": lambda key: escaped(key, form="\\u{:04X}"),
    "all letters": lambda key: escaped(key, every),
    "the first letters": lambda key: escaped(key[:2], every) + key[2:],
    "the last letter": lambda key: key[:-1] + escaped(key[-1], every),
    "JSON within JSON": lambda key: escaped(key).replace("\\", "\\\\"),
    "JSON within JSON within JSON": lambda key: escaped(key, every).replace("\\", "\\\\\\\\"),
    "a URL": lambda key: quote(key, safe=""),
    "a URL in lower case": lambda key: re.sub("%..", lambda sign: sign[0].lower(), quote(key, safe="")),
    "a URL, all letters": lambda key: escaped(key, every, "%{:02x}"),
    "a URL, some letters": lambda key: escaped(key, lambda char: char in "kKcCeE3", "%{:02X}"),
    "a URL in a URL": lambda key: quote(quote(key, safe=""), safe=""),
    "a URL in JSON": lambda key: quote(key, safe="").replace("%", "\\u0025"),
    "HTML": lambda key: escaped(key, form="&#{};"),
    "HTML, in hexadecimal": lambda key: escaped(key, form="&#x{:X};"),
    "JavaScript": lambda key: escaped(key, form="\\\\x{:02x}"),
    "behind Bearer%20": lambda key: f"Bearer%20{key}",
    "behind api_key%3D": lambda key: f"api_key%3D{key}",
    "behind a letter": lambda key: f"key{key}",
    "behind a digit": lambda key: f"1{key}",
    "behind a hyphen": lambda key: f"key-{key}",
    "behind an escape": lambda key: f"key:\\n{key}",
    "in colour": lambda key: f"\\u001b[32m{key}\\u001b[0m",
    "with colour in it": lambda key: f"{key[:9]}\\u001B[1;31m{key[9:]}",
    "in colour, as one byte": lambda key: f"\\u009b32m{key}",
    "in colour, by its source": lambda key: f"\\\\x1b[32m{key}\\\\033[0m",
    "base64": in_base64,
    "base64 of Basic": lambda key: f"Basic {in_base64(f'user:{key}')}",
    "base64, one letter on": lambda key: in_base64(f"x{key} and more"),
    "base64 behind a path": lambda key: f"/v1/{in_base64(f'xy{key}')}",
    "base64 of URLs": lambda key: base64.urlsafe_b64encode(f"{key}??>>".encode()).decode(),
    "base64, escaped": lambda key: in_base64(f"u:{key}").replace("=", "\\u003d").replace("/", "\\/"),
    "base64 in a URL": lambda key: quote(in_base64(f"u:{key}"), safe=""),
    "base64 in base64": lambda key: in_base64(in_base64(f"u:{key}")),
    "two lines": lambda key: f"{key[:9]}\\n{key[9:]}",
    "two lines of a quotation": lambda key: f"{key[: len(key) // 2]}\\r\\n    {key[len(key) // 2 :]}",
    "four lines": lambda key: "\\n".join(re.findall(f".{{1,{-(-len(key) // 4)}}}", key)),
    "base64 on lines": lambda key: (
        base64.encodebytes(f"{'before it ' * 4}u:{key}{' and after it' * 9}".encode()).decode().replace("\n", "\\n")
    ),
}


def leak(body: bytes, key: str) -> str | None:
    """Six letters of a key in a body, in any of the spellings."""
    core = key.removeprefix("sk-proj-").encode()
    texts = [body]
    for _ in range(5):
        texts.append(re.sub(rb"\\u(....)|\\x(..)|\\(.)|%([0-9a-fA-F]{2})|&#(\d+);|&#x(.+?);", _read, texts[-1]))
    texts = [re.sub(rb"\x1b\[[\d;]*m|\s", b"", text) for text in texts]
    for text in texts:
        for run in re.findall(rb"[A-Za-z0-9+/_-]{8,}", text):
            for shift in range(4):
                letters = run[shift:].translate(bytes.maketrans(b"-_", b"+/"))
                texts.append(base64.b64decode(letters[: len(letters) // 4 * 4]))
    pieces = (core[at : at + 6] for at in range(len(core) - 5))
    return next((piece.decode() for piece in pieces for text in texts if piece in text), None)


def _read(match: re.Match[bytes]) -> bytes:
    unit, byte, letter, percent, number, digits = match.groups()
    if letter is not None:
        return {b"n": b"\n", b"r": b"\r"}.get(letter, letter)
    code = int(number) if number else int(unit or byte or percent or digits, 16)
    return chr(code).encode("utf-8", "surrogatepass")


def redactor(key: str) -> Redactor:
    return Redactor([key] if key == OWN else [])


@pytest.mark.parametrize("key", [OWN, SHAPE], ids=["own", "shape"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_is_cut_out_in_any_spelling_and_json_stays_json(spelling: str, key: str) -> None:
    content = f"keep {SPELLINGS[spelling](key)} it"
    body = f'{{"messages":[{{"role":"user","content":"{content}"}}],"n":1}}'.encode()
    assert json.loads(body)
    assert leak(body, key)

    kept = [
        redactor(key).request(Request("POST", URL, (), body)).body,
        redactor(key).reply(Reply(200, "OK", (), body)).body,
    ]
    event = b"data: " + body + b"\n\n"
    streamed = redactor(key).reply(Reply(200, "OK", (), event, (Chunk(len(event), 0.1),)), CHAT).body

    for written in (*kept, streamed.removeprefix(b"data: ")):
        assert leak(written, key) is None
        said = json.loads(written)["messages"][0]["content"]
        assert REDACTED in said
        assert said.startswith("keep ")
        assert said.endswith(" it")


@given(st.text("0123456789abcdefXYZ+/=&<>'-_ ", min_size=8, max_size=24), st.lists(st.integers(0, 4), max_size=24))
@example("dG9w+c2Vj/cmV0MTIz", [1] * 24)
def test_a_key_is_found_whichever_of_its_letters_are_escaped_and_how(key: str, ways: list[int]) -> None:
    forms = ["{}", "\\u{:04x}", "\\u{:04X}", "%{:02x}", "%{:02X}"]
    spelled = "".join(
        forms[way].format(ord(char) if way else char) for char, way in zip(key, ways + [0] * len(key), strict=False)
    )

    kept = Redactor([key]).request(Request("POST", URL, (), f'{{"content":"keep ({spelled}) it"}}'.encode())).body

    assert json.loads(kept) == {"content": f"keep ({REDACTED}) it"}


def test_a_key_with_escapes_of_its_own_is_found() -> None:
    for key in ("ab%41cd\\nef-12", "p%40ssw0rd-12", 'a"b\\\\c%2Fd-123'):
        for text in (key, json.dumps(key)[1:-1], quote(key, safe=""), json.dumps(json.dumps(key)[1:-1])[1:-1]):
            assert Redactor([key]).text(f"keep ({text}) it") == f"keep ({REDACTED}) it"


def test_a_key_with_a_blank_is_found_in_a_form() -> None:
    assert Redactor(["open sesame-42"]).text("q=1&p=open+sesame-42&x=2") == f"q=1&p={REDACTED}&x=2"


def test_the_colour_before_a_key_stays() -> None:
    assert Redactor([]).text(f"\x1b[32m{SHAPE}\x1b[0m") == f"\x1b[32m{REDACTED}\x1b[0m"


def test_what_is_escaped_beside_a_key_stays_as_it_is() -> None:
    body = b'{"a":"\\u003cb\\u003E \\u00e9 %20 c2VjcmV0IHRleHQgaGVyZSBvbmx5 ' + SHAPE.encode() + b' \\u0026"}'

    assert Redactor([]).request(Request("POST", URL, (), body)).body == body.replace(SHAPE.encode(), REDACTED.encode())


@pytest.mark.parametrize(
    "text",
    [
        "https://h/a%20b?x=%7B%22y%22%3A1%7D",
        "\\u0022quoted\\u0022 by .NET \\u0026 Go \\u003c",
        "&#39;HTML&#x27; &amp; more",
        "\\u001b[32mgreen\\u001b[0m",
        "\\/v1\\/chat\\/completions",
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        in_base64("Hello, this is a long text without any key in it, and it goes on for more than a line of mail."),
    ],
)
def test_escapes_that_hide_nothing_change_nothing(text: str) -> None:
    body = f'{{"content":"{text}"}}'.encode()

    assert Redactor([OWN]).request(Request("POST", URL, (), body)).body == body


def test_a_text_that_is_escaped_again_and_again_is_read_six_times() -> None:
    text = escaped("a", every)
    for _ in range(9):
        text = json.dumps(text)[1:-1]

    assert Redactor([OWN]).text(f"{text} {OWN}") == f"{text} {REDACTED}"
