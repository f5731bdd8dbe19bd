"""`values`: a value that both systems have, under other names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.generated.builder import nullable
from tests.generated.case import SIDES
from tests.generated.schemas import Schema, finite
from tests.generated.values import MISSING, Path, Record, among, same, selected_list
from tests.generated.words.base import paths_of
from tests.generated.words.conditions import cell
from tests.generated.words.draft import Draft
from tests.generated.words.scene import OTHER, Reason, Scene
from tests.generated.words.table import Table, UnreadError, draw_form


class Matched(Table):
    """Values that correspond."""

    kind = "values"

    def __init__(self, raw: dict[str, Any], place: tuple[int, ...], scene: Scene) -> None:
        super().__init__(raw, place, scene)
        self.path = {side: paths_of(raw[scene.names[side]])[0] for side in SIDES}
        self.looks_back = selected_list(self.path["outside"]) is not None
        self.lines = [{side: cell(line[scene.names[side]]) for side in SIDES} for line in raw["values"]]
        self.otherwise = {
            side: cell(raw["otherwise"][scene.names[side]])[0]
            for side in SIDES
            if scene.names[side] in raw.get("otherwise", {})
        }

    def paths(self, side: str) -> list[Path]:
        return [self.path[side]]

    def deciding(self, side: str, record: Record) -> tuple[int | None, str]:
        try:
            value = self.read(side, record, self.path[side])
        except UnreadError:
            return None, "unread"
        line = next((index for index, line in enumerate(self.lines) if _accepts(line[side], value)), None)
        if line is None:
            return None, "absent" if value is MISSING else "otherwise"
        return line, "" if _accepts(self.lines[line][side][:1], value) else "list"

    def translate(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        try:
            yield from self._translate(source, record, target)
        except UnreadError as error:
            yield error.reason

    def _translate(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        other = OTHER[source]
        value = self.read(source, record, self.path[source])
        line = next((line for line in self.lines if _accepts(line[source], value)), None)
        if line is not None:
            made = line[other][0]
        elif value is MISSING:
            made = MISSING
        elif other in self.otherwise:
            made = self.otherwise[other]
        else:
            open_value = not finite(self.scene.schemas[source], self.scene.full(source, self.path[source]))
            yield Reason(self.place, "table", self.path[source], "no line", excused=open_value)
            return
        self.lay(other, target, self.path[other], made)

    def cells(self, line: Any) -> Iterator[tuple[str, Path, Any]]:
        for side in SIDES:
            items = cell(line[self.scene.names[side]]) if self.scene.names[side] in line else []
            yield from ((side, self.path[side], item) for item in items if item is not MISSING)

    def hidden(self, line: int) -> bool:
        here = self.lines[line]
        return any(
            self.specs[side].absent(item)
            for side in SIDES
            for item in self.standing(side, (item for item in here[side] if item is not MISSING))[: len(here[side])]
        ) or any(among(item, [*above[side]]) for side in SIDES for above in self.lines[:line] for item in here[side])

    def hints(self, side: str) -> dict[Path, Sequence[Any]]:
        cells = [item for line in self.lines for item in line[side] if item is not MISSING]
        return self.hints_of({self.path[side]: cells}, side)

    def extra(self, side: str, path: Path) -> Sequence[Any]:
        cells = [item for line in self.lines for item in line[side] if item is not MISSING]
        more = [self.otherwise[side]] if self.otherwise.get(side, MISSING) is not MISSING else []
        more += ["other", 77] if self.otherwise else []
        return [*self.standing(side, cells), *more, *super().extra(side, path)]


def _accepts(accepted: Sequence[Any], value: Any) -> bool:
    return any(item is MISSING if value is MISSING else same(item, value) for item in accepted)


def make(draft: Draft) -> None:
    """A table of values."""
    rng = draft.rng
    count = rng.randint(1, 4)
    pools: dict[str, list[Any]] = {
        side: rng.choice(
            [["open", "closed", "new", "old", "1", ""], [1, 2, 3, 4, 0], [True, False], ["a", 1, True, "b"]]
        )
        for side in SIDES
    }
    left = {side: rng.sample(pool, len(pool)) for side, pool in pools.items()}
    lines: list[dict[str, Any]] = []
    for _ in range(count):
        if not all(left.values()):
            break
        lines.append({draft.names[side]: _cell(draft, left[side]) for side in SIDES})
    _absent_line(draft, lines, left)
    schemas = {side: _schema(draft, side, lines) for side in SIDES}
    required, nulls = draft.presence()
    if any(line[draft.names[side]] is None for line in lines for side in SIDES) and draft.chance(0.7):
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
        raw["otherwise"] = {draft.names[side]: _first(rng.choice(lines)[draft.names[side]]) for side in sides}
    if draft.chance(0.15):
        raw["lossy"] = "several mean one"
    if not draft.element and draft.chance(0.08):
        raw["write"] = "once"
    draft.rule(raw)
    assert not among(MISSING, [])


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
    named = [item for line in lines for item in cell(line[draft.names["outside"]]) if item is not MISSING]
    absent = options.get("when_absent", {}).get(draft.names["outside"])
    form = None if any(type(item) is type(absent) for item in named) else draw_form(draft, named)
    if form is not None:
        options["as"], schema = form
        schemas["outside"] = nullable(draft.rng, schema) if null else schema


def _cell(draft: Draft, left: list[Any]) -> Any:
    taken = [left.pop() for _ in range(min(len(left), 2 if draft.chance(0.2) else 1))]
    if draft.chance(0.05):
        taken.insert(draft.rng.randint(0, len(taken)), None)
    return taken if len(taken) > 1 else taken[0]


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def _has_null(lines: Sequence[dict[str, Any]], name: str) -> bool:
    return any(None in (line[name] if isinstance(line[name], list) else [line[name]]) for line in lines)


def _schema(draft: Draft, side: str, lines: Sequence[dict[str, Any]]) -> Schema:
    cells = [line[draft.names[side]] for line in lines]
    listed = [item for value in cells for item in (value if isinstance(value, list) else [value]) if item is not None]
    if all(isinstance(item, bool) for item in listed) and listed:
        return {"type": "boolean"}
    if draft.chance(0.2):
        return {"type": ["string", "integer", "boolean"]}
    return {"enum": listed} if listed else {"type": "string"}
