"""What a page consists of. It knows no markup: each renderer escapes every text that it finds here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from etl.record import printable_json

TONES: Final = ("created", "updated", "unchanged", "superseded", "skipped", "rejected", "conflict")
"""What has a colour of its own: the outcomes of a record."""


@dataclass(frozen=True, slots=True)
class Code:
    """Text that stands in a record or in the mapping: a field, a value, an expression."""

    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A mention of a decision table, by its number."""

    table: int


@dataclass(frozen=True, slots=True)
class Link:
    """A mention of another page, or of a place on this one (`#place`)."""

    text: str
    target: str


Inline: TypeAlias = tuple[str | Code | Reference | Link, ...]
"""One run of text."""


class Arrow(Enum):
    """Which way a rule goes, with the outside system at the left."""

    BOTH = "⇄"
    INBOUND = "→"
    OUTBOUND = "←"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: Inline


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section. table: the decision table's number that follows."""

    text: Inline
    table: int | None = None


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of points."""

    items: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. depth: how many lists it stands in. anchor: the name of its place on the page."""

    cells: tuple[Inline, ...]
    depth: int = 0
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header."""

    header: tuple[Inline, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Records:
    """Records that belong together: each a system's name and JSON text."""

    records: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a diagram between two fields, by their index at either side. anchor: the place of its rule."""

    outside: int
    inside: int
    arrow: Arrow
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Diagram:
    """Fields of two systems in two columns, with lines between them."""

    outside_name: str
    inside_name: str
    outside: tuple[str, ...]
    inside: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """One fact that is seen first. tone: a name of `TONES`, "" for a plain one."""

    label: str
    value: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Tiles:
    """Facts in a row."""

    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar. name: what it counts, which is its tone too where it is one of `TONES`."""

    name: str
    count: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of parts. said: its numbers, in words."""

    label: Inline
    parts: tuple[Part, ...]
    said: Inline


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars under one another, on one scale. header: of their labels, of the bars, of the numbers."""

    header: tuple[str, str, str]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of parts. label: what it stands for. said: its numbers, in words."""

    label: str
    parts: tuple[Part, ...]
    said: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns beside one another, on one scale; `unit` says what of."""

    caption: str
    unit: str
    columns: tuple[Column, ...]


Block: TypeAlias = Paragraph | Heading | Bullets | Table | Records | Diagram | Tiles | Bars | Columns


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page under its own heading."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page.

    lead: what stands before the first section. note: what stands at its end. searchable: whether it is for looking
    things up.
    """

    title: str
    lead: tuple[Block, ...]
    sections: tuple[Section, ...]
    note: Inline
    searchable: bool = False


def visible(text: str) -> str:
    """Return text whose control and other invisible characters, but blanks and line ends, are spelt as in JSON."""
    return printable_json(text)
