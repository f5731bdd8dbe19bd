"""One path and `from`: a value that is computed from the other system's record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tests.generated.builder import scalar
from tests.generated.case import SIDES
from tests.generated.records import edges
from tests.generated.values import MISSING, Path, Record, get, path_text
from tests.generated.words import forms
from tests.generated.words.base import Word, paths_of
from tests.generated.words.codec import Codec, NotUnderstoodError
from tests.generated.words.codecs import codec_of
from tests.generated.words.draft import Draft
from tests.generated.words.expressions import Expression, FailsError
from tests.generated.words.laid import changed
from tests.generated.words.scene import OTHER, Reason, Scene, Spec


class Computed(Word):
    """A value that is computed, one way."""

    kind = "from"
    two_way = False

    def __init__(self, raw: dict[str, Any], place: tuple[int, ...], scene: Scene) -> None:
        super().__init__(raw, place, scene)
        self.target = next(side for side in SIDES if scene.names[side] in raw)
        self.path = paths_of(raw[scene.names[self.target]])[0]
        said = raw["from"]
        self.expression = Expression(said if isinstance(said, str) else f"`{json.dumps(said)}`")
        self.codec = codec_of(scene.codec(raw["as"])) if "as" in raw else None
        if self.codec is not None and self.codec.blank and self.expression.path is not None:
            self.specs["outside"] = replace(self.specs["outside"], blank=True)

    @property
    def label(self) -> str:
        return f"from {self.codec.name}" if self.codec else "from"

    @property
    def copies(self) -> bool:
        return self.codec is None and self.expression.path is not None

    def paths(self, side: str) -> list[Path]:
        return [self.path] if side == self.target else []

    def reads(self, side: str) -> list[Path]:
        return self.paths(side) if side == self.target else self.expression.reads

    def keeps(self, side: str) -> list[Path]:
        """Return what it reads; of an expression that is more than a path, the whole of that at the top."""
        is_path = side == self.target or self.expression.path is not None
        return self.reads(side) if is_path else [path[:1] for path in self.reads(side)]

    def passes(self, source: str) -> list[Path]:
        path = self.expression.path
        return [] if path is None or source == self.target else [path]

    def formed(self) -> list[Path]:
        return [] if self.target == "outside" else self.expression.reads

    def unread(self, record: Record) -> Iterator[Path]:
        column = self.specs["outside"].column
        if column is None or self.expression.path is not None:
            yield from super().unread(record)
            return
        for path in self.formed():  # what means absent is asked of the result
            yield from ((*path, *at) for at in column.unread(get(record, path)))

    def convert(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        if source == self.target:
            return
        try:
            value = self._value(source, record)
        except FailsError:
            yield Reason(self.place, "expression", self.path)
            return
        if value is not None and self.codec is not None:
            try:
                value = self.codec.decode((value,)) if self.target == "inside" else self._written(self.codec, value)
            except NotUnderstoodError:
                content = source == "outside" and self.codec.takes(value)
                yield Reason(self.place, "codec", self.path, excused=content)
                return
        self.specs[self.target].write(target, self.path, MISSING if value is None else value)

    def _value(self, source: str, record: Record) -> Any:
        """Return what it computes, None for nothing.

        Raises: FailsError.
        """
        means = self.specs[source]
        value = self.expression.of(self._taken(means, record))
        if self.expression.path is None:
            means = Spec(means.nulls, is_cell=means.is_cell)
        return None if means.absent(value) else value

    def _taken(self, means: Spec, record: Record) -> Any:
        """Return a record with the texts that it reads as rules have them."""
        if means.column is None or not means.column.of_fields:
            return means.taken(record)
        texts = {path: item for path in self.expression.reads if isinstance(item := get(record, path), str)}
        return changed(record, {path: means.taken(item) for path, item in texts.items()})

    def _written(self, codec: Codec, value: Any) -> Any:
        made, column = codec.encode(value)[0], self.specs["outside"].column
        if column is not None:
            column.lays(codec, [made])
        return made

    def inward(self, path: Path, expected: Record, inside: Record) -> Any:
        del path, expected
        value = self._value("inside", inside)
        return MISSING if value is None else value

    def trials(self, side: str, base: Record) -> Iterator[Record]:
        if side == self.target:
            yield from super().trials(side, base)
            return
        for path in self.expression.reads:
            yield from _Reads(path, self).trials(side, base)


class _Reads(Word):
    """The fields that an expression reads, as a rule would read them."""

    kind = "reads"

    def __init__(self, path: Path, word: Computed) -> None:
        super().__init__({"nulls": word.raw.get("nulls", {})}, word.place, word.scene)
        self.path, self.word, self.to_try = path, word, word.to_try

    def paths(self, side: str) -> list[Path]:
        del side
        return [self.path]

    def extra(self, side: str, path: Path) -> Sequence[Any]:
        """Return what the field that is written may have, and that as text and as number."""
        word, other = self.word, OTHER[side]
        schema = self.scene.schemas[other]
        wanted = [item for node in self.scene.nodes(other, word.path) for item in edges(schema, node, other)]
        meant = [*super().extra(side, path), *wanted]
        texts = [text for item in meant if type(item) in (int, float) for text in (json.dumps(item), f"{item:03}")]
        numbers = [int(item) for item in wanted if isinstance(item, str) and re.fullmatch("[0-9]{1,18}", item)]
        return [*super().extra(side, path), *wanted, *texts, *numbers]

    def convert(self, source: str, record: Record, target: Record) -> Iterator[Reason]:
        del source, record, target
        yield from ()


def make(draft: Draft) -> None:
    """A computed value, of a field that the other side has or gets for it."""
    rng = draft.rng
    target = rng.choice(SIDES)
    source = OTHER[target]
    if draft.chance(0.12):
        _make_constant(draft, target)
        return
    read = draft.fresh(source)
    form = forms.drawn(draft.rng, target, path_text(read))
    read_required = draft.chance(0.6) or form.needs
    required = draft.chance(0.5) and (read_required or form.always or draft.chance(0.1))
    draft.put(source, form.reads, required=read_required, path=read)
    options = draft.options({target: form.makes, source: {}}, {target: required, source: read_required})
    if draft.chance(0.7):
        options = {
            word: {draft.names[target]: item[draft.names[target]]}
            for word, item in options.items()
            if word == "when_absent" and draft.names[target] in item
        }
    path = draft.put(target, form.makes, required=required)
    once = {"write": "once"} if target == "inside" and not draft.element and draft.chance(0.2) else {}
    lossy = {"lossy": "it repeats another field"} if target == "inside" and not once and draft.chance(0.6) else {}
    draft.rule({draft.names[target]: path_text(path), "from": form.text, **form.words, **options, **once, **lossy})
    if draft.chance(0.7):
        _map_what_is_read(draft, source, read, form.reads, read_required)


def _make_constant(draft: Draft, target: str) -> None:
    """A value that is always the same."""
    rng = draft.rng
    item = rng.choice(["'open'", "'N/A'", "''", 7, 0, 1.5, True, False, "`[1]`"])
    kind = {str: "string", int: "integer", float: "number", bool: "boolean"}[type(item)]
    schema = rng.choice([{"type": kind}, {"type": kind}, scalar(rng, kind)])
    if item == "`[1]`":
        schema = {"type": "array"}
    options = draft.options({target: schema, OTHER[target]: {}}, dict.fromkeys(SIDES, True))
    path = draft.put(target, schema, required=draft.chance(0.5))
    once = {"write": "once"} if target == "inside" and not draft.element and draft.chance(0.3) else {}
    lossy = {"lossy": "it is always so"} if target == "inside" and not once and draft.chance(0.6) else {}
    named = {
        word: {draft.names[target]: said[draft.names[target]]}
        for word, said in options.items()
        if draft.names[target] in said
    }
    draft.rule({draft.names[target]: path_text(path), "from": item, **named, **once, **lossy})


def make_both_ways(draft: Draft) -> None:
    """Two computed values, each of the other: text outside, a number inside."""
    required = draft.chance(0.6)
    text = draft.rng.choice([{"type": "string"}, {"type": "string", "pattern": "^[0-9]{3}$"}])
    outside = draft.put("outside", text, required=required)
    inside = draft.put("inside", {"type": draft.rng.choice(["integer", "number"])}, required=required)
    names = draft.names
    draft.rule({names["outside"]: path_text(outside), "from": f"to_string({path_text(inside)})"})
    lossy = {"lossy": "the client writes text"} if draft.chance(0.4) else {}
    draft.rule({names["inside"]: path_text(inside), "from": f"to_number({path_text(outside)})", **lossy})


def _map_what_is_read(draft: Draft, source: str, read: Path, schema: dict[str, Any], required: bool) -> None:
    """Make a rule for a field that the expression reads, so that the field is mapped."""
    if schema.get("format") == "date-time":
        partner, word = {"type": "string"}, {"as": "datetime", "lossy": "BSON keeps UTC"}
    else:
        partner, word = schema, {}
    path = draft.put(OTHER[source], partner, required=required)
    names = draft.names
    draft.rule({names[source]: path_text(read), names[OTHER[source]]: path_text(path), **word})
