"""A page as Markdown, as GitHub reads it. No text of a mapping can become markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, assert_never

from etl.page.charts import as_table
from etl.page.diagram import mermaid
from etl.page.model import (
    Bars,
    Block,
    Bullets,
    Code,
    Columns,
    Diagram,
    Heading,
    Inline,
    Link,
    Page,
    Paragraph,
    Records,
    Reference,
    Row,
    Table,
    Tiles,
    visible,
)

_SPECIAL: Final = re.compile(r"[\\`*\[\]<>#|~&$@]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|(?<=:)/|^[-+]|^=|(?<=^[0-9])[.)]")
_UNSAFE: Final = re.compile(r"[`|<>&\\\n]|^ | $|^$")


def render(page: Page) -> str:
    """Return a page as Markdown that ends with a line end."""
    parts = [f"# {escape(page.title)}", *map(_block, page.lead)]
    for section in page.sections:
        parts += [f"## {escape(section.title)}", *map(_block, section.blocks)]
    return "\n\n".join([*parts, "---", _inline(page.note)]) + "\n"


def escape(text: str) -> str:
    """Return text that Markdown shows as it is, in one line, anywhere.

    What could become markup is written as a character reference, which never is, in HTML or in a table.
    """
    return _SPECIAL.sub(lambda match: _reference(match[0]), " ".join(visible(text).split()))


def _reference(character: str) -> str:
    names = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
    return names.get(character, f"&#{ord(character)};")


def _inline(text: Inline) -> str:
    return "".join(map(_piece, text))


def _piece(piece: str | Code | Reference | Link) -> str:
    match piece:
        case str():
            edges = piece[: len(piece) - len(piece.lstrip())], piece[len(piece.rstrip()) :]
            return " " if piece.isspace() else f"{edges[0] and ' '}{escape(piece)}{edges[1] and ' '}"
        case Code():
            text = visible(piece.text)
            return f"<code>{escape(text)}</code>" if _UNSAFE.search(text) else f"`{text}`"
        case Reference():
            return f"table {piece.table}"
        case Link():
            return escape(piece.text)
        case _:
            assert_never(piece)


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return _inline(block.text)
        case Heading():
            return f"### {'' if block.table is None else f'Table {block.table}: '}{_inline(block.text)}"
        case Bullets():
            return "\n".join(f"- {_inline(item)}" for item in block.items)
        case Table():
            rule = "|" + "---|" * len(block.header)
            return "\n".join([_row(Row(block.header)), rule, *map(_row, block.rows)])
        case Records():
            return "\n\n".join(_records(block))
        case Diagram():
            return _fenced("mermaid", mermaid(block))
        case Tiles() | Bars() | Columns():
            return _block(as_table(block))
        case _:
            assert_never(block)


def _row(row: Row) -> str:
    indent = "&emsp;" * row.depth
    first, *others = map(_inline, row.cells)
    return f"| {' | '.join([f'{indent}{first}', *others])} |"


def _records(block: Records) -> Iterator[str]:
    for name, text in block.records:
        yield f"{escape(name)}:"
        yield _fenced("json", visible(text))


def _fenced(language: str, text: str) -> str:
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
