"""`flags`: a value that the other system expresses as booleans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import Any

from tests.generated.builder import nullable
from tests.generated.case import SIDES
from tests.generated.schemas import finite
from tests.generated.values import MISSING, Path, Record, among, get, parse_path, path_text, put, same
from tests.generated.words.base import Word, changed, full_hints
from tests.generated.words.draft import Draft
from tests.generated.words.scene import MANY, OTHER, Reason, Scene


class Flags(Word):
    """One value of the named system, booleans of the other."""

    kind = "flags"

    def __init__(self, raw: dict[str, Any], place: tuple[int, ...], scene: Scene) -> None:
        super().__init__(raw, place, scene)
        self.named = next(side for side in SIDES if scene.names[side] in raw)
        name, flag = scene.names[self.named], scene.names[OTHER[self.named]]
        self.path = parse_path(raw[name])
        self.lines: list[tuple[Path, Any]] = [(parse_path(line[flag]), line[name]) for line in raw["flags"]]
        self.otherwise = raw.get("otherwise", MISSING)

    def paths(self, side: str) -> list[Path]:
        if side == self.named:
            return [self.path]
        return list(dict.fromkeys(path for path, _ in self.lines))

    def has_flags(self, side: str) -> bool:
        return side != self.named

    def deciding(self, side: str, record: Record) -> tuple[int | None, str]:
        if side == self.named:
            value = self.specs[side].read(record, self.path)
            line = next((index for index, (_, item) in enumerate(self.lines) if same(item, value)), None)
        else:
            line = next((index for index, (path, _) in enumerate(self.lines) if get(record, path) is True), None)
        return line, "otherwise" if line is None else ""

    def translate(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        if source != self.named:
            for path in self.paths(source):
                if not isinstance(flag := get(record, path), bool | None) and flag is not MISSING:
                    yield Reason(self.place, "flag", path, "no truth value")
                    return
            first = next((value for path, value in self.lines if get(record, path) is True), self.otherwise)
            if first is MISSING:
                yield Reason(self.place, "table", self.path, "no flag")
                return
            self.specs[self.named].write(target, self.path, first)
            return
        value = self.specs[self.named].read(record, self.path)
        chosen = next((path for path, item in self.lines if same(item, value)), None)
        if chosen is None and (value is MISSING or not same(value, self.otherwise)):
            open_value = value is not MISSING and not finite(
                self.scene.schemas[source], self.scene.full(source, self.path)
            )
            detail = "absent" if value is MISSING else "no line"
            yield Reason(self.place, "table", self.path, detail, excused=open_value)
            return
        for path in self.paths(OTHER[source]):
            put(target, path, path == chosen)

    def cells(self, line: Any) -> Iterator[tuple[str, Path, Any]]:
        value = line[self.scene.names[self.named]] if isinstance(line, dict) else line
        yield self.named, self.path, value

    def equal(self, side: str, one: Record, other: Record, *, exact: bool = False) -> bool:
        if side == self.named:
            return super().equal(side, one, other, exact=exact)
        return all((get(one, path) is True) == (get(other, path) is True) for path in self.paths(side))

    def hints(self, side: str) -> dict[Path, Sequence[Any]]:
        if side != self.named:
            return {}
        return full_hints(self, side, [(self.path, self.extra(side, self.path))])

    def extra(self, side: str, path: Path) -> Sequence[Any]:
        del path
        if side != self.named:
            return []
        more = [] if self.otherwise is MISSING else [self.otherwise]
        return [*(value for _, value in self.lines), *more]

    def trials(self, side: str, base: Record) -> Iterator[Record]:
        if side == self.named:
            yield from super().trials(side, base)
            return
        paths = self.paths(side)
        for items in islice(product([False, True, MISSING, None], repeat=len(paths)), MANY):
            yield changed(base, dict(zip(paths, items, strict=True)))
        for path in paths:
            yield changed(base, {**dict.fromkeys(paths, False), path: True})
            yield from (changed(base, {path: item}) for item in self.choices(side, path) if item not in (True, False))


def make(draft: Draft) -> None:
    """A status and its flags."""
    rng = draft.rng
    named = rng.choice([*SIDES, "inside"])
    other = OTHER[named]
    values = rng.sample(["open", "done", "held", "gone", 1, 2], rng.randint(1, 4))
    lines = []
    for value in values:
        schema = {"type": "boolean"}
        if draft.chance(0.3) or draft.specs[other].when_absent is None:
            schema = nullable(rng, schema)
        path = draft.put(other, schema, required=draft.chance(0.3))
        lines.append({draft.names[other]: path_text(path), draft.names[named]: value})
    raw: dict[str, Any] = {"flags": lines}
    if draft.chance(0.85):
        raw["otherwise"] = rng.choice([*values, "else", rng.choice(values)])
    listed = [*values, *([raw["otherwise"]] if raw.get("otherwise") == "else" else [])]
    known = {"enum": listed} if draft.chance(0.85) else {"type": ["string", "integer"]}
    path = draft.put(named, known, required=not draft.chance(0.1))
    if draft.chance(0.6):
        raw["lossy"] = "flags beside the first true one mean nothing"
    draft.rule({draft.names[named]: path_text(path), **raw})
    assert not among(MISSING, values)
