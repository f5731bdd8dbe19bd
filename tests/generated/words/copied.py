"""Two paths: a value that both systems have; with a codec, over several fields, as the key, written once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tests.generated.builder import related, value
from tests.generated.case import SIDES
from tests.generated.records import edges
from tests.generated.schemas import Schema, finite, types
from tests.generated.values import MISSING, Path, Record, get, path_text, same, selected_list
from tests.generated.words.base import Word, full_hints, paths_of
from tests.generated.words.codec import INT64, Codec, NotUnderstoodError, notations, understands
from tests.generated.words.codecs import codec_of, draw, draw_several
from tests.generated.words.draft import Draft
from tests.generated.words.laid import changed, without_what_is_free
from tests.generated.words.patterns import in_digits
from tests.generated.words.scene import OTHER, Reason, Scene


class Copied(Word):
    """A value that both systems have."""

    kind = "copy"

    def __init__(self, raw: dict[str, Any], place: tuple[int, ...], scene: Scene) -> None:
        super().__init__(raw, place, scene)
        self.fields = {side: paths_of(raw[scene.names[side]]) for side in SIDES}
        self.codec: Codec | None = _codec(raw, self) if "as" in raw else None
        if self.codec is not None and self.codec.blank:
            self.specs["outside"] = replace(self.specs["outside"], blank=True)
        self.key = raw.get("key") is True
        self.looks_back = any(selected_list(path) is not None for path in self.fields["outside"])

    @property
    def label(self) -> str:
        form = "several" if len(self.fields["outside"]) > 1 else self.codec.name if self.codec else "copy"
        if self.codec and isinstance(self.raw["as"], dict) and isinstance(self.raw["as"][self.codec.name], dict):
            form += "+" + "+".join(sorted(self.raw["as"][self.codec.name] or {}))
        return f"key {form}" if self.key else form

    @property
    def copies(self) -> bool:
        return self.codec is None

    def paths(self, side: str) -> list[Path]:
        return self.fields[side]

    def convert(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        values = [self.specs[source].read(record, path) for path in self.fields[source]]
        other = OTHER[source]
        places = self.fields[other]
        gone = [value is MISSING for value in values]
        if any(gone):
            if not all(gone):
                yield Reason(self.place, "several", self.fields[source][gone.index(True)], excused=True)
            elif self.key:
                yield Reason(
                    self.place,
                    "key",
                    self.fields[source][0],
                    "absent",
                    excused=source == "inside" or self.specs[source].taken(get(record, self.fields[source][0])) == "",
                )
            for path in places:
                self.specs[other].write(target, path, MISSING)
            return
        try:
            made = self._convert(source, values)
        except NotUnderstoodError:
            content = self.codec is not None and source == "outside" and all(map(self.codec.takes, values))
            content = content and not any(map(self._is_listed, range(len(values)), values))
            yield Reason(self.place, "codec", self.fields[source][0], excused=content)
            return
        if self.key and not self._comes_back(source, made[0]):
            yield Reason(self.place, "key", self.fields[source][0], "another")
        if self.key and (wrong := _no_key(made[0] if source == "outside" else values[0])):
            yield Reason(self.place, "key", self.fields[source][0], wrong, excused=wrong in {"empty", "range"})
        if self.key and len(self.place) == 1 and self.specs[other].absent(made[0]):
            yield Reason(self.place, "key", self.fields[source][0], "absent there")
        for path, item in zip(places, made, strict=True):
            self.specs[other].write(target, path, item)

    def _comes_back(self, source: str, value: Any) -> bool:
        """Return whether what goes of a key comes back as it: a text may be another one in the form of all texts."""
        column = self.specs["outside"].column
        return source == "outside" or column is None or not column.writes(value) or same(column.settled(value), value)

    def inward(self, path: Path, expected: Record, inside: Record) -> Any:
        del path, expected
        return self.specs["inside"].read(inside, self.fields["inside"][0])

    def equal(self, side: str, one: Record, other: Record, *, exact: bool = False) -> bool:
        if self.codec is not None and self.codec.numbers:
            one, other = self._plain(side, one), self._plain(side, other)
        if self.codec is not None and side == "outside":
            one, other = (without_what_is_free(self, self.codec, record) for record in (one, other))
        return super().equal(side, one, other, exact=exact)

    def _plain(self, side: str, record: Record) -> Record:
        """Return a record with a whole number as such: 7.0 means 7 where a codec makes numbers, unless 7 means none."""
        path = self.fields[side][0]
        value = get(record, path)
        if not isinstance(value, float) or not value.is_integer():
            return record
        is_none = self.specs[side].absent(int(value)) and not self.specs[side].absent(value)
        return record if is_none else changed(record, {path: int(value)})

    def _is_listed(self, index: int, value: Any) -> bool:
        """Return whether the outside schema lists a value that is not read, whatever the other fields have."""
        assert self.codec is not None
        beside = [(*others[:index], value, *others[index + 1 :]) for others in self.codec.understood]
        listed = finite(self.scene.schemas["outside"], self.scene.full("outside", self.fields["outside"][index]))
        return listed and not any(understands(self.codec.decode, values) for values in beside)

    def _convert(self, source: str, values: list[Any]) -> Sequence[Any]:
        if self.codec is None:
            return values
        if source == "outside":
            return [self.codec.decode(tuple(values))]
        made, column = self.codec.encode(values[0]), self.specs["outside"].column
        if column is not None:
            column.lays(self.codec, made)
        return made

    def hints(self, side: str) -> dict[Path, Sequence[Any]]:
        if self.codec is None or side == "inside":
            return {}
        columns = zip(*self.codec.understood, strict=True)
        return full_hints(self, side, zip(self.fields[side], columns, strict=True))

    def removed(self, side: str, one: Record, other: Record) -> bool:
        spec = self.specs[side]
        there = [path for path in self.fields[side] if spec.read(one, path) is not MISSING]
        if self.codec is not None and self.codec.blank and all(str(get(one, path)).isspace() for path in there):
            return False  # blanks are lost as any other blanks are
        return self.codec is not None and any(spec.read(other, path) is MISSING for path in there)

    def trials(self, side: str, base: Record) -> Iterator[Record]:
        if self.codec is not None and side == "outside" and len(self.fields[side]) > 1:
            for values in (*self.codec.understood, *self.codec.odd):
                sent = map(self.specs[side].sent, values)
                yield changed(base, dict(zip(self.fields[side], sent, strict=True)))
        yield from super().trials(side, base)

    def extra(self, side: str, path: Path) -> Sequence[Any]:
        found = [*super().extra(side, path), *self._absent_there(side)]
        if self.codec is not None and self.codec.blank and side == "outside":
            found.append("  ")
        if self.codec is not None and side == "outside":
            index = self.fields[side].index(path)
            odd = [values[index] if isinstance(values, tuple) else values for values in self.codec.odd]
            found += [*(values[index] for values in self.codec.understood), *odd]
            found += [other for item in [*self.specs[side].nulls, *found] for other in notations(item)][:40]
        elif self.codec is not None:
            found += self.codec.dates
            found += map(float, filter(_is_whole, Word.extra(self, side, path))) if self.codec.numbers else ()
            if not self.scene.nodes(side, path):  # no schema says what it is
                found += edges({}, self.codec.inside, side)
        else:
            other = OTHER[side]
            for node in self.scene.nodes(other, self.fields[other][0]):
                found += edges(self.scene.schemas[other], node, other)
        if self.key:
            found += [f"key{number}" for number in range(3)]
        return [*found, *(self._sent_edges() if side == "inside" else ())]

    def _sent_edges(self) -> Iterator[Any]:
        """Yield what is at the edges of what a codec under `written` writes."""
        for path in self.fields["outside"]:
            entry = self.scene.written.find(path)
            if entry is not None and entry.word:
                yield from codec_of(self.scene.codec(entry.word)).dates

    def _absent_there(self, side: str) -> Iterator[Any]:
        """Yield the values that become what means absent on the other side."""
        spec = self.specs[OTHER[side]]
        if len(self.fields["outside"]) > 1:
            return
        for item in [*spec.nulls, *([] if spec.when_absent is MISSING else [spec.when_absent])]:
            try:
                yield self._convert(OTHER[side], [item])[0]
            except NotUnderstoodError:
                continue


def _codec(raw: dict[str, Any], word: Copied) -> Codec:
    nodes = [word.scene.nodes("outside", path) for path in word.fields["outside"]]
    kinds = [{kind for node in found for kind in types(node)} for found in nodes]
    made = codec_of(word.scene.codec(raw["as"]), set().union(*kinds), len(kinds))
    return in_digits(made, [bool(found) and found <= {"integer", "number", "null"} for found in kinds])


def _is_whole(item: Any) -> bool:
    return type(item) is int


def _no_key(item: Any) -> str:
    if isinstance(item, str):
        return "" if item else "empty"
    if isinstance(item, int) and not isinstance(item, bool):
        return "" if INT64[0] <= item <= INT64[1] else "range"
    return "type"


def make_copy(draft: Draft) -> None:
    """A value as it is."""
    schema = value(draft.rng)
    one, other = draft.rng.sample([related(draft.rng, schema), schema], 2)
    likely = [item for item in schema.get("enum", [1, "a", True]) if not isinstance(item, float)][:3]
    draft.rule({**draft.pair(one, other, dict.fromkeys(SIDES, likely)), **_once(draft)})


def make_converted(draft: Draft) -> None:
    """A value with a codec."""
    word = draw(draft.rng)
    codec = codec_of(word)
    likely = {"outside": [values[0] for values in codec.understood[:3]], "inside": [1, True]}
    raw = {**draft.pair(dict(codec.outside), dict(codec.inside), likely), "as": word, **_once(draft)}
    draft.rule({**raw, **_lossy(draft)})


def make_several(draft: Draft) -> None:
    """One date inside, several fields outside."""
    word = draw_several(draft.rng)
    codec = codec_of(word, fields=2)
    raw = {**draft.pair(dict(codec.outside), dict(codec.inside)), "as": word}
    nodes = draft.builders["outside"]
    first = paths_of(raw[draft.names["outside"]])[0]
    required = first[0] in nodes.schema["required"]
    schema = nodes.schema["properties"][first[0]] if len(first) == 1 else dict(codec.outside)
    more = [
        draft.put("outside", _listing(draft, schema, codec, index), required=required)
        for index in range(1, codec.count)
    ]
    raw[draft.names["outside"]] = [path_text(path) for path in (first, *more)]
    draft.rule({**raw, **_lossy(draft)})


def _listing(draft: Draft, schema: Schema, codec: Codec, index: int) -> Schema:
    """Return the schema of one of several fields, which sometimes lists its values, one that is not read among them."""
    if not draft.chance(0.1):
        return dict(schema)
    read = dict.fromkeys(values[index] for values in codec.understood)
    return {"enum": [*read, *(["x"] if draft.chance(0.5) else []), *([None] if "null" in types(schema) else [])]}


def make_key(draft: Draft) -> None:
    """A value that identifies the record."""
    form = draft.rng.random()
    whole = draft.rng.choice([{}, {"minimum": 1}, {"minimum": INT64[0], "maximum": INT64[1]}])
    number: Schema = {"type": "integer", **whole}
    text: Schema = {"type": "string", **draft.rng.choice([{}, {"minLength": 1}, {"pattern": "^[A-Z]{2}$"}])}
    raw: dict[str, Any]
    schemas: dict[str, Schema]
    if draft.element:
        number, form = {"type": "integer", "minimum": 1}, max(form, 0.2)
    if form < 0.2:
        schemas, raw = {"outside": {"type": "string"}, "inside": {"type": "integer"}}, {"as": "integer_text"}
    else:
        schema = number if form < 0.6 else text
        schemas, raw = {side: dict(schema) for side in SIDES}, {}
    is_always = not draft.chance(0.3 if draft.group else 0.02)  # a group without its key is absent
    paths = {
        side: draft.put(side, schemas[side], required=is_always, path=draft.fresh(side, listed=False)) for side in SIDES
    }
    draft.rule({**{draft.names[side]: path_text(paths[side]) for side in SIDES}, "key": True, **raw})


def _once(draft: Draft) -> dict[str, Any]:
    if not draft.element and draft.chance(0.1):
        return {"write": "once"}
    return (
        {"wins": draft.rng.choice(["client", "tracos", "review"])} if not draft.element and draft.chance(0.05) else {}
    )


def _lossy(draft: Draft) -> dict[str, Any]:
    said = draft.rng.choice(["as the client has it", {"W165": "as the client has it"}, {"W165": "a", "W180": "b"}])
    return {"lossy": said} if draft.chance(0.4) else {}
