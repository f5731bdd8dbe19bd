"""A diagram of fields, as a Mermaid flowchart and as SVG: two columns with lines between them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Final

from etl.page.escaping import escaped
from etl.page.model import Arrow, Diagram, visible

_ROW: Final = 30
_BOX: Final = 24
_TOP: Final = 40
_GAP: Final = 300
_CHARACTER: Final = 7.9
"""The width of a character of the fields' font."""
_LONGEST: Final = 36
_TIP: Final = 7
_EDGES: Final = {Arrow.BOTH: "<-->", Arrow.INBOUND: "-->", Arrow.OUTBOUND: "---|←|"}
"""Mermaid puts what an arrow starts from at the left, so that a line to the left has its tip as a label."""
_LABELLED: Final = 'aria-labelledby="diagram-title" aria-describedby="diagram-text"'


def mermaid(diagram: Diagram) -> str:
    """Return a diagram as a Mermaid flowchart."""
    columns = (
        ("outside", diagram.outside_name, diagram.outside),
        ("inside", diagram.inside_name, diagram.inside),
    )
    lines = ["flowchart LR"]
    for column, name, fields in columns:
        lines.append(f'  subgraph {column}["{_label(name)}"]')
        lines += [f'    {column}{index}["{_label(field)}"]' for index, field in enumerate(fields)]
        lines.append("  end")
    lines += [f"  outside{line.outside} {_EDGES[line.arrow]} inside{line.inside}" for line in diagram.lines]
    return "\n".join(lines)


def _label(text: str) -> str:
    """Return text as Mermaid shows it; all but plain characters as Mermaid's character references."""
    return re.sub(r"[^\w .\-\[\]]", lambda match: f"#{ord(match[0])};", visible(text))


def svg(diagram: Diagram) -> str:
    """Return a diagram as SVG to stand in an HTML page, whose style sheet colours it."""
    widths = [_width(fields) for fields in (diagram.outside, diagram.inside)]
    places = _places(diagram)
    right = widths[0] + _GAP
    total = right + widths[1]
    height = _TOP + _ROW * max(len(diagram.outside), max(places, default=0) + 1)
    sides = (
        _first((line.outside, line.anchor) for line in diagram.lines),
        _first((line.inside, line.anchor) for line in diagram.lines),
    )
    summary = f"The fields of {diagram.outside_name} and of {diagram.inside_name} that rules connect"
    parts = [
        f'<svg viewBox="0 0 {total:.0f} {height:.0f}" width="{total:.0f}" role="group" {_LABELLED}>',
        f'<title id="diagram-title">{escaped(summary)}</title>',
        f'<desc id="diagram-text">{escaped(_description(diagram))}</desc>',
        f'<text class="system" x="0" y="18">{escaped(diagram.outside_name)}</text>',
        f'<text class="system" x="{right:.0f}" y="18">{escaped(diagram.inside_name)}</text>',
        *(
            _linked(
                _curve(widths[0], _middle(line.outside), right, _middle(places[line.inside]), line.arrow),
                line.anchor,
                ' tabindex="-1" aria-hidden="true"',
            )
            for line in diagram.lines
        ),
        *(
            _linked(_box(0, _middle(index), widths[0], field), sides[0].get(index, ""))
            for index, field in enumerate(diagram.outside)
        ),
        *(
            _linked(_box(right, _middle(places[index]), widths[1], field), sides[1].get(index, ""))
            for index, field in enumerate(diagram.inside)
        ),
    ]
    return "\n".join([*parts, "</svg>"])


def _first(pairs: Iterable[tuple[int, str]]) -> dict[int, str]:
    """Return the first anchor of each field."""
    found: dict[int, str] = {}
    for index, anchor in pairs:
        found.setdefault(index, anchor)
    return found


def _linked(shape: str, anchor: str, more: str = "") -> str:
    """Return a shape that leads to the rule that it is about."""
    return f'<a href="#{anchor}"{more}>{shape}</a>' if anchor else shape


def legend(diagram: Diagram) -> str:
    """Return which line means what, of those that there are."""
    means = {
        Arrow.BOTH: "both ways",
        Arrow.INBOUND: f"from {diagram.outside_name} to {diagram.inside_name} only",
        Arrow.OUTBOUND: f"from {diagram.inside_name} to {diagram.outside_name} only",
    }
    there = {line.arrow for line in diagram.lines}
    points = (
        f'<li><svg class="line-of" viewBox="0 0 60 16" aria-hidden="true" focusable="false">'
        f"{_curve(0, 8, 60, 8, arrow)}</svg>{escaped(text)}</li>"
        for arrow, text in means.items()
        if arrow in there
    )
    return f'<ul class="legend">{"".join(points)}<li>a field leads to its rule</li></ul>'


def _width(fields: tuple[str, ...]) -> float:
    return max((min(len(visible(field)), _LONGEST) for field in fields), default=0) * _CHARACTER + 20


def _middle(place: float) -> float:
    return _TOP + place * _ROW + _BOX / 2


def _places(diagram: Diagram) -> list[float]:
    """Return the row of every inside field: near what it is connected with, and none on another."""
    wanted: list[float] = []
    for index in range(len(diagram.inside)):
        connected = [line.outside for line in diagram.lines if line.inside == index]
        wanted.append(sum(connected) / len(connected) if connected else index)
    places = [0.0] * len(wanted)
    free = 0.0
    for index in sorted(range(len(wanted)), key=lambda index: (wanted[index], index)):
        places[index] = max(free, wanted[index])
        free = places[index] + 1
    return places


def _description(diagram: Diagram) -> str:
    return "; ".join(
        f"{diagram.outside[line.outside]} {line.arrow.value} {diagram.inside[line.inside]}" for line in diagram.lines
    )


def _box(left: float, middle: float, width: float, field: str) -> str:
    text = visible(field)
    shown = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return (
        f"<g><title>{escape(text)}</title>"
        f'<rect class="field" x="{left + 0.5:.1f}" y="{middle - _BOX / 2:.1f}" width="{width - 1:.1f}" '
        f'height="{_BOX}" rx="5"/>'
        f'<text class="name" x="{left + 10:.1f}" y="{middle + 4.5:.1f}">{escape(shown)}</text></g>'
    )


def _curve(x: float, y: float, to_x: float, to_y: float, arrow: Arrow) -> str:
    """Return a line from a field's right edge to another's left edge, with a tip where values arrive."""
    start = x + (_TIP if arrow is not Arrow.INBOUND else 0)
    end = to_x - (_TIP if arrow is not Arrow.OUTBOUND else 0)
    bend = (end - start) / 2
    tips = ""
    if arrow is not Arrow.INBOUND:
        tips += f'<path class="tip" d="M{x:.1f} {y:.1f}l{_TIP} -4v8z"/>'
    if arrow is not Arrow.OUTBOUND:
        tips += f'<path class="tip" d="M{to_x:.1f} {to_y:.1f}l-{_TIP} -4v8z"/>'
    path = f"M{start:.1f} {y:.1f}C{start + bend:.1f} {y:.1f} {end - bend:.1f} {to_y:.1f} {end:.1f} {to_y:.1f}"
    return f'<g class="{arrow.name.lower()}"><path class="line" d="{path}"/>{tips}</g>'
