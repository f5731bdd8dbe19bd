"""`values`: a value that both systems have, under other names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.generated.builder import nullable
from tests.generated.case import SIDES
from tests.generated.schemas import Schema
from tests.generated.values import MISSING, Path, Record, among
from tests.generated.words.base import paths_of
from tests.generated.words.cases import Cases, Pattern
from tests.generated.words.conditions import Condition, accepts, asks, cell, drawn, named
from tests.generated.words.draft import Draft
from tests.generated.words.scene import OTHER
from tests.generated.words.table import draw_form


class Matched(Cases):
    """Values that correspond: lines of one field of either side. No value stays none, where no line has that."""

    kind = "values"

    def pattern(self, side: str, line: Any) -> Pattern:
        name = self.scene.names[side]
        return {paths_of(self.raw[name])[0]: cell(line[name])} if name in line else {}

    def _fields(self, side: str) -> list[Path]:
        return paths_of(self.raw[self.scene.names[side]])[:1]

    def decided(self, source: str, record: Record) -> tuple[int | None, dict[Path, Any] | None]:
        line, made = super().decided(source, record)
        if line is None and self.values(source, record)[self.paths(source)[0]] is MISSING:
            made = {self.paths(OTHER[source])[0]: MISSING}
        return line, made

    def hidden(self, line: int) -> bool:
        return any(self._is_hidden(side, self.paths(side)[0], line) for side in SIDES)

    def _is_hidden(self, side: str, path: Path, line: int) -> bool:
        """Return whether a value of a line means absent where it stands, or a line above has it."""
        here, above = self.lines[line][side][path], [other[side][path] for other in self.lines[:line]]
        values = [item for item in here if not isinstance(item, Condition)]
        there = [item for item in values if item is not MISSING]
        is_none = any(map(self.specs[side].absent, self.standing(side, there)[: len(there)]))
        return is_none or any(accepts(other, item) for other in above for item in values)

    def extra(self, side: str, path: Path) -> Sequence[Any]:
        others = ["other", 77] if self.otherwise or self.asks else []
        return [*super().extra(side, path), *others]


def make(draft: Draft) -> None:
    """A table of values."""
    rng = draft.rng
    pools: dict[str, list[Any]] = {
        side: rng.choice(
            [["open", "closed", "new", "old", "1", ""], [1, 2, 3, 4, 0], [True, False], ["a", 1, True, "b"]]
        )
        for side in SIDES
    }
    lines = _lines(draft, pools)
    schemas = {side: _schema(draft, side, lines) for side in SIDES}
    required, nulls = draft.presence()
    if any(_has_null(lines, draft.names[side]) for side in SIDES) and draft.chance(0.7):
        required = {side: not _has_null(lines, draft.names[side]) for side in SIDES}
    for side in SIDES:
        if nulls[side]:
            schemas[side] = nullable(rng, schemas[side])
    options = draft.options(schemas, required)
    if draft.chance(0.15):
        _in_form(draft, lines, schemas, options, null=nulls["outside"])
    raw: dict[str, Any] = {**draft.lay(schemas, required), **options, "values": lines}
    if draft.chance(0.4):
        sides = rng.sample(SIDES, rng.randint(1, 2))
        said = {side: rng.choice(lines)[draft.names[side]] for side in sides}
        raw["otherwise"] = {draft.names[side]: _first(said[side], pools[side]) for side in sides}
    if draft.chance(0.15):
        raw["lossy"] = "several mean one"
    if not draft.element and draft.chance(0.08):
        raw["write"] = "once"
    draft.rule(raw)
    assert not among(MISSING, [])


def _lines(draft: Draft, pools: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Return one to four lines, of which no two have a value, unless conditions stand in them."""
    left = {side: draft.rng.sample(pool, len(pool)) for side, pool in pools.items()}
    lines: list[dict[str, Any]] = []
    for _ in range(draft.rng.randint(1, 4)):
        if not all(left.values()):
            break
        lines.append({draft.names[side]: _cell(draft, left[side]) for side in SIDES})
    _absent_line(draft, lines, left)
    if draft.looks_back and draft.chance(0.25):
        _ask(draft, lines, pools)
    return lines


def _ask(draft: Draft, lines: list[dict[str, Any]], pools: dict[str, list[Any]]) -> None:
    """Put conditions in the place of some values."""
    for line in lines:
        for side in SIDES:
            if draft.chance(0.35):
                line[draft.names[side]] = drawn(draft.rng, pools[side])


def _absent_line(draft: Draft, lines: list[dict[str, Any]], left: dict[str, list[Any]]) -> None:
    """Sometimes add a line for an absent value."""
    if draft.chance(0.25):
        side = draft.rng.choice(SIDES)
        other = OTHER[side]
        spare = left[other].pop() if left[other] else None
        lines.insert(draft.rng.randint(0, len(lines)), {draft.names[side]: None, draft.names[other]: spare})


def _in_form(
    draft: Draft, lines: Sequence[dict[str, Any]], schemas: dict[str, Schema], options: dict[str, Any], *, null: bool
) -> None:
    """Let the outside values stand in a form, where they are of one type."""
    values = [item for line in lines for item in named(cell(line[draft.names["outside"]]))]
    absent = options.get("when_absent", {}).get(draft.names["outside"])
    form = None if any(type(item) is type(absent) for item in values) else draw_form(draft, values)
    if form is not None:
        options["as"], schema = form
        schemas["outside"] = nullable(draft.rng, schema) if null else schema


def _cell(draft: Draft, left: list[Any]) -> Any:
    taken = [left.pop() for _ in range(min(len(left), 2 if draft.chance(0.2) else 1))]
    if draft.chance(0.05):
        taken.insert(draft.rng.randint(0, len(taken)), None)
    return taken if len(taken) > 1 else taken[0]


def _first(value: Any, pool: list[Any]) -> Any:
    """Return what a cell writes first; of a condition, some value."""
    found = value[0] if isinstance(value, list) else value
    return pool[0] if asks(cell(found)) else found


def _has_null(lines: Sequence[dict[str, Any]], name: str) -> bool:
    """Return whether a line may leave a field absent."""
    return any(MISSING in accepted or asks(accepted) for accepted in (cell(line[name]) for line in lines))


def _schema(draft: Draft, side: str, lines: Sequence[dict[str, Any]]) -> Schema:
    found = [item for line in lines for item in named(cell(line[draft.names[side]]))]
    listed = [item for index, item in enumerate(found) if not among(item, found[:index])]
    if all(isinstance(item, bool) for item in listed) and listed:
        return {"type": "boolean"}
    if draft.chance(0.2):
        return {"type": ["string", "integer", "boolean"]}
    return {"enum": listed} if listed else {"type": "string"}
