"""The cases that a mapping states of itself become typed; what is wrong becomes findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from etl.mapping.language.document import Document, Place
from etl.mapping.language.parse_fields import did_you_mean
from etl.mapping.language.words import known_words
from etl.mapping.model import Example
from etl.mapping.terms import Direction, Side


def parse_examples(document: Document, outside: str, inside: str) -> Iterator[Example]:
    """Yield the examples of a mapping between two systems of these names, adding findings to the document."""
    names = {Side.OUTSIDE: outside, Side.INSIDE: inside}
    for index, value in enumerate(document.value.get("examples", [])):
        place: Place = ("examples", index)
        known = known_words("example", outside, inside)
        for name in value:
            if name not in known:
                document.find((*place, name), "E010", f"unknown key {name}", did_you_mean(name, known), key=True)
        given = [side for side in Side if names[side] in value]
        if not given:
            document.find(place, "E012", "the example has no record", f"add {outside}: or {inside}:")
        directions = _directions(document, value, given, place)
        rejects = value.get("rejects", [])
        if rejects and len(given) > 1:
            message = "the example has two records, and one that is refused becomes nothing"
            document.find((*place, "rejects"), "E013", message, "leave the refused record only", key=True)
        texts = (rejects,) if isinstance(rejects, str) else tuple(rejects)
        where, skips = document.position(place), value.get("skips", False)
        if skips and (given != [Side.OUTSIDE] or texts or not document.value["outside"].get("import_when")):
            message = "only an outside record, alone, can be skipped, and only by import_when"
            document.find((*place, "skips"), "E013", message, "remove skips, or what stands beside it", key=True)
        yield Example(where, value["name"], value.get(outside), value.get(inside), directions, texts, skips)


def _directions(document: Document, value: dict[str, Any], given: list[Side], place: Place) -> tuple[Direction, ...]:
    """Return the ways in which an example is translated: a single record goes to the other system."""
    possible = tuple(direction for direction in Direction if direction.source in given)
    word = value.get("direction")
    if word is None:
        return possible[:1]
    wanted = tuple(Direction) if word == "both" else (Direction(word),)
    if given and not set(wanted) <= set(possible):
        needed = "a record of both systems" if word == "both" else f"the record of the {wanted[0].source.value} system"
        message = f"direction {word} needs {needed}"
        document.find((*place, "direction"), "E013", message, "add that record, or remove direction", key=True)
    return wanted
