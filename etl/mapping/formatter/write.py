"""Writes a layout as text: what fits on one line stands on one, neighbouring lines have their keys in columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

from etl.mapping.formatter.layout import Entry, Node
from etl.mapping.formatter.quotes import is_block, scalar_lines, scalar_text

WIDTH: Final = 120
"""A collection on one line has at most this many characters, without its comment."""

_COMMENT_COLUMNS: Final = (80, 100)
"""Comments at the ends of lines are aligned up to one of these columns; a long line does not push the others."""

_OPEN: Final = {"root", "outside", "inside", "rules", "table", "examples", "example"}
"""What is never on one line."""

_TABLES: Final = {"table", "rules"}


class Cell(NamedTuple):
    """A key and its value in a line with braces; text holds both."""

    key: str
    text: str


@dataclass(slots=True)
class Line:
    """A line to write. column: where the comment was."""

    code: str
    comment: str = ""
    column: int = 0


def write_layout(root: Node) -> str:
    """Return the text of a layout, whose keys are in order already."""
    lines = [Line(text) for text in _without_leading_blank(root.head)]
    was_long = False
    for index, entry in enumerate(root.entries):
        pair = _pair(entry, 0)
        is_long = sum(not line.code.startswith("#") for line in pair) > 1
        above = _without_leading_blank(entry.above)
        if index and (was_long or is_long or above != entry.above):
            lines.append(Line(""))
        lines += [*map(Line, above), *pair]
        was_long = is_long
    lines += map(Line, root.tail)
    return "".join(f"{line}\n" for line in _with_comments(lines))


def _with_comments(lines: Sequence[Line]) -> Iterator[str]:
    """Join code and comments: comments on lines that follow one another start where the first of them does."""
    for commented, group in groupby(lines, key=lambda line: bool(line.comment)):
        run = list(group)
        if not commented:
            yield from (line.code for line in run)
            continue
        columns = {limit: _comment_column(run, limit) for limit in map(_comment_limit, run)}
        yield from (line.code.ljust(columns[_comment_limit(line)]) + line.comment for line in run)


def _comment_limit(line: Line) -> int:
    return next((limit for limit in _COMMENT_COLUMNS if len(line.code) + 2 <= limit), 0)


def _comment_column(run: Sequence[Line], limit: int) -> int:
    lines = [line for line in run if _comment_limit(line) == limit]
    wanted = lines[0].column if lines[0].column <= limit else 0
    return max([wanted, *(len(line.code) + 2 for line in lines)])


def _block(node: Node, indent: int) -> list[Line]:
    lines: list[Line] = []
    rows = _rows(node, indent)
    for index, entry in enumerate(node.entries):
        above = entry.above if index else _without_leading_blank(entry.above)
        lines += _own_lines(above, indent)
        if rows[index]:
            lines += _beside(entry, [Line(" " * indent + f"- {_anchor(entry.value)}{rows[index]}")], indent)
        else:
            lines += _pair(entry, indent) if entry.key else _element(entry, indent)
    return lines + _own_lines(node.tail, indent)


def _pair(entry: Entry, indent: int) -> list[Line]:
    head = " " * indent + _key_text(entry.key) + ":"
    return _beside(entry, _value(entry.value, head, indent), indent)


def _element(entry: Entry, indent: int) -> list[Line]:
    value, head = entry.value, " " * indent + "-"
    if not value.entries or value.anchor or _on_line(value, len(head) + 1) is not None:
        return _beside(entry, _value(value, head, indent), indent)
    body = _block(value, indent + 2)
    first = next(index for index, line in enumerate(body) if line.code.strip(" ")[:1] not in {"", "#"})
    above = _own_lines([line.code.strip() for line in body[:first]], indent)
    body[first].code = f"{head} {body[first].code.lstrip()}"
    return above + _beside(entry, body[first:], indent)


def _value(value: Node, head: str, indent: int) -> list[Line]:
    """Return a head such as `key:` with its value beside it or below it."""
    head += f" {_anchor(value)}".rstrip()
    text = _on_line(value, len(head) + 1)
    if text is not None:
        return [Line(f"{head} {text}")]
    if value.entries:
        return [Line(head), *_block(value, indent + 2)]
    first, *rest = scalar_lines(value)
    return [Line(f"{head} {first}"), *(Line(" " * (indent + 2) + line if line else "") for line in rest)]


def _on_line(value: Node, column: int) -> str | None:
    """Return a value as it stands on one line from a column on; None if it does not."""
    text = scalar_text(value, in_flow=False) if value.kind == "scalar" else _flow(value)
    if text is None or column + len(text) <= WIDTH:
        return text
    return None if value.entries or "\n" in value.raw else text


def _beside(entry: Entry, lines: list[Line], indent: int) -> list[Line]:
    """Give the first comment of an entry to its line; further ones go above it."""
    if not entry.beside:
        return lines
    scalar_ends = entry.value.kind == "scalar" and not is_block(entry.value)
    line = lines[-1 if scalar_ends else 0]
    comments = list(entry.beside)
    if not line.comment:
        line.comment, line.column = comments.pop(0)
    return _own_lines([comment for comment, _ in comments], indent) + lines


def _flow(node: Node) -> str | None:
    """Return a value in braces or brackets; None if it does not stand on one line."""
    if node.kind == "alias":
        return f"*{node.text}"
    if node.kind == "scalar":
        return scalar_text(node, in_flow=True)
    if not node.entries:
        return "{}" if node.kind == "map" else "[]"
    cells = _cells(node)
    if cells is None:
        return None
    inner = ", ".join(cell.text for cell in cells)
    return f"{{{inner}}}" if node.kind == "map" else f"[{inner}]"


def _cells(node: Node) -> list[Cell] | None:
    if node.role in _OPEN or node.tail or not (node.flow or _is_simple(node)):
        return None
    made = []
    for entry in node.entries:
        text = _flow(entry.value)
        if text is None or entry.has_comments() or entry.value.role in _TABLES:
            return None
        key = _key_text(entry.key, in_flow=True)
        prefix = f"{key}: " if entry.key else ""
        made.append(Cell(key, f"{prefix}{_anchor(entry.value)}{text}"))
    return made


def _is_simple(node: Node) -> bool:
    """Return whether this is a rule or a line of a table, written as a block, whose values are plain."""
    return node.role in {"rule", "line"} and all(
        entry.value.kind != "map" and (entry.value.flow or not entry.value.entries) for entry in node.entries
    )


def _rows(node: Node, indent: int) -> list[str | None]:
    """Return, of a list, the text of each element that is on one line with braces; None of the others."""
    made: list[str | None] = [None] * len(node.entries)
    if node.kind == "map":
        return made
    group: dict[int, list[Cell]] = {}
    for index, entry in enumerate(node.entries):
        room = WIDTH - indent - len(f"- {_anchor(entry.value)}{{}}")
        cells = _cells(entry.value) if entry.value.kind == "map" and entry.value.entries else None
        if cells is not None and len(", ".join(cell.text for cell in cells)) > room:
            cells = None
        if cells is None or "" in entry.above:
            _align(group, made, indent)
            group = {}
        if cells is not None:
            group[index] = cells
    _align(group, made, indent)
    return made


def _align(group: dict[int, list[Cell]], made: list[str | None], indent: int) -> None:
    """Put a group of neighbouring lines into columns; a line that would become too long stays as it is."""
    aligned = list(group)
    while True:
        texts = _padded([group[index] for index in aligned])
        short = [index for index, text in zip(aligned, texts, strict=True) if indent + len(text) + 4 <= WIDTH]
        if len(short) == len(aligned):
            break
        aligned = short
    for index, cells in group.items():
        made[index] = "{" + ", ".join(cell.text for cell in cells) + "}"
    for index, text in zip(aligned, texts, strict=True):
        made[index] = "{" + text + "}"


def _padded(rows: list[list[Cell]]) -> list[str]:
    """Join each row: all second keys start in one column, a later key with its equals on the lines that follow."""
    texts = [row[0].text for row in rows]
    for place in range(1, max(map(len, rows), default=0)):
        having = [index for index, row in enumerate(rows) if len(row) > place]
        runs = [having] if place == 1 else _runs(rows, place)
        for run in runs:
            width = max(len(texts[index]) for index in run) + 2
            for index in run:
                texts[index] = f"{texts[index]},".ljust(width) + rows[index][place].text
    return texts


def _runs(rows: list[list[Cell]], place: int) -> list[list[int]]:
    keys = [row[place].key if len(row) > place else "" for row in rows]
    return [list(run) for key, run in groupby(range(len(rows)), key=keys.__getitem__) if key]


def _own_lines(texts: Sequence[str], indent: int) -> list[Line]:
    return [Line(" " * indent + text if text else "") for text in texts]


def _without_leading_blank(above: list[str]) -> list[str]:
    return above[1:] if above[:1] == [""] else above


def _key_text(key: Node | None, *, in_flow: bool = False) -> str:
    if key is None:
        return ""
    if key.kind == "alias":
        return f"*{key.text} "
    return _anchor(key) + (scalar_text(key, in_flow=in_flow, is_key=True) or "")


def _anchor(node: Node) -> str:
    return f"&{node.anchor} " if node.anchor else ""
