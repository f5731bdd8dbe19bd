"""A page as one HTML file that needs nothing else. Every text of a mapping is escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib import resources
from typing import assert_never

from etl.page.diagram import svg
from etl.page.model import (
    Block,
    Bullets,
    Code,
    Diagram,
    Heading,
    Inline,
    Page,
    Paragraph,
    Records,
    Reference,
    Row,
    Section,
    Table,
    visible,
)


def render(page: Page) -> str:
    """Return a page as an HTML document that ends with a line end."""
    style = resources.files("etl.page").joinpath("page.css").read_text("utf-8")
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            f"<title>{_escaped(page.title)}</title>",
            f"<style>\n{style}</style>",
            "</head>",
            "<body>",
            "<main>",
            *_body(page),
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _body(page: Page) -> Iterator[str]:
    yield f"<h1>{_escaped(page.title)}</h1>"
    yield from map(_block, page.lead)
    links = (f'<li><a href="#{_anchor(section)}">{_escaped(section.title)}</a></li>' for section in page.sections)
    yield f'<nav aria-label="Contents"><ul>{"".join(links)}</ul></nav>'
    for section in page.sections:
        yield f'<section aria-labelledby="{_anchor(section)}">'
        yield f'<h2 id="{_anchor(section)}">{_escaped(section.title)}</h2>'
        yield from map(_block, section.blocks)
        yield "</section>"
    yield f"<footer><p>{_inline(page.note)}</p></footer>"


def _anchor(section: Section) -> str:
    return "-".join(section.title.lower().split())


def _escaped(text: str) -> str:
    return escape(visible(text))


def _inline(text: Inline) -> str:
    return "".join(map(_piece, text))


def _piece(piece: str | Code | Reference) -> str:
    match piece:
        case str():
            return _escaped(piece)
        case Code():
            return f"<code>{_escaped(piece.text)}</code>"
        case Reference():
            return f'<a href="#table-{piece.table}">table {piece.table}</a>'
        case _:
            assert_never(piece)


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return f"<p>{_inline(block.text)}</p>"
        case Heading():
            return _heading(block)
        case Bullets():
            return f"<ul>{''.join(f'<li>{_inline(item)}</li>' for item in block.items)}</ul>"
        case Table():
            return "\n".join(_table(block))
        case Records():
            return "\n".join(_records(block))
        case Diagram():
            return f'<figure class="diagram">\n{svg(block)}\n</figure>'
        case _:
            assert_never(block)


def _heading(heading: Heading) -> str:
    if heading.table is None:
        return f"<h3>{_inline(heading.text)}</h3>"
    return f'<h3 id="table-{heading.table}">Table {heading.table}: {_inline(heading.text)}</h3>'


def _table(table: Table) -> Iterator[str]:
    yield '<div class="table"><table>'
    cells = (f'<th context="col">{_inline(cell)}</th>' if cell != ("",) else "<td></td>" for cell in table.header)
    yield f"<thead><tr>{''.join(cells)}</tr></thead>"
    yield "<tbody>"
    yield from map(_row, table.rows)
    yield "</tbody>"
    yield "</table></div>"


def _row(row: Row) -> str:
    first, *others = map(_inline, row.cells)
    indent = f' style="padding-left: {row.depth * 1.5 + 0.6}rem"' if row.depth else ""
    return f"<tr><td{indent}>{first}</td>{''.join(f'<td>{cell}</td>' for cell in others)}</tr>"


def _records(block: Records) -> Iterator[str]:
    yield '<div class="records">'
    for name, text in block.records:
        yield f"<figure><figcaption>{_escaped(name)}</figcaption><pre><code>{_escaped(text)}</code></pre></figure>"
    yield "</div>"
