"""How a scalar is written: plain where that is safe, in double quotes otherwise, in its block where it had one."""

from __future__ import annotations

import json
import re
from typing import Final

from etl.mapping.formatter.layout import Node
from etl.mapping.language.document import AMBIGUOUS

_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*\Z")
_NULL: Final = {"", "~", "null"}
_UNSAFE_IN_FLOW: Final = re.compile(r"[,?\[\]{}]|\A:|:\Z")
_UNPRINTABLE: Final = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def scalar_text(node: Node, *, in_flow: bool, is_key: bool = False) -> str | None:
    """Return a scalar on one line; None if it is a block scalar that stays one.

    Quotes stay, in one form, unless the text is a single word that cannot be taken for anything else.
    """
    text = node.text
    if node.style is None:
        if text in _NULL:
            return "null"
        return _quoted(text) if "\n" in text or (in_flow and _UNSAFE_IN_FLOW.search(text)) else text
    if _WORD.match(text) and not AMBIGUOUS.match(text):
        return text
    if is_block(node):
        return _quoted(text) if is_key else None
    if "\n" in node.raw or _UNPRINTABLE.search(node.raw):
        return _quoted(text)
    return node.raw if node.style == '"' or '"' in text or "\\" in text else _quoted(text)


def scalar_lines(node: Node) -> list[str]:
    """Return a scalar that takes several lines: the first stands beside its key, the others are to be indented."""
    if node.style == "|":
        mark = "2" if node.text.lstrip("\n").startswith(" ") else ""
        end = "" if node.text.endswith("\n") else "-"
        return [f"|{mark}{end}", *node.text.removesuffix("\n").split("\n")]
    if node.style == ">":
        lines = node.raw.split("\n")[1:]
        while not lines[-1].strip(" "):
            lines.pop()
        depth = next(len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" "))
        return [">" if node.text.endswith("\n") else ">-", *(line[depth:] for line in lines)]
    first, *rest = node.raw.split("\n")
    return [_without_trailing_blanks(line) for line in (first, *(line.lstrip(" \t") for line in rest))]


def is_block(node: Node) -> bool:
    """Return whether a scalar stays a block scalar: not with an odd end, an odd start, or odd characters."""
    text, header = node.text, node.raw.partition("\n")[0].partition("#")[0]
    if node.style not in {"|", ">"} or not text.strip() or text.endswith("\n\n") or "+" in header:
        return False
    if _UNPRINTABLE.search(text.replace("\n", "").replace("\t", "")):
        return False
    return node.style == "|" or not any(letter.isdigit() for letter in header)


def _without_trailing_blanks(line: str) -> str:
    stripped = line.rstrip(" \t")
    return line if stripped.endswith("\\") else stripped  # that blank is escaped


def _quoted(text: str) -> str:
    return _UNPRINTABLE.sub(lambda match: _escape(match.group()), json.dumps(text, ensure_ascii=False))


def _escape(letter: str) -> str:
    code = ord(letter)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"  # noqa: PLR2004 - what two hexadecimal digits hold
