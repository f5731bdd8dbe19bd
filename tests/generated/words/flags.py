"""`flags`: a value that the other system expresses as booleans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import Any

from tests.generated.builder import nullable
from tests.generated.case import SIDES
from tests.generated.schemas import Schema, finite
from tests.generated.values import MISSING, Path, Record, among, get, parse_path, path_text, put, same
from tests.generated.words.draft import Draft
from tests.generated.words.laid import changed, without_what_is_free
from tests.generated.words.scene import MANY, OTHER, Reason, Scene
from tests.generated.words.table import Table, UnreadError, draw_form


class Flags(Table):
    """One value of the named system, booleans of the other."""

    kind = "flags"

    def __init__(self, raw: dict[str, Any], place: tuple[int, ...], scene: Scene) -> None:
        super().__init__(raw, place, scene)
        self.named = next(side for side in SIDES if scene.names[side] in raw)
        name, flag = scene.names[self.named], scene.names[OTHER[self.named]]
        self.path = parse_path(raw[name])
        self.lines: list[tuple[Path, Any]] = [(parse_path(line[flag]), line[name]) for line in raw["flags"]]
        said = raw.get("otherwise", MISSING)
        halves = said if isinstance(said, dict) else {name: said, flag: said}
        self.otherwise = {self.named: halves.get(name, MISSING), OTHER[self.named]: halves.get(flag, MISSING)}
        """What is written where no flag is true; and the value, or any with False, for which all flags are."""

        self.looks_back = bool(self.only_read)

    def paths(self, side: str) -> list[Path]:
        if side == self.named:
            return [self.path]
        return list(dict.fromkeys(path for path, _ in self.lines))

    def has_flags(self, side: str) -> bool:
        return side != self.named

    def deciding(self, side: str, record: Record) -> tuple[int | None, str]:
        if side == self.named:
            value = self._value(record)
            line = next((index for index, (_, item) in enumerate(self.lines) if same(item, value)), None)
        else:
            line = next((index for index, (path, _) in enumerate(self.lines) if self._is_true(record, path)), None)
        return line, "otherwise" if line is None else ""

    def _value(self, record: Record) -> Any:
        try:
            return self.read(self.named, record, self.path)
        except UnreadError:
            return MISSING

    def _flag(self, record: Record, path: Path) -> Any:
        """Return a flag as the lines have it."""
        return get(record, path) if self.codec is None else self.read(OTHER[self.named], record, path)

    def _is_true(self, record: Record, path: Path) -> bool:
        try:
            return self._flag(record, path) is True
        except UnreadError:
            return False

    def convert(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        try:
            yield from (self._from_value if source == self.named else self._from_flags)(source, record, target)
        except UnreadError as error:
            yield error.reason

    def _from_flags(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        for path in self.paths(source):
            if not isinstance(flag := self._flag(record, path), bool | None) and flag is not MISSING:
                yield Reason(self.place, "flag", path, "no truth value")
                return
        first = next((value for path, value in self.lines if self._is_true(record, path)), self.otherwise[self.named])
        if first is MISSING:
            yield Reason(self.place, "table", self.path, "no flag")
            return
        self.lay(self.named, target, self.path, first)

    def _from_value(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        value = self.read(self.named, record, self.path)
        chosen = next((path for path, item in self.lines if same(item, value)), None)
        other = self.otherwise[OTHER[self.named]]
        if chosen is None and other is not False and (value is MISSING or not same(value, other)):
            open_value = value is not MISSING and not finite(
                self.scene.schemas[source], self.scene.full(source, self.path)
            )
            detail = "absent" if value is MISSING else "no line"
            yield Reason(self.place, "table", self.path, detail, excused=open_value)
            return
        flags = {path: path == chosen for path in self.paths(OTHER[source])}
        if source == "inside" and self.only_read:
            self._follow(flags, chosen)
        for path, flag in flags.items():
            if source == "inside" and path in self.only_read:
                self.lay_only_read(target, path, flag)
            elif self.codec is None:
                put(target, path, flag)
            else:
                self.lay(OTHER[source], target, path, flag)

    def _follow(self, flags: dict[Path, Any], chosen: Path | None) -> None:
        """Let flags that are only read be as they were last, where the line is read by that."""

        def is_read(values: dict[Path, Any]) -> bool:
            return next((path for path, _ in self.lines if values[path] is True), None) == chosen

        sent = {path: flag for path, flag in flags.items() if path not in self.only_read}
        self.following(sent, lambda _path: [True], is_read)
        flags |= sent

    def cells(self, line: Any) -> Iterator[tuple[str, Path, Any]]:
        name = self.scene.names[self.named]
        if not isinstance(line, dict) or name in line:
            yield self.named, self.path, line[name] if isinstance(line, dict) else line

    def equal(self, side: str, one: Record, other: Record, *, exact: bool = False) -> bool:
        if side == self.named:
            return super().equal(side, one, other, exact=exact)
        if self.codec is not None and side == "outside":
            one, other = (without_what_is_free(self, self.codec, record) for record in (one, other))
        return all(self._is_as_it_was(side, one, other, path) for path in self.paths(side))

    def _is_as_it_was(self, side: str, one: Record, other: Record, path: Path) -> bool:
        """Return whether two records have the same flag, in the same form where a codec reads it; absent is false."""
        if self._is_true(one, path) != self._is_true(other, path):
            return False
        forms = [self.specs[side].there(record, path) for record in (one, other)]
        return self.codec is None or MISSING in forms or same(*forms)

    def hints(self, side: str) -> dict[Path, Sequence[Any]]:
        if side == self.named:
            return self.hints_of({self.path: self._named_values()}, side)
        return {} if self.codec is None else self.hints_of(dict.fromkeys(self.paths(side), (True, False)), side)

    def _named_values(self) -> list[Any]:
        more = self.otherwise[self.named]
        return [*(value for _, value in self.lines), *([] if more is MISSING else [more])]

    def extra(self, side: str, path: Path) -> Sequence[Any]:
        more = [] if self.codec is None else super().extra(side, path)
        if side != self.named:
            return more if self.codec is None else [*self.standing(side, [True, False]), *more]
        return [*self.standing(side, self._named_values()), *more]

    def trials(self, side: str, base: Record) -> Iterator[Record]:
        if side == self.named:
            yield from super().trials(side, base)
            return
        paths = self.paths(side)
        no, yes, *others = map(self.specs[side].sent, self.standing(side, [False, True]))
        for path in paths:
            yield changed(base, {**dict.fromkeys(paths, no), path: yes})
            yield from (changed(base, {path: item}) for item in self.choices(side, path) if item not in (True, False))
        for items in islice(product([no, yes, MISSING, None], repeat=len(paths)), MANY):
            yield changed(base, dict(zip(paths, items, strict=True)))
        for items in islice(product([no, yes, *others], repeat=len(paths)), MANY) if others else ():
            yield changed(base, dict(zip(paths, items, strict=True)))


def make(draft: Draft) -> None:
    """A status and its flags."""
    rng = draft.rng
    named = rng.choice([*SIDES, "inside"])
    other = OTHER[named]
    values = rng.sample(["open", "done", "held", "gone", 1, 2], rng.randint(1, 4))
    lines = []
    form = draw_form(draft, [True, False]) if other == "outside" and draft.chance(0.2) else None
    for value in values:
        schema: Schema = dict(form[1]) if form is not None and other == "outside" else {"type": "boolean"}
        if draft.chance(0.3) or draft.specs[other].when_absent is None:
            schema = nullable(rng, schema)
        path = draft.put(other, schema, required=draft.chance(0.3))
        lines.append({draft.names[other]: path_text(path), draft.names[named]: value})
    raw: dict[str, Any] = {**({} if form is None else {"as": form[0]}), "flags": lines}
    if draft.chance(0.85):
        raw["otherwise"] = rng.choice([*values, "else", rng.choice(values)])
    if raw.get("otherwise") in values and draft.chance(0.25):
        halves = {draft.names[named]: raw["otherwise"], draft.names[other]: False}
        raw["otherwise"] = {name: halves[name] for name in halves if draft.chance(0.7)} or halves
    listed = [*values, *([raw["otherwise"]] if raw.get("otherwise") == "else" else [])]
    known: Schema = {"enum": listed} if draft.chance(0.85) else {"type": ["string", "integer"]}
    path = draft.put(named, known, required=not draft.chance(0.1))
    if draft.chance(0.6):
        raw["lossy"] = "flags beside the first true one mean nothing"
    draft.rule({draft.names[named]: path_text(path), **raw})
    assert not among(MISSING, values)
