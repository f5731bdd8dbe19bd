"""One path and `from`: a value that is computed from the other system's record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from tests.generated.case import SIDES
from tests.generated.schemas import scalar
from tests.generated.values import MISSING, Path, Record, path_text
from tests.generated.words.base import OTHER, Draft, Reason, Scene, Word, paths_of
from tests.generated.words.codecs import CODECS, NotUnderstoodError, codec_of


class Computed(Word):
    """A value that is computed, one way."""

    kind = "from"
    two_way = False

    def __init__(self, raw: dict[str, Any], place: tuple[int, ...], scene: Scene) -> None:
        super().__init__(raw, place, scene)
        self.target = next(side for side in SIDES if scene.names[side] in raw)
        self.path = paths_of(raw[scene.names[self.target]])[0]
        self.expression = jmespath.compile(raw["from"])
        self.codec = codec_of(raw["as"]) if "as" in raw else None

    @property
    def label(self) -> str:
        return f"from {self.codec.name}" if self.codec else "from"

    def paths(self, side: str) -> list[Path]:
        return [self.path] if side == self.target else []

    def translate(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        if source == self.target:
            return
        try:
            value = self.expression.search(record)
        except JMESPathError:
            yield Reason(self.place, "expression", self.path, excused=True)
            return
        if value is not None and self.codec is not None:
            try:
                value = self.codec.decode((value,)) if self.target == "inside" else self.codec.encode(value)[0]
            except NotUnderstoodError:
                yield Reason(self.place, "codec", self.path, excused=isinstance(value, str))
                return
        self.specs[self.target].write(target, self.path, MISSING if value is None else value)

    def trials(self, side: str, base: Record) -> Iterator[Record]:
        if side == self.target:
            yield from super().trials(side, base)
            return
        for name in fields(self.expression.parsed):
            yield from _Reads(name, self).trials(side, base)


class _Reads(Word):
    """The fields that an expression reads, as a rule would read them."""

    kind = "reads"

    def __init__(self, name: str, word: Word) -> None:
        super().__init__({}, word.place, word.scene)
        self.name = name

    def paths(self, side: str) -> list[Path]:
        del side
        return [(self.name,)]

    def translate(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        del source, record, target
        yield from ()


def fields(parsed: Any) -> list[str]:
    """Return the names at the top of a record that an expression reads."""
    if parsed["type"] == "field":
        return [parsed["value"]]
    below = [name for child in parsed["children"] if isinstance(child, dict) for name in fields(child)]
    return sorted(set(below[:1] if parsed["type"] == "subexpression" else below))


def make(draft: Draft) -> None:
    """A computed value, of fields that the other side has or gets for it."""
    rng = draft.rng
    target = rng.choice(SIDES)
    source = OTHER[target]
    read, read_required = draft.fresh(source), draft.chance(0.6)
    kind = rng.choice(["string", "string", "integer", "boolean"])
    form = rng.choice(["plain", "or", "join", "date"] if target == "outside" else ["plain", "or", "join"])
    text = path_text(read)
    raw: dict[str, Any] = {}
    required = draft.chance(0.5)
    if form == "date":
        codec = codec_of(raw.setdefault("as", rng.choice([name for name in CODECS if name not in {"integer_text", "boolean_text"}])))
        schema, made, expression = dict(codec.inside), dict(codec.outside), text
    elif form == "plain":
        schema = made = scalar(rng, kind)
        expression = text
    elif form == "or":
        schema, expression = {"type": kind}, f"{text} || {_literal(kind)}"
        made, required = {"type": kind}, draft.chance(0.8)
    else:
        schema, made, read_required = {"type": "string"}, {"type": "string"}, True
        expression = f"join(' ', [{text}, 'x'])"
    if form in {"plain", "date"}:
        required = required and read_required
    draft.put(source, schema, required=read_required, path=read)
    written = {target: made}
    options = draft.options({**{side: {} for side in SIDES}, **written}, {target: required, source: read_required})
    options.pop("nulls", None)
    options = {word: {draft.names[target]: words[draft.names[target]]} for word, words in options.items() if draft.names[target] in words}
    path = draft.put(target, made, required=required)
    once = {"write": "once"} if target == "inside" and not draft.element and draft.chance(0.2) else {}
    lossy = {"lossy": "it repeats another field"} if target == "inside" and not once and draft.chance(0.6) else {}
    draft.rule({draft.names[target]: path_text(path), "from": expression, **raw, **options, **once, **lossy})
    if draft.chance(0.7):
        _map_what_is_read(draft, source, read, schema, read_required)


def _literal(kind: str) -> str:
    return {"string": "'none'", "integer": "`0`", "boolean": "`false`"}[kind]


def _map_what_is_read(draft: Draft, source: str, read: Path, schema: dict[str, Any], required: bool) -> None:
    """Make a rule for a field that the expression reads, so that the field is mapped."""
    if schema.get("format") == "date-time":
        partner, word = {"type": "string"}, {"as": "datetime", "lossy": "BSON keeps UTC"}
    else:
        partner, word = schema, {}
    path = draft.put(OTHER[source], partner, required=required)
    names = draft.names
    draft.rule({names[source]: path_text(read), names[OTHER[source]]: path_text(path), **word})
