"""What a rule of each kind means, in plain Python; it shares no code with the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from tests.model.exact import Doc, Exact, Value, exact, exact_doc, get, packed, plain, read, written

Way: TypeAlias = Literal["both", "in", "out", "once"]
Translated: TypeAlias = Callable[[Doc], Doc]
Line: TypeAlias = tuple[Doc, Doc]


def _nothing(_: Doc) -> Doc:
    return {}


def _no_fields(_: Doc) -> frozenset[str]:
    return frozenset()


@dataclass(frozen=True)
class Kind:
    """One rule. text: its YAML. paths: inside. fields: of the outside record. stamped: it reads nothing but stamps.
    timed: it reads a stamp. sent_once: it goes out with the creation only. secret: it is only written.

    inward, outward: what it makes of a record of the other side, by path or field, exact. unnamed: the inside paths
    that the line does not name by which an outside record is read. theirs, ours: edits of either side. made: what a
    document must have. text_only: its outside values are text.
    """

    name: str
    text: str
    way: Way
    paths: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    inward: Translated = _nothing
    outward: Translated = _nothing
    unnamed: Callable[[Doc], frozenset[str]] = _no_fields
    theirs: tuple[Doc, ...] = ()
    ours: tuple[Doc, ...] = ()
    made: tuple[tuple[str, Any], ...] = ()
    stamped: bool = False
    timed: bool = False
    sent_once: bool = False
    secret: bool = False
    text_only: bool = False

    @property
    def is_compared(self) -> bool:
        """Whether imports compare it, each time."""
        return self.way in ("both", "in")

    @property
    def is_told(self) -> bool:
        """Whether it goes out without coming back: what went out can only be remembered as such."""
        return self.is_sent and self.way in ("out", "once") and not self.secret

    @property
    def is_kept(self) -> bool:
        """Whether its outside values may go back as they came."""
        return self.is_sent and self.way in ("both", "once")

    def lying(self, record: Doc) -> Value:
        """Return the outside values of a record that are its own."""
        return packed({field: record.get(field) for field in self.fields})

    @property
    def is_sent(self) -> bool:
        """Whether exports read it."""
        return self.outward is not _nothing

    def means(self, record: Doc) -> Value:
        """Return the inside values that an outside record means."""
        return packed(self.inward(record))

    def of(self, doc: Doc | None) -> Value:
        """Return the inside values that a document has."""
        return read(doc, self.paths)

    def write(self, doc: Doc, value: Value) -> Doc:
        return written(doc, self.paths, value)


def copied(field: str, path: str, text: str = "", **more: Any) -> Kind:
    """Return a rule that copies."""
    return Kind(
        path,
        text or f"{{client: {field}, tracos: {path}}}",
        "both",
        (path,),
        (field,),
        lambda record: {path: record.get(field)},
        lambda doc: {field: get(doc, path)},
        **more,
    )


def dated(field: str, path: str, **more: Any) -> Kind:
    """Return a rule with the codec `datetime`."""
    return Kind(
        path,
        f"{{client: {field}, tracos: {path}, as: datetime}}",
        "both",
        (path,),
        (field,),
        lambda record: {path: as_date(record.get(field))},
        lambda doc: {field: as_text(get(doc, path))},
        text_only=True,
        **more,
    )


def as_date(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def as_text(date: datetime | None) -> str | None:
    return None if date is None else date.isoformat()


def absent_as(field: str, path: str, text: str, nulls: Sequence[Any], absent: Any, **more: Any) -> Kind:
    """Return a rule that copies, of which some outside values mean absent, and absent is written as one of them."""
    outside = [exact(value) for value in nulls]

    def inward(record: Doc) -> Doc:
        value = record.get(field)
        return {path: None if value in outside else value}

    def outward(doc: Doc) -> Doc:
        value = get(doc, path)
        return {field: exact(absent) if value is None else value}

    return Kind(path, text, "both", (path,), (field,), inward, outward, **more)


def table(name: str, text: str, lines: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]], **more: Any) -> Kind:
    """Return a table: of each line the outside pattern, then the inside one.

    The first line whose pattern holds decides; the first accepted value is written, and nothing where none is named.
    """
    both = [(_accepted(outside), _accepted(inside)) for outside, inside in lines]
    fields = tuple(dict.fromkeys(field for outside, _ in both for field in outside))
    paths = tuple(dict.fromkeys(path for _, inside in both for path in inside))

    def inward(record: Doc) -> Doc:
        return {path: values[0] for path, values in _first(both, 0, record)[1].items()}

    def outward(doc: Doc) -> Doc:
        values = {field: values[0] for field, values in _first(both, 1, doc)[0].items()}
        return {field: values.get(field) for field in fields}

    def unnamed(record: Doc) -> frozenset[str]:
        return frozenset(paths) - _first(both, 0, record)[1].keys()

    return Kind(name, text, "both", paths, fields, inward, outward, unnamed, **more)


def _accepted(pattern: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {
        name: [exact(v) for v in (value if isinstance(value, list) else [value])] for name, value in pattern.items()
    }


def _first(
    lines: Sequence[tuple[dict[str, list[Any]], ...]], side: int, record: Doc
) -> tuple[dict[str, list[Any]], ...]:
    for line in lines:
        if all(get(record, name) in accepted for name, accepted in line[side].items()):
            return line
    raise LookupError(f"no line for {record}")


def flags(path: str, text: str, lines: Mapping[str, str], otherwise: str, **more: Any) -> Kind:
    """Return a rule of flags: their fields, and what each says."""
    yes = exact(True)

    def inward(record: Doc) -> Doc:
        return {path: next((value for field, value in lines.items() if record.get(field) == yes), otherwise)}

    def outward(doc: Doc) -> Doc:
        return {field: exact(value == doc.get(path)) for field, value in lines.items()}

    return Kind(path, text, "both", (path,), tuple(lines), inward, outward, made=((path, otherwise),), **more)


def imported(path: str, text: str, inward: Translated, field: str, **more: Any) -> Kind:
    """Return a rule with `from` towards the inside."""
    return Kind(path, text, "in", (path,), (field,), inward, **more)


def exported(field: str, text: str, outward: Translated, *, reads: Sequence[str] = (), **more: Any) -> Kind:
    """Return a rule with `from` towards the outside. reads: the inside paths that it alone reads."""
    return Kind(f"to {field}", text, "out", tuple(reads), (field,), outward=outward, **more)


def listed(field: str, path: str, text: str, lines: Mapping[str, Any], **more: Any) -> Kind:
    """Return a rule for lists whose elements have a number `qty` / `quantity`, and a table `state` / `done`."""
    by_state = {state: exact(done) for state, done in lines.items()}
    by_done = {done: state for state, done in by_state.items()}

    def inward(record: Doc) -> Doc:
        def one(element: Doc) -> Doc:
            return {"quantity": element.get("qty"), "done": by_state.get(element.get("state", ""))}

        return {path: _each(record.get(field), one)}

    def outward(doc: Doc) -> Doc:
        def one(element: Doc) -> Doc:
            return {"qty": element.get("quantity"), "state": by_done.get(element.get("done"))}

        return {field: _each(get(doc, path), one)}

    return Kind(path, text, "both", (path,), (field,), inward, outward, **more)


def _each(found: Exact | None, one: Translated) -> Exact | None:
    if found is None:
        return None
    return Exact("list", tuple(Exact("object", packed(one(exact_doc(plain(element))))) for element in found.value))
