"""`cases`: groups of fields that correspond."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.generated.builder import nullable
from tests.generated.case import SIDES
from tests.generated.schemas import finite
from tests.generated.values import MISSING, Path, Record, among, parse_path, path_text, same
from tests.generated.words.base import OTHER, Reason, Scene, Word, cell, full_hints
from tests.generated.words.draft import Draft

Pattern = dict[Path, list[Any]]


class Cases(Word):
    """Lines of a pattern for either system."""

    kind = "cases"

    def __init__(self, raw: dict[str, Any], place: tuple[int, ...], scene: Scene) -> None:
        super().__init__(raw, place, scene)
        self.lines = [{side: _pattern(line.get(scene.names[side], {})) for side in SIDES} for line in raw["cases"]]
        self.otherwise = {
            side: _pattern(raw["otherwise"][scene.names[side]])
            for side in SIDES
            if scene.names[side] in raw.get("otherwise", {})
        }

    def paths(self, side: str) -> list[Path]:
        patterns = [*(line[side] for line in self.lines), self.otherwise.get(side, {})]
        return list(dict.fromkeys(path for pattern in patterns for path in pattern))

    def deciding(self, side: str, record: Record) -> tuple[int | None, str]:
        values = {path: self.specs[side].read(record, path) for path in self.paths(side)}
        line = next((index for index, line in enumerate(self.lines) if _matches(line[side], values)), None)
        if line is None:
            return None, "otherwise"
        pattern = self.lines[line][side]
        if any(value is not MISSING and path not in pattern for path, value in values.items()):
            return line, "unnamed field"
        return line, "" if _matches({path: cells[:1] for path, cells in pattern.items()}, values) else "list"

    def translate(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        other = OTHER[source]
        spec = self.specs[source]
        values = {path: spec.read(record, path) for path in self.paths(source)}
        line = next((line for line in self.lines if _matches(line[source], values)), None)
        pattern = line[other] if line is not None else self.otherwise.get(other)
        if pattern is None:
            yield Reason(self.place, "table", next(iter(values), ()), "no line", excused=self._open(source, values))
            return
        for path in self.paths(other):
            self.specs[other].write(target, path, pattern[path][0] if path in pattern else MISSING)

    def _open(self, source: str, values: dict[Path, Any]) -> bool:
        """Return whether one of the values is none that a schema or the table lists."""
        schema = self.scene.schemas[source]
        return any(
            value is not MISSING
            and not finite(schema, self.scene.full(source, path))
            and not among(value, self._cells(source, path))
            for path, value in values.items()
        )

    def _cells(self, side: str, path: Path) -> list[Any]:
        patterns = [*(line[side] for line in self.lines), self.otherwise.get(side, {})]
        found = [item for pattern in patterns for item in pattern.get(path, ()) if item is not MISSING]
        return [item for index, item in enumerate(found) if not among(item, found[:index])]

    def cells(self, line: Any) -> Iterator[tuple[str, Path, Any]]:
        for side in SIDES:
            pattern = _pattern(line.get(self.scene.names[side], {}))
            yield from ((side, path, item) for path, items in pattern.items() for item in items if item is not MISSING)

    def hints(self, side: str) -> dict[Path, Sequence[Any]]:
        return full_hints(self, side, [(path, self._cells(side, path)) for path in self.paths(side)])

    def extra(self, side: str, path: Path) -> Sequence[Any]:
        return [*self._cells(side, path), *super().extra(side, path)]

    def short(self, side: str, path: Path) -> list[Any]:
        cells = self._cells(side, path)
        others = [*self.choices(side, path)[2:], "other", 77]
        more = [item for item in others if not among(item, cells)]
        return [*cells[:4], self.gone(side, path), *more[:1]]


def _pattern(raw: dict[str, Any]) -> Pattern:
    return {parse_path(name): cell(value) for name, value in raw.items()}


def _matches(pattern: Pattern, values: dict[Path, Any]) -> bool:
    return all(
        any(item is MISSING if values[path] is MISSING else same(item, values[path]) for item in accepted)
        for path, accepted in pattern.items()
    )


def make(draft: Draft) -> None:
    """Groups of one to three fields on either side."""
    rng = draft.rng
    pools: dict[str, dict[Path, list[Any]]] = {
        side: {draft.fresh(side): rng.choice([["a", "b", "c"], [1, 2, 3]]) for _ in range(rng.randint(1, 2))}
        for side in SIDES
    }
    lines = [{draft.names[side]: _drawn(draft, pools[side]) for side in SIDES} for _ in range(rng.randint(1, 4))]
    raw: dict[str, Any] = {"cases": lines}
    if draft.chance(0.75):
        sides = SIDES if draft.chance(0.7) else rng.sample(SIDES, 1)
        raw["otherwise"] = {
            draft.names[side]: {path_text(path): rng.choice(pool) for path, pool in pools[side].items()}
            for side in sides
        }
    if draft.chance(0.4):
        raw["lossy"] = "what no line has becomes other"
    for side in SIDES:
        for path, pool in pools[side].items():
            schema: dict[str, Any] = (
                {"enum": list(pool)} if draft.chance(0.7) else {"type": "string" if pool[0] == "a" else "integer"}
            )
            if draft.chance(0.3) or draft.specs[side].when_absent is None:
                schema = nullable(rng, schema)
            everywhere = all(_whole(line[draft.names[side]].get(path_text(path))) for line in lines)
            draft.put(side, schema, required=everywhere and draft.chance(0.8), path=path)
    draft.rule(raw)


def _drawn(draft: Draft, pool: dict[Path, list[Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, values in pool.items():
        if found and draft.chance(0.2):
            continue
        form = draft.rng.random()
        found[path_text(path)] = (
            None if form < 0.08 else draft.rng.sample(values, 2) if form < 0.2 else draft.rng.choice(values)
        )
    return found


def _whole(value: Any) -> bool:
    return value is not None
