"""A terminal as a picture: what a run printed, with its colours, as SVG, and the text that can be read in a picture."""

from __future__ import annotations

import html
import io
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.terminal_theme import TerminalTheme
    from rich.text import Text

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

_CELL, _LINE = 12.2, 24.4
"""The width of a character and the height of a line in rich's SVG, in units of the picture."""

# rich's own format loads a font from another host, and shows a window's buttons.
_FORMAT = """\
<svg width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font: {char_height}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}}
{styles}
</style>
<defs>
{lines}
</defs>
<rect x="1" y="1" width="100%" height="100%" fill="GROUND"/>
<g transform="translate(20, 24)">
<g class="{unique_id}-matrix">
{backgrounds}{matrix}
</g>
</g>
</svg>
"""

_TEXT = re.compile(r'<text class="[^"]*" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>')

# rich has the end of a line in the picture as one more text.
_LINE_END = re.compile(r"<text [^>]*>\n</text>")

_GROUNDS = {"light": (246, 248, 250), "dark": (13, 17, 23)}
_PLAIN = {"light": (31, 35, 40), "dark": (230, 237, 243)}
# Black, red, green, yellow, blue, magenta, cyan, white, each with a contrast of 4.5 at least on its ground.
_COLOURS = {
    "light": [
        *((31, 35, 40), (190, 18, 35), (17, 99, 41), (122, 78, 0)),
        *((9, 80, 188), (118, 50, 180), (14, 100, 110), (80, 88, 98)),
    ],
    "dark": [
        *((139, 148, 158), (255, 123, 114), (86, 211, 100), (227, 179, 65)),
        *((121, 192, 255), (210, 168, 255), (86, 212, 221), (230, 237, 243)),
    ],
}


def _theme(scheme: Scheme) -> TerminalTheme:
    from rich.terminal_theme import TerminalTheme

    return TerminalTheme(_GROUNDS[scheme], _PLAIN[scheme], _COLOURS[scheme])


def _folded(printed: str, columns: int) -> list[Text]:
    """Lines as a terminal shows them: one that is too long goes on in the next."""
    # Imported here, because the manual's pages are made without it.
    from rich.ansi import AnsiDecoder

    folded: list[Text] = []
    for line in AnsiDecoder().decode(printed.rstrip("\n")):
        folded += line.divide(range(columns, len(line), columns))
    return folded


def text_of(printed: str, columns: int) -> list[str]:
    """The lines that a terminal with that many columns shows, without colours."""
    return [line.plain.rstrip() for line in _folded(printed, columns)]


def svg(printed: str, columns: int, scheme: Scheme) -> str:
    """The picture of what was printed, with the escape sequences of its colours, in the scheme `light` or `dark`."""
    from rich.console import Console

    # One column more: the margin at the right.
    console = Console(record=True, width=columns + 2, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in _folded(printed, columns):
        console.print(line, no_wrap=True, highlight=False)
    ground = "#{:02x}{:02x}{:02x}".format(*_GROUNDS[scheme])
    code_format = _FORMAT.replace("GROUND", ground)
    picture = console.export_svg(theme=_theme(scheme), code_format=code_format, unique_id="t")
    return re.sub(r"(?m)^ +", "", _LINE_END.sub("", picture).replace("</text><text", "</text>\n<text"))


def text_in(picture: str) -> list[str]:
    """The lines that can be read in a picture that `svg` made."""
    lines: dict[int, str] = defaultdict(str)
    for x, y, text in _TEXT.findall(picture):
        number = int(float(y) / _LINE)
        words = html.unescape(text).replace("\xa0", " ")
        lines[number] = lines[number].ljust(round(float(x) / _CELL)) + words
    return [lines[number].rstrip() for number in range(max(lines) + 1)]
