"""JSON Schemas: what a record of one system must look like, and every way in which one does not.

`jsonschema-rs` says quickly whether a record is right; only a wrong one is looked at by `jsonschema`, whose errors
become violations. A schema speaks of JSON; dates that MongoDB holds natively are shown to it as date-time text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs

from etl.mapping.paths import Spot, format_path
from etl.mapping.schemas.alternatives import Alternative, Silence
from etl.mapping.schemas.dateless import Dates, without_dates
from etl.mapping.schemas.keywords import bounded
from etl.mapping.schemas.shapes import Schema
from etl.record import Record, Violation, shown
from etl.record import json_form as json_form  # noqa: PLC0414 - who judges records by a schema finds their form here
from etl.strict_json import loads

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator


class SchemaError(ValueError):
    """A schema that is not a JSON Schema."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One way in which a value breaks a schema. place: the steps to it. keyword: the schema's word that it breaks."""

    place: Spot
    keyword: str
    message: str


class RecordSchema:
    """One JSON Schema, compiled.

    provided: top-level names that something else than the record provides, so that they are not required of it.
    plain: its records are JSON as they are, as outside records are, and need not be converted to be looked at.

    Raises:
        SchemaError: when it is not a valid JSON Schema of this document alone.

    """

    def __init__(self, schema: Mapping[str, Any], provided: Iterable[str] = (), *, plain: bool = False) -> None:
        self._slow: Validator | None = None
        fast = _compile(schema)
        self._schema = _requiring_less(schema, frozenset(provided))
        self._fast = fast if self._schema == schema else _compile(self._schema)
        self._is_valid = _judge(self._fast)
        self._is_right = self._is_valid if plain else self._judge_natively()

    def violations(self, record: Any) -> list[Violation]:
        """Return every way in which a record (native or JSON form) breaks the schema; [] for a right one."""
        if self._is_right(record):
            return []
        return list(map(_violation, self.problems(json_form(record))))

    def added(self, before: Record, after: Record) -> list[Violation]:
        """Return every way in which `after` breaks the schema and `before`, of which it was made, does not.

        Elements of a list may have moved meanwhile: of them it counts how many break it in one way.
        """
        if self._is_right(after):
            return []
        found = self.problems(json_form(after))
        known = self.problems(json_form(before)) if found else []
        more = Counter(map(_kind, found)) - Counter(map(_kind, known))
        new = [problem for problem in found if more[_kind(problem)]]
        places = {(problem.place, problem.keyword) for problem in known}
        return list(map(_violation, [p for p in new if (p.place, p.keyword) not in places] or new))

    def accepts(self, form: Any) -> bool:
        """Return whether a JSON value is right, without saying why where it is not."""
        return self._is_valid(form)

    def _judge_natively(self) -> Callable[[Any], bool]:
        """Return a quick judgement of inside records as they are; one that it finds wrong may yet be right."""
        undated = without_dates(self._schema)
        return (lambda _: False) if undated is None else _judge_dated(_compile(undated.schema), undated.dates)

    def problems(self, form: Any) -> list[Problem]:
        """Return every way in which a JSON value breaks the schema, with its place; [] for a right one."""
        if self._is_valid(form):
            return []
        found = self._explain(form)
        return list(dict.fromkeys(sorted(found, key=lambda problem: [str(step) for step in problem.place])))

    def _explain(self, form: Any) -> list[Problem]:
        """Return the problems as `jsonschema` sees them; what only the other one refuses stays refused."""
        try:
            found = [problem for error in self._validator().iter_errors(form) for problem in _problems(error)]
        except (re.error, RecursionError):
            found = []  # a pattern, or a reference, that Python cannot follow
        if found:
            return found
        try:
            return [Problem(tuple(e.instance_path), "schema", e.message[:200]) for e in self._fast.iter_errors(form)]
        except ValueError as error:
            return [Problem((), "schema", str(error)[:200])]

    def _validator(self) -> Validator:
        if self._slow is None:
            import jsonschema  # noqa: PLC0415 - a tenth of a second that a run of right records never pays
            from referencing import Registry  # noqa: PLC0415

            kind = jsonschema.validators.validator_for(self._schema, default=jsonschema.Draft202012Validator)
            self._slow = bounded(kind)(self._schema, registry=Registry())
        return self._slow


def _violation(problem: Problem) -> Violation:
    return Violation(format_path(problem.place), problem.keyword, problem.message)


def _kind(problem: Problem) -> tuple[Spot, str]:
    """Return what breaks a schema in one way, whichever elements of lists it is found in."""
    return tuple(step for step in problem.place if isinstance(step, str)), problem.keyword


def _compile(schema: Mapping[str, Any]) -> jsonschema_rs.Validator:
    try:
        return jsonschema_rs.validator_for(dict(schema), retriever=_refuse)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise SchemaError(str(error).splitlines()[0]) from None


def _judge(validator: jsonschema_rs.Validator) -> Callable[[Any], bool]:
    is_valid = validator.is_valid

    def judge(form: Any) -> bool:
        try:
            return is_valid(form)
        except ValueError:
            return False  # a value that JSON has not: `problems` says where

    return judge


def _judge_dated(validator: jsonschema_rs.Validator, dates: Dates) -> Callable[[Any], bool]:
    is_valid = validator.is_valid

    def judge(record: Any) -> bool:
        if type(record) is not dict:
            return False
        for name, kinds in dates:
            if name in record and type(record[name]) not in kinds:
                return False
        try:
            return is_valid(record)
        except ValueError:
            return False  # a value that JSON has not: it is looked at in JSON form

    return judge


def _requiring_less(schema: Mapping[str, Any], provided: frozenset[str]) -> dict[str, Any]:
    required = [name for name in schema.get("required", ()) if name not in provided]
    return {**schema, "required": required} if "required" in schema else {**schema}


def _refuse(uri: str) -> Any:
    raise ValueError(f"the schema refers to {uri}; a schema stands in one file")


def native_form(schema: Mapping[str, Any]) -> Callable[[Record], Record]:
    """Return a function that turns date-time text into dates wherever the schema says `format: date-time`."""
    start = Schema(schema).start

    def convert(value: Any, among: Sequence[Alternative]) -> Any:
        if isinstance(value, dict):
            return {name: convert(item, _below(among, name)) for name, item in value.items()}
        if isinstance(value, list):
            return [convert(item, _below(among, index)) for index, item in enumerate(value)]
        if isinstance(value, str):
            texts = [one for one in among if "string" in one.types]
            return _date(value) if texts and all(one.is_date_time for one in texts) else value
        return value

    return lambda record: convert(record, start)


def _below(among: Sequence[Alternative], step: str | int) -> list[Alternative]:
    """Return what is said of a member or an element of any of several alternatives."""
    found = (one.child(step) for one in among)
    return [one for below in found if not isinstance(below, Silence) for one in below]


def _date(text: str) -> Any:
    try:
        date = datetime.fromisoformat(text)
        date = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    return date.replace(microsecond=date.microsecond // 1000 * 1000)


def _problems(error: ValidationError) -> Iterable[Problem]:
    place, keyword = tuple(error.absolute_path), str(error.validator)
    wanted: Any = error.validator_value
    instance: Any = error.instance
    if keyword == "required":
        for name in wanted:
            if name not in instance:
                yield Problem((*place, name), keyword, "is required")
    elif keyword == "dependentRequired":
        for beside, needed in wanted.items():
            missing = [name for name in needed if name not in instance] if beside in instance else ()
            yield from (Problem((*place, name), keyword, f"is required beside {beside}") for name in missing)
    elif keyword in {"anyOf", "oneOf"} and error.context:
        for inner in _nearest(error):
            yield from _problems(inner)
    else:
        yield Problem(place, keyword, _message(keyword, error))


_KINDS: Final = frozenset({"type", "const", "enum"})
"""Words that say of a value that it is quite another one."""


def _nearest(error: ValidationError) -> Iterable[ValidationError]:
    """Return the errors of the alternative that comes nearest: of the value's type, then with the deepest errors."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)

    def nearness(errors: list[ValidationError]) -> tuple[bool, int, int]:
        is_other = any(e.validator in _KINDS and len(e.absolute_path) == len(error.absolute_path) for e in errors)
        return not is_other, min(len(e.absolute_path) for e in errors), -len(errors)

    return max(branches.values(), key=nearness)


def _message(keyword: str, error: ValidationError) -> str:
    found = shown(error.instance)
    wanted: Any = error.validator_value
    length: Any = error.instance
    match keyword:
        case "type":
            return f"expected {' or '.join([wanted] if isinstance(wanted, str) else wanted)}, found {found}"
        case "enum":
            return f"{found} is not one of {', '.join(map(shown, wanted))}"
        case "const":
            return f"expected {shown(wanted)}, found {found}"
        case "minimum" | "maximum":
            return f"{found} is {'less' if keyword == 'minimum' else 'more'} than {wanted}"
        case "minLength" | "maxLength":
            return f"{found} has {len(length)} characters; {keyword} is {wanted}"
        case "pattern":
            return f"{found} does not match {wanted}"
        case _:
            return str(error.message)[:200]


def load_schema(raw: bytes) -> dict[str, Any]:
    """Parse a schema file.

    Raises:
        SchemaError: when it is not JSON, or not an object.

    """
    try:
        schema = loads(raw)
    except ValueError as error:
        raise SchemaError(str(error)) from None
    if not isinstance(schema, dict):
        raise SchemaError("a schema is a JSON object")
    return schema
