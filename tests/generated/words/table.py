"""What tables have in common: lines of values, of which those outside may stand in a form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice, product
from typing import Any, Final, TypeAlias

from tests.generated.schemas import Schema, at, finite, kind_of, types
from tests.generated.values import MISSING, Path, Record, among, get, same
from tests.generated.words.base import Word, full_hints
from tests.generated.words.codec import Codec, NotUnderstoodError, notations, understands
from tests.generated.words.codecs import codec_of
from tests.generated.words.draft import Draft
from tests.generated.words.laid import changed, fits, without_what_is_free
from tests.generated.words.scene import Reason, Scene

Named: TypeAlias = Callable[[Path], Sequence[Any]]

_MANY: Final = 2_000
"""So many values of what is only read are tried together."""


class UnreadError(Exception):
    """A value outside that the codec of its table does not read, or does not write."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Table(Word):
    """A rule with lines. `as` of it is for each outside field that the lines name."""

    def __init__(self, raw: dict[str, Any], place: tuple[int, ...], scene: Scene) -> None:
        super().__init__(raw, place, scene)
        self.codec: Codec | None = codec_of(scene.codec(raw["as"])) if "as" in raw else None
        if self.codec is not None and self.codec.blank:
            self.specs["outside"] = replace(self.specs["outside"], blank=True)

    def codec_at(self, side: str, path: Path) -> Codec | None:
        """Return the form in which a field stands, None for none."""
        del path
        return self.codec if side == "outside" else None

    @cached_property
    def only_read(self) -> list[Path]:
        """The outside fields that are not sent, beside others that are."""
        paths = self.paths("outside")
        found = [path for path in paths if self.scene.written.place(path) is None]
        return found if len(found) < len(paths) else []

    def following(self, values: dict[Path, Any], named: Named, is_read: Callable[[dict[Path, Any]], bool]) -> None:
        """Put what is only read beside what is written: the last value, else the first by which the line is read.

        values: what is written, without what means absent. named: the values that lines name for a field, those of
        this line first. is_read: whether the line decides on the values of all fields.
        """
        last = {path: self.read("outside", self.last, path) for path in self.only_read}
        options = [_each_once([last[path], *named(path), *self._listed(path), MISSING]) for path in self.only_read]
        there = {path: MISSING if self.specs["outside"].absent(value) else value for path, value in values.items()}
        tried = (dict(zip(self.only_read, chosen, strict=True)) for chosen in islice(product(*options), _MANY))
        values |= next((found for found in tried if is_read(there | found)), last)

    def _listed(self, path: Path) -> list[Any]:
        """Return the values that the schema lists for an outside field, as lines have them."""
        schema, full = self.scene.schemas["outside"], self.scene.full("outside", path)
        items = [item for node in at(schema, full) for item in (*node.get("enum", ()), *_flags_of(node))]
        return [self.read("outside", made, path) for made in (changed({}, {path: item}) for item in items)]

    def lay_only_read(self, target: Record, path: Path, value: Any) -> None:
        """Lay what is only read: as it lay there last where it has that value.

        Raises: UnreadError, where the codec does not write it.
        """
        last = self.read("outside", self.last, path)
        if value is last or (MISSING not in (value, last) and same(value, last)):
            self.specs["outside"].lay(target, path, get(self.last, path))
        elif value is not MISSING:
            self.lay("outside", target, path, value)

    @property
    def label(self) -> str:
        return f"{self.kind} as {self.codec.name}" if self.codec else self.kind

    def read(self, side: str, record: Record, path: Path) -> Any:
        """Return the value of a field as lines have it, MISSING for none.

        Raises: UnreadError, where the codec does not read it.
        """
        value, codec = self.specs[side].read(record, path), self.codec_at(side, path)
        if codec is None or value is MISSING:
            return value
        try:
            return codec.decode((value,))
        except NotUnderstoodError:
            content = codec.takes(value) and not finite(self.scene.schemas[side], self.scene.full(side, path))
            raise UnreadError(Reason(self.place, "codec", path, excused=content)) from None

    def lay(self, side: str, target: Record, path: Path, value: Any) -> None:
        """Write the value of a line, MISSING for none, in the form in which it stands.

        Raises: UnreadError, where the codec does not write it.
        """
        codec = self.codec_at(side, path)
        if codec is not None and value is not MISSING:
            try:
                value = codec.encode(value)[0]
                if (column := self.specs[side].column) is not None:
                    column.lays(codec, [value])
            except NotUnderstoodError:
                raise UnreadError(Reason(self.place, "codec", path)) from None
        self.specs[side].write(target, path, value)

    def inward(self, path: Path, expected: Record, inside: Record) -> Any:
        del inside
        return self.read("outside", expected, path)

    def is_made(self, side: str, value: Any) -> bool:
        if side == "inside":
            return True
        column = self.specs[side].column
        try:
            written = value if self.codec is None else self.codec.encode(value)[0]
            read = written if column is None else column.read(column.write(written))
            return same(read if self.codec is None else self.codec.decode((read,)), value)
        except NotUnderstoodError:
            return False

    def standing(self, side: str, values: Iterable[Any], path: Path = ()) -> list[Any]:
        """Return values of lines before the codec: first as they are written, then in other forms."""
        if self.codec is None or self.codec_at(side, path) is None:
            return list(values)
        written = [self.codec.encode(item)[0] for item in values if understands(self.codec.encode, item)]
        found: list[Any] = []
        read = [form for values in self.codec.understood[:4] for form in values]
        for item in (*written, *read, *(form for one in written for form in _forms(one)), *self.codec.odd[:3]):
            if not among(item, found):
                found.append(item)
        return found

    def equal(self, side: str, one: Record, other: Record, *, exact: bool = False) -> bool:
        """Return whether two records say the same; blanks and letters of what is no text inside are nothing."""
        if self.codec is not None and side == "outside":
            bare = [path for path in self.paths(side) if self.codec_at(side, path) is None]
            one, other = (without_what_is_free(self, self.codec, record, bare) for record in (one, other))
        return super().equal(side, one, other, exact=exact)

    def hints_of(self, values: dict[Path, Sequence[Any]], side: str) -> dict[Path, Sequence[Any]]:
        """Return the values that the table is made for, by full path. values: as lines have them."""
        found: list[tuple[Path, Sequence[Any]]] = []
        for path, items in values.items():
            standing = self.standing(side, items, path)
            in_form = [item for item in standing if fits(self.scene, side, path, item)]
            found.append((path, standing if self.codec is None else in_form or standing))
        return full_hints(self, side, found)

    def extra(self, side: str, path: Path) -> Sequence[Any]:
        blank = self.codec is not None and self.codec.blank and side == "outside"
        return [*super().extra(side, path), *(["  "] if blank else [])]


def _each_once(values: Sequence[Any]) -> list[Any]:
    return [
        item
        for index, item in enumerate(values)
        if not any(item is one or (MISSING not in (item, one) and same(item, one)) for one in values[:index])
    ]


def _flags_of(node: Schema) -> list[Any]:
    return [True, False] if "boolean" in types(node) and "enum" not in node and "const" not in node else []


_TABLES: Final[dict[str, list[Any]]] = {
    "string": [
        *({"text": {"trim": "right"}}, {"text": {"trim": "both"}}, {"text": {"pad": 6}}, {"text": {"case": "upper"}}),
        *({"text": {"before": "n:"}}, {"text": {"trim": "right", "case": "lower"}}, {"text": {"zeros": 3}}),
    ],
    "integer": ["integer_text", [{"text": {"trim": "right"}}, "integer_text"]],
    "boolean": [
        *("boolean_text", {"boolean": [["X"], [""]]}, {"boolean": [["S", "Yes"], ["N"]]}),
        *([{"text": {"trim": "both"}}, "boolean_text"], {"boolean": [[1], [0, -1]]}),
    ],
}
"""Codecs that make values for lines, by the type of those."""


def draw_form(draft: Draft, values: Sequence[Any]) -> tuple[Any, Schema] | None:
    """Return an `as` for a table whose lines name such values outside, with the schema of a field; None for none."""
    kinds = {kind_of(value) for value in values}
    if len(kinds) != 1 or not kinds <= _TABLES.keys():
        return None
    if "" in values or type(draft.specs["outside"].when_absent) in map(type, values):
        return None  # blanks are no value; and what is written for none stands for one of a line
    word = draft.rng.choice(_TABLES[kinds.pop()])
    codec = codec_of(word)
    written = [codec.encode(value)[0] for value in values if understands(codec.encode, value)]
    listed = [item for index, item in enumerate(written) if not among(item, written[:index])]
    if not listed or not draft.chance(0.3):
        return word, dict(codec.outside)
    unread = [item for item in codec.odd if codec.takes(item) and not among(item, listed)]
    return word, {"enum": [*listed, *(unread[:1] if draft.chance(0.3) else [])]}


def _forms(value: Any) -> list[Any]:
    return [*notations(value), value + " ", " " + value] if isinstance(value, str) else notations(value)
