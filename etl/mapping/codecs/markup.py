"""`html`: text that has markup and entities outside."""

from __future__ import annotations

import re
from typing import Any, Final

from etl.mapping.codecs.codec import Codec, CodecError, CodecKind, Example, Loss, Refusal, text_of
from etl.mapping.terms import Side
from etl.record import shown

_BLOCKS: Final = frozenset(
    {"address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl", "dt"}
    | {"fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html"}
    | {
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
    }
    | {"tr", "ul"}
)
_CELLS: Final = frozenset({"td", "th"})
_UNSEEN: Final = frozenset({"head", "script", "style", "template", "title"})
_BLANKS: Final = re.compile(r"[ \t\n\r\f]+")
_ESCAPED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\t": "&#9;", "\r": "&#13;", "\f": "&#12;"}
_SPECIAL: Final = re.compile(r"[&<>\t\r\f]|(?<= ) |\A | \Z")
_LINES: Final = ("br", "p")


def _html(lines: Any = "br") -> Codec:
    if lines not in _LINES:
        raise CodecError(
            f"lines is br or p, not {shown(lines)}", "write br for <br> between lines, or p for paragraphs"
        )

    return Codec(
        lambda value: read_markup(text_of(value)),
        lambda value: _written(text_of(value), lines),
        makes="string",
        losses=(Loss(Side.OUTSIDE, "its markup"),),
        alike=lambda value: (f"<b>{value}</b>", f"{value}<!-- -->") if isinstance(value, str) else (),
    )


def read_markup(text: str) -> str:
    """Return the text that a browser shows of markup; only blanks that stand as character references are kept all."""
    from html.parser import HTMLParser  # noqa: PLC0415 - slow to import, and few mappings read markup

    lines = _Lines()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:
            del attrs
            lines.begin(tag)

        def handle_endtag(self, tag: str) -> None:
            lines.end(tag)

        def handle_data(self, data: str) -> None:
            lines.text(data)

        def handle_entityref(self, name: str) -> None:
            lines.reference(f"&{name};")

        def handle_charref(self, name: str) -> None:
            lines.reference(f"&#{name};")

    reader = Reader(convert_charrefs=False)
    reader.feed(text)
    reader.close()
    return lines.done()


class _Lines:
    """The lines of a text, as its markup is met."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._open = [""]
        self._is_begun = False
        self._pending = False
        self._hidden = 0

    def begin(self, tag: str) -> None:
        """Meet the beginning of an element."""
        if tag in _UNSEEN:
            self._hidden += 1
        elif tag == "br":
            self._open.append("")
            self._is_begun, self._pending = True, False
        elif tag in _BLOCKS:
            self._close()
        elif tag in _CELLS:
            self._pending = True

    def end(self, tag: str) -> None:
        """Meet the end of an element."""
        if tag in _UNSEEN:
            self._hidden = max(self._hidden - 1, 0)
        elif tag in _BLOCKS:
            self._close()

    def text(self, data: str) -> None:
        """Meet text, in which any blanks stand for one."""
        for index, word in enumerate(_BLANKS.split(data)):
            self._pending = self._pending or index > 0
            if word:
                self._add(word)

    def reference(self, said: str) -> None:
        """Meet a reference to a character."""
        from html import unescape  # noqa: PLC0415 - as above

        self._add(unescape(said))

    def done(self) -> str:
        """Return the text."""
        if self._is_begun:
            self._lines += self._open
        return "\n".join(self._lines)

    def _add(self, text: str) -> None:
        if self._hidden:
            return
        blank = " " if self._pending and self._open[-1] else ""
        self._open[-1] += blank + text
        self._is_begun, self._pending = True, False

    def _close(self) -> None:
        """End a block: its lines are done, and a line end just before that shows nothing."""
        if self._is_begun:
            self._lines += self._open[:-1] if len(self._open) > 1 and not self._open[-1] else self._open
        self._open, self._is_begun, self._pending = [""], False, False


def _written(text: str, lines: str) -> str:
    escaped = [_SPECIAL.sub(lambda found: _ESCAPED.get(found[0], "&#32;"), line) for line in text.split("\n")]
    if lines == "br" or not text:
        return "<br>".join(escaped)
    return "".join(f"<p>{line or '<br>'}</p>" for line in escaped)


_PARAGRAPHS: Final = {"lines": "p"}
KINDS: Final = (
    CodecKind(
        name="html",
        make=_html,
        outside="text with markup and entities",
        inside="text",
        words="text: with markup and entities in {outside}, plain in {inside}",
        examples=(
            Example("Pump &amp; motor", "Pump & motor"),
            Example("1 &lt; 2<br>a", "1 < 2\na"),
            Example(
                "<p>The <b>pump</b>\n leaks.</p><ul><li>oil</li></ul>", "The pump leaks.\noil", "The pump leaks.<br>oil"
            ),
            Example("", ""),
            Example("<p>Pump</p><p><br></p><p>motor</p>", "Pump\n\nmotor", options=_PARAGRAPHS),
            Example("a<br>b", "a\nb", "<p>a</p><p>b</p>", _PARAGRAPHS),
        ),
        refused=(
            Refusal(7, "expected text"),
            Refusal(True, "expected text", Side.OUTSIDE),
        ),
        options={"lines": "how lines are written: `br`, with `<br>` between them, or `p`, each as a paragraph"},
    ),
)
