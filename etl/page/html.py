"""A page as one HTML file that needs nothing else. Every text of a mapping is escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from typing import Final, assert_never

from etl.page.charts import bar, columns, legend, tone
from etl.page.diagram import legend as of_lines
from etl.page.diagram import svg
from etl.page.escaping import escaped
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
    Section,
    Table,
    Tile,
    Tiles,
)

_DEEPEST: Final = 6
"""How deep a list is shown in others."""


def render(page: Page, made: str = "") -> str:
    """Return a page as an HTML document that ends with a line end. made: when, and of what."""
    style, script = f"\n{style_sheet()}", f"\n{_resource('search.js')}" if page.searchable else ""
    scripts = f"script-src {_digest(script)}; " if script else ""
    policy = f"default-src 'none'; style-src {_digest(style)}; {scripts}base-uri 'none'; form-action 'none'"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            f"<title>{escaped(page.title)}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            "<main>",
            *_body(page, made),
            "</main>",
            *([f"<script>{script}</script>"] if script else []),
            "</body>",
            "</html>",
            "",
        ]
    )


def style_sheet() -> str:
    """Return the style sheet of every page."""
    return _resource("page.css")


def _resource(name: str) -> str:
    return resources.files("etl.page").joinpath(name).read_text("utf-8")


def _digest(text: str) -> str:
    """Return what a policy calls a text that stands in the page itself."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def blocks(made: Iterable[Block]) -> str:
    """Return blocks as HTML that can stand in any page with that style sheet."""
    return "\n".join(map(_block, made))


def _body(page: Page, made: str) -> Iterator[str]:
    yield f"<h1>{escaped(page.title)}</h1>"
    if made:
        yield f'<p class="made">{escaped(made)}</p>'
    yield from map(_block, page.lead)
    links = (f'<li><a href="#{anchor(section)}">{escaped(section.title)}</a></li>' for section in page.sections)
    yield f'<nav aria-label="Contents"><ul>{"".join(links)}</ul></nav>'
    for section in page.sections:
        yield f'<section aria-labelledby="{anchor(section)}">'
        yield f'<h2 id="{anchor(section)}">{escaped(section.title)}</h2>'
        yield from map(_block, section.blocks)
        yield "</section>"
    yield f"<footer><p>{inline(page.note)}</p></footer>"


def anchor(section: Section) -> str:
    """Return the name of a section's place on its page."""
    return "-".join(section.title.lower().split())


def inline(text: Inline) -> str:
    """Return one run of text as HTML."""
    return "".join(map(_piece, text))


def _piece(piece: str | Code | Reference | Link) -> str:
    match piece:
        case str():
            return escaped(piece)
        case Code():
            return f"<code>{escaped(piece.text)}</code>"
        case Reference():
            return f'<a href="#table-{piece.table}">table {piece.table}</a>'
        case Link():
            return f'<a href="{escaped(piece.target)}">{escaped(piece.text)}</a>'
        case _:
            assert_never(piece)


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return f"<p>{inline(block.text)}</p>"
        case Heading():
            return _heading(block)
        case Bullets():
            return f"<ul>{''.join(f'<li>{inline(item)}</li>' for item in block.items)}</ul>"
        case Table():
            return "\n".join(_table(block))
        case Records():
            return "\n".join(_records(block))
        case Diagram():
            return f'<figure class="diagram">\n{svg(block)}\n</figure>\n{of_lines(block)}'
        case Tiles() | Bars() | Columns():
            return _chart(block)
        case _:
            assert_never(block)


def _chart(block: Tiles | Bars | Columns) -> str:
    match block:
        case Tiles():
            return f'<dl class="tiles">{"".join(map(_tile, block.tiles))}</dl>'
        case Bars():
            return "\n".join(_bars(block))
        case Columns():
            return columns(block)


def _heading(heading: Heading) -> str:
    if heading.table is None:
        return f"<h3>{inline(heading.text)}</h3>"
    return f'<h3 id="table-{heading.table}">Table {heading.table}: {inline(heading.text)}</h3>'


def _table(table: Table) -> Iterator[str]:
    yield '<div class="table"><table>'
    cells = (f'<th scope="col">{inline(cell)}</th>' if cell != ("",) else "<td></td>" for cell in table.header)
    yield f"<thead><tr>{''.join(cells)}</tr></thead>"
    yield "<tbody>"
    labels = ["".join(_plain(piece) for piece in cell) for cell in table.header]
    yield from (_row(row, labels) for row in table.rows)
    yield "</tbody>"
    yield "</table></div>"


def _row(row: Row, labels: Sequence[str]) -> str:
    """Return a line of a table, whose cells say what they are where the header has no room."""
    cells = "".join(f"<td{_label(label)}>{inline(cell)}</td>" for label, cell in zip(labels, row.cells, strict=True))
    indent = f'<td class="depth-{min(row.depth, _DEEPEST)}"' if row.depth else "<td"
    place = f' id="{row.anchor}"' if row.anchor else ""
    return f"<tr{place}>{cells.replace('<td', indent, 1)}</tr>"


def _label(text: str) -> str:
    return f' data-label="{escaped(text)}"' if text else ""


def _plain(piece: str | Code | Reference | Link) -> str:
    return piece if isinstance(piece, str) else f"table {piece.table}" if isinstance(piece, Reference) else piece.text


def _tile(tile: Tile) -> str:
    note = f"<dd>{escaped(tile.note)}</dd>" if tile.note else ""
    look = f' class="{tone(tile.tone)}"' if tile.tone else ""
    return f"<div{look}><dt>{escaped(tile.label)}</dt><dd>{escaped(tile.value)}</dd>{note}</div>"


def _bars(chart: Bars) -> Iterator[str]:
    """Yield a table with a bar in each line: what it says stands beside it as text."""
    most = max((sum(part.count for part in one.parts) for one in chart.bars), default=0)
    yield '<div class="table"><table class="bars">'
    cells = (f'<th scope="col">{escaped(cell)}</th>' for cell in chart.header)
    yield f"<thead><tr>{''.join(cells)}</tr></thead><tbody>"
    for one in chart.bars:
        label, said = inline(one.label), inline(one.said)
        yield f'<tr><th scope="row">{label}</th><td class="drawn">{bar(one.parts, most)}</td><td>{said}</td></tr>'
    yield "</tbody></table></div>"
    yield legend(part for one in chart.bars for part in one.parts)


def _records(block: Records) -> Iterator[str]:
    yield '<div class="records">'
    for name, text in block.records:
        yield f"<figure><figcaption>{escaped(name)}</figcaption><pre><code>{escaped(text)}</code></pre></figure>"
    yield "</div>"
