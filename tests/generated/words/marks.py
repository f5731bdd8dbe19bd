"""`cases` whose lines ask for members of a list, or for words of a text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.generated.builder import nullable
from tests.generated.schemas import Schema
from tests.generated.values import Path, path_text
from tests.generated.words.draft import Draft
from tests.generated.words.scene import OTHER


@dataclass(frozen=True)
class Form:
    """A form in which marks stand: the `as` of the table, and what the schema has of each of them."""

    word: Any
    items: Schema
    is_text: bool
    """Whether they stand in one text."""
    beside: list[Any] = field(default_factory=list)
    """How the values of a field beside stand in that form, if they can."""


def make(draft: Draft) -> None:
    """What one side says by members or words, the other one says by values: a line for each mark, and one for none."""
    rng = draft.rng
    side = rng.choice(["outside", "outside", "outside", "inside"])
    part = rng.choice(["has", "has", "word"])
    marks = rng.sample(["hot", "done", "doing"], rng.choice([1, 1, 2, 3]))
    make_of(draft, side, part, marks)


def make_several(draft: Draft) -> None:
    """Two tables, or three, that name members or words of one field: to each belong its own; seldom one to two."""
    rng = draft.rng
    part, side = rng.choice(["has", "has", "word"]), "inside" if draft.chance(0.04) else "outside"
    marks = rng.sample(["hot", "done", "doing", "wet", "old"], rng.choice([2, 3, 4, 5]))
    count = 3 if len(marks) > 2 and draft.chance(0.2) else 2
    own = [marks[index::count] for index in range(count)]
    if draft.chance(0.05):
        own[-1] = [*own[-1], marks[0]]
    marked, is_right = draft.fresh(side), draft.chance(0.75)
    draft.put(side, _schema(draft, side, part, None), required=draft.chance(0.3), path=marked)
    for some in own:
        make_of(draft, side, part, some, marked=marked, is_right=is_right)


def make_of(
    draft: Draft,
    side: str,
    part: str,
    marks: list[Any],
    form: Form | None = None,
    *,
    marked: Path | None = None,
    is_right: bool = False,
) -> None:
    """Make such a table of some marks. form: how these stand outside.

    marked: the field, if it is there already. is_right: whether each value meets one line.
    """
    rng = draft.rng
    patterns = _patterns(draft, part, marks, is_right=is_right)
    pools: list[list[Any]] = [["a", "b", "c", "d"], [1, 2, 3, 4]]
    values = rng.sample(rng.choice(pools), len(patterns))
    if len(values) > 1 and draft.chance(0.3):
        values[-1] = None
    is_there, marked, other = marked is not None, marked or draft.fresh(side), draft.fresh(OTHER[side])
    lines = [
        {draft.names[side]: {path_text(marked): pattern}, draft.names[OTHER[side]]: {path_text(other): value}}
        for pattern, value in zip(patterns, values, strict=True)
    ]
    if draft.chance(0.2) and (form is None or form.beside):
        _look_beside(draft, side, lines, ["x", "y"] if form is None else form.beside)
    raw: dict[str, Any] = {"cases": lines} if form is None else {"as": form.word, "cases": lines}
    if draft.chance(0.2):
        raw["otherwise"] = {draft.names[OTHER[side]]: {path_text(other): rng.choice(values)}}
    if draft.chance(0.3):
        raw["lossy"] = "marks beside the first one say nothing"
    known: Schema = {"enum": [value for value in values if value is not None]}
    absent = None in values
    if draft.specs[OTHER[side]].when_absent is None and absent:
        known = nullable(rng, known)
    draft.put(OTHER[side], known, required=not absent and draft.chance(0.9), path=other)
    if not is_there:
        draft.put(side, _schema(draft, side, part, form), required=draft.chance(0.3), path=marked)
    draft.rule(raw)


def _look_beside(draft: Draft, side: str, lines: list[dict[str, Any]], listed: list[Any]) -> None:
    """Let lines name a field beside, that says no more than the marks do. listed: the values that its schema has."""
    rng = draft.rng
    beside = draft.put(side, {"enum": listed}, required=False)
    for line in lines[:-1]:
        line[draft.names[side]][path_text(beside)] = rng.choice(["x", ["$any", "x"], ["x", "$any"]])
    lines[-1][draft.names[side]][path_text(beside)] = rng.choice(["y", None, "$any"])


def _patterns(draft: Draft, part: str, marks: list[str], *, is_right: bool) -> list[Any]:
    """Return what is asked line by line: mostly such that each value meets one of it."""
    if is_right:
        asked = [
            {part: mark, **({"not": {part: _one_or_more(marks[:at])}} if at else {})} for at, mark in enumerate(marks)
        ]
        return [*asked, {"not": {part: _one_or_more(marks)}}]
    if draft.chance(0.2):
        found: list[Any] = [{part: marks}]
    else:
        alone = draft.chance(0.2)  # the first line that matches decides all the same
        found = [
            {part: mark, **({} if alone or not index else {"not": {part: _one_or_more(marks[:index])}})}
            for index, mark in enumerate(marks)
        ]
    if draft.chance(0.9):
        found.append({"not": {part: _one_or_more(marks)}} if draft.chance(0.8) else draft.rng.choice(["$any", None]))
    return found


def _one_or_more(marks: list[str]) -> Any:
    return marks[0] if len(marks) == 1 else marks


def _schema(draft: Draft, side: str, part: str, form: Form | None) -> Schema:
    if part == "has" and not (form and form.is_text):
        bounds = draft.rng.choice([{}, {}, {}, {"minItems": 1}])
        items = {"type": "string"} if form is None else form.items
        schema: Schema = {"type": "array", "items": items, **bounds}
    else:
        schema = {"type": "string", **draft.rng.choice([{}, {}, {"minLength": 1}])}
    if draft.chance(0.2) or draft.specs[side].when_absent is None:
        schema = nullable(draft.rng, schema)
    return schema
