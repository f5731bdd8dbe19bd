"""Generated records: strategies from a JSON Schema, so that tables and codecs meet values that they know.

Every record is drawn from the schema; then the rules put values of their own into it, such as those of a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as Object
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, TypeAlias, assert_never

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from etl.mapping.codecs import DATE, Codec, CodecError
from etl.mapping.model import Mapping
from etl.mapping.paths import Path, assign
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.table import Table
from etl.mapping.schemas.shapes import Node, Schema, UnknownFieldError
from etl.mapping.terms import Side
from etl.record import ABSENT, MAX_INT64, MIN_INT64, Record

Strategy: TypeAlias = st.SearchStrategy[Any]
Draw: TypeAlias = Callable[[Strategy], Any]
Put: TypeAlias = Callable[[Draw, Record], None]

_CHARACTERS: Final = "ab Z09_-/.,'\"\\éß\u20ac\U0001f6e0\n"
_1970: Final = datetime(1970, 1, 1, tzinfo=UTC)
_2100: Final = datetime(2100, 1, 1, tzinfo=UTC)
_REFERENCES: Final = 20

DATES: Final = st.integers(0, (_2100 - _1970) // timedelta(milliseconds=1)).map(
    lambda milliseconds: _1970 + timedelta(milliseconds=milliseconds)
)
OFFSETS: Final = st.sampled_from([0, -180, 330]).map(lambda minutes: timezone(timedelta(minutes=minutes)))
DATE_TEXTS: Final = st.tuples(DATES, OFFSETS).map(lambda pair: pair[0].astimezone(pair[1]).isoformat())


_INSIDE: Final[dict[str, Strategy]] = {
    DATE: DATES,
    "boolean": st.booleans(),
    "integer": st.integers(MIN_INT64, MAX_INT64),
    "number": st.floats(-1e9, 1e9),
    "string": st.text(_CHARACTERS, max_size=20),
}
"""Values of every form that a codec may make."""


def records(mapping: Mapping, side: Side) -> st.SearchStrategy[Record]:
    """Return a strategy for records of one side, in native form."""
    root = mapping.system(side).schema
    return _Maker(root, side).record(root, mapping.rules)


class _Maker:
    """Makes strategies from one schema."""

    def __init__(self, root: Node, side: Side) -> None:
        self._root = root
        self._side = side
        self._dates = DATES if side is Side.INSIDE else DATE_TEXTS
        self._open: list[Node] = []

    def record(self, node: Node, rules: tuple[Rule, ...]) -> st.SearchStrategy[Record]:
        """Return a strategy for objects of a part of the schema, with what the rules put into them."""
        base = self.value(node)
        puts = [put for rule in rules if (put := self._put(node, rule)) is not None]

        @st.composite
        def draw_record(draw: Draw) -> Record:
            drawn = None if base.is_empty else draw(base)
            record: Record = drawn if isinstance(drawn, dict) else {}
            for put in puts:
                put(draw, record)
            return record

        return draw_record()

    def value(self, node: Node, *, shortest: int = 0) -> Strategy:
        """Return a strategy for values of a part of the schema; an empty one for a part that stands inside itself.

        shortest: the least length of text.
        """
        node = self._resolved(node)
        if any(node is part for part in self._open):
            return st.nothing()
        self._open.append(node)
        try:
            return self._value(node, shortest)
        finally:
            self._open.pop()

    def _value(self, node: Node, shortest: int) -> Strategy:
        alternatives = node.get("anyOf") or node.get("oneOf")
        if isinstance(alternatives, list):
            return st.one_of([self.value(each) for each in alternatives if isinstance(each, dict)])
        shape = Schema(self._root, node).shape(())
        if shape.enum is not None:
            return st.sampled_from(list(shape.enum)) if shape.enum else st.nothing()
        if shape.date_time:
            return st.one_of(self._dates, st.none()) if shape.nullable else self._dates
        least = max(shortest, int(node.get("minLength", 0)))
        kinds = shape.types if "type" in node or "properties" in node else {"string", "integer", "boolean", "null"}
        return st.one_of([_possible(self._of_type(kind, node, least)) for kind in sorted(kinds)])

    def _of_type(self, kind: str, node: Node, shortest: int) -> Strategy:
        match kind:
            case "null":
                return st.none()
            case "boolean":
                return st.booleans()
            case "integer":
                return _integers(node)
            case "number":
                low = node.get("minimum", min(-1e9, node.get("maximum", 0) - 1e9))
                return _possible(_integers(node)) | st.floats(low, node.get("maximum", max(1e9, low + 1e9)))
            case "array":
                items = node.get("items")
                element = self.value(items) if isinstance(items, dict) else st.text(_CHARACTERS)
                fewest = int(node.get("minItems", 0))
                return st.lists(element, min_size=fewest, max_size=min(node.get("maxItems", 3 + fewest), 3 + fewest))
            case "object":
                return self._object(node)
            case _ if "pattern" in node:
                return st.from_regex(str(node["pattern"]))
            case _:
                return st.text(
                    _CHARACTERS, min_size=shortest, max_size=min(node.get("maxLength", 20 + shortest), 20 + shortest)
                )

    def _object(self, node: Node) -> Strategy:
        required = set(node.get("required", ()))
        fields = {
            name: self.value(child) if isinstance(child, dict) else st.text(_CHARACTERS)
            for name, child in node.get("properties", {}).items()
        }
        always = {name: field for name, field in fields.items() if name in required}
        return st.fixed_dictionaries(
            always, optional={name: field for name, field in fields.items() if name not in required}
        )

    def _resolved(self, node: Node) -> Node:
        for _ in range(_REFERENCES):
            reference = str(node.get("$ref", ""))
            if not reference.startswith("#"):
                break
            found: Any = self._root
            for step in reference.lstrip("#").split("/")[1:]:
                found = found.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, dict) else {}
            node = found if isinstance(found, dict) else {}
        return node

    def _at(self, node: Node, path: Path, inside: tuple[Node, ...] = ()) -> Node | None:
        """Return the part of the schema at a path, the first alternative that has it. inside: alternatives left."""
        node = self._resolved(node)
        for alternative in node.get("anyOf") or node.get("oneOf") or ():
            if isinstance(alternative, dict) and not any(node is part for part in inside):
                found = self._at(alternative, path, (*inside, node))
                if found is not None:
                    return found
        if not path:
            return node
        step, *rest = path
        child = node.get("items") if isinstance(step, int) else node.get("properties", {}).get(step)
        return self._at(child, tuple(rest)) if isinstance(child, dict) else None

    def _put(self, node: Node, rule: Rule) -> Put | None:
        """Return a function that puts what a rule understands into a record; None where the schema says enough."""
        match rule:
            case Copy(codec=Codec() as codec) if self._side is Side.OUTSIDE:
                return self._encoded(node, rule, codec)
            case Copy():
                return self._key(node, rule) if rule.key else None
            case Table():
                return self._table(node, rule)
            case Each():
                (path,) = rule.paths(self._side)
                found = self._at(node, (*path, 0))
                return self._one(node, path, st.lists(self.record(found or {}, rule.rules), max_size=3))
            case Computed():
                return None
            case _:
                assert_never(rule)

    def _key(self, node: Node, rule: Copy) -> Put | None:
        (path,) = rule.paths(self._side)
        found = self._at(node, path)
        return None if found is None else self._one(node, path, self.value(found, shortest=1))

    def _table(self, node: Node, rule: Table) -> Put | None:
        """Return what puts the values of a line into a record; of flags, the schema says enough."""
        groups = rule.samples(self._side)
        if not groups:
            return None
        if len(groups[0]) > 1:
            return _line(groups)
        (path,) = groups[0]
        return self._one(node, path, st.sampled_from([value for group in groups for value in group[path]]))

    def _one(self, node: Node, path: Path, values: Strategy) -> Put:
        always = self._is_required(node, path)

        def put(draw: Draw, record: Record) -> None:
            if always or draw(st.booleans()):
                value = draw(values)
                assign(record, path, ABSENT if value is None and not always else value)

        return put

    def _is_required(self, node: Node, path: Path) -> bool:
        try:
            return Schema(self._root, node).shape(path).required
        except UnknownFieldError:
            return False

    def _encoded(self, node: Node, rule: Copy, codec: Codec) -> Put | None:
        paths = rule.paths(Side.OUTSIDE)
        parts = [self._at(node, path) or {} for path in paths]
        if codec.schema_format == "date-time" and parts[0].get("format") == "date-time":
            return None
        always = any(self._is_required(node, path) for path in paths)
        values = _INSIDE[codec.makes]

        def put(draw: Draw, record: Record) -> None:
            encoded: Any = None
            if always or draw(st.booleans()):
                try:
                    encoded = codec.encode(draw(values))
                except CodecError:
                    return
            for index, path in enumerate(paths):
                value = ABSENT if encoded is None else encoded if codec.parts == 1 else encoded[index]
                assign(record, path, value)

        return put


def _line(groups: list[dict[Path, tuple[Any, ...]]]) -> Put:
    def put(draw: Draw, record: Record) -> None:
        for path, values in draw(st.sampled_from(groups)).items():
            value = draw(st.sampled_from(values))
            assign(record, path, ABSENT if value is None else value)

    return put


def _possible(strategy: Strategy) -> Strategy:
    """Return the strategy; an empty one where the schema allows no such value, or not one that can be made."""
    try:
        strategy.validate()
    except (InvalidArgument, re.error):
        return st.nothing()
    return strategy


def _integers(node: Object[str, Any]) -> Strategy:
    low, high = node.get("minimum", MIN_INT64), node.get("maximum", MAX_INT64)
    return st.integers(int(low), int(high))
