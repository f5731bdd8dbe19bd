"""Charts as SVG that takes the width it is given, beside numbers as text; a style sheet colours it by classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from etl.page.escaping import escaped
from etl.page.model import TONES, Bars, Column, Columns, Part, Row, Table, Tiles

_WIDTH: Final = 1000
_HEIGHT: Final = 120
_WIDEST: Final = 40
_LEAST: Final = 2.0
"""A part that is there is seen, however small its share."""


def tone(name: str) -> str:
    """Return the class of a part."""
    return f"tone-{name}" if name in TONES else "tone-other"


def bar(parts: Sequence[Part], most: float) -> str:
    """Return a bar whose parts stand beside one another. most: what is as long as the bar can be."""
    places = "".join(_across(parts, most or 1))
    return (
        f'<svg class="bar" viewBox="0 0 {_WIDTH} 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f"{places}</svg>"
    )


def _across(parts: Iterable[Part], most: float) -> Iterator[str]:
    at = 0.0
    for part in parts:
        if part.count:
            wide = max(part.count / most * _WIDTH, _LEAST)
            yield (
                f'<rect class="{tone(part.name)}" x="{at:.1f}" y="0" width="{wide:.1f}" height="10">'
                f"<title>{escaped(f'{part.name}: {number(part.count)}')}</title></rect>"
            )
            at += wide


def columns(chart: Columns) -> str:
    """Return columns as a figure with its scale, and with what every column says for who does not see them."""
    most = max((sum(part.count for part in one.parts) for one in chart.columns), default=0)
    wide = min(_WIDTH / max(len(chart.columns), 1), _WIDEST)
    drawn = "".join(
        shape for index, one in enumerate(chart.columns) for shape in _upwards(one, index * wide, wide, most or 1)
    )
    total = wide * len(chart.columns)
    first, last = chart.columns[0].label, chart.columns[-1].label
    said = f"{chart.caption}: {len(chart.columns)} columns, from {first} to {last}; the most is {number(most)}"
    return (
        f'<figure class="columns"><figcaption>{escaped(chart.caption)}'
        f" <span>up to {number(most)} {escaped(chart.unit)}</span></figcaption>"
        f'<svg viewBox="0 0 {total:.0f} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escaped(said)}">{drawn}</svg>'
        f'<p class="scale"><span>{escaped(first)}</span><span>{escaped(last)}</span></p>'
        f"{legend(part for one in chart.columns for part in one.parts)}"
        "</figure>"
    )


def _upwards(one: Column, left: float, wide: float, most: float) -> Iterator[str]:
    """Yield the parts of a column, the last one at the top, over which its numbers are shown."""
    below = float(_HEIGHT)
    yield f"<g><title>{escaped(f'{one.label}: {one.said}')}</title>"
    yield f'<rect class="tone-room" x="{left + 1:.1f}" y="0" width="{wide - 2:.1f}" height="{_HEIGHT}"/>'
    for part in one.parts:
        if part.count:
            high = max(part.count / most * _HEIGHT, _LEAST)
            below -= high
            yield (
                f'<rect class="{tone(part.name)}" x="{left + 1:.1f}" y="{max(below, 0):.1f}" '
                f'width="{wide - 2:.1f}" height="{high:.1f}"/>'
            )
    yield "</g>"


def legend(parts: Iterable[Part]) -> str:
    """Return which colour stands for what, where several do."""
    there = {part.name for part in parts if part.count}
    names = [name for name in TONES if name in there]
    if len(names) <= 1:
        return ""
    swatch = '<svg viewBox="0 0 1 1" aria-hidden="true" focusable="false"><rect class="{}" width="1" height="1"/></svg>'
    return f'<ul class="legend">{"".join(f"<li>{swatch.format(tone(name))}{name}</li>" for name in names)}</ul>'


def number(count: float) -> str:
    """Return a number for people: 12,345, or 0.5."""
    return f"{count:,.0f}" if count == int(count) else f"{count:,.1f}"


def as_table(block: Tiles | Bars | Columns) -> Table:
    """Return what a chart says as a table."""
    match block:
        case Tiles():
            rows = [Row(((one.label,), (one.value,), (one.note,))) for one in block.tiles]
            return Table((("",), ("",), ("",)), tuple(rows))
        case Bars():
            return Table(
                ((block.header[0],), (block.header[2],)), tuple(Row((one.label, one.said)) for one in block.bars)
            )
        case Columns():
            return Table(
                ((block.caption,), (block.unit,)), tuple(Row(((one.label,), (one.said,))) for one in block.columns)
            )
