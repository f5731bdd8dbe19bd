"""Plans as JSON, which `schemas/output/plan.schema.json` describes, and as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from math import ceil
from typing import Any, Final

import orjson

from etl.errors import PlanError
from etl.mapping.files import FilesEndpoint
from etl.mapping.schemas.validation import RecordSchema, json_form, load_schema
from etl.mapping.terms import Direction
from etl.record import ABSENT, printable_json, show_key
from etl.shipped import shipped_schema
from etl.strict_json import loads
from etl.transfer.cutting import Cut
from etl.transfer.model import Doubt, Outcome, PlannedRecord, ValueChange
from etl.transfer.plan import Plan, displayed
from etl.transfer.report import Report

_SIGNS: Final[Mapping[Outcome, tuple[str, str]]] = {
    Outcome.CREATED: ("+", "\x1b[32m"),
    Outcome.UPDATED: ("~", "\x1b[33m"),
    Outcome.CONFLICT: ("!", "\x1b[31m"),
    Outcome.REJECTED: ("x", "\x1b[31m"),
    Outcome.UNCHANGED: ("=", "\x1b[2m"),
    Outcome.SUPERSEDED: ("=", "\x1b[2m"),
    Outcome.SKIPPED: ("-", "\x1b[2m"),
}
_PLAIN: Final = "\x1b[0m"
_MISSING: Final = "missing in a complete extract: `etl run` marks it; `etl apply` and `etl run --key` do not"


def to_json(plan: Plan, mapping: str) -> bytes:
    """Return a plan as JSON. mapping: its name."""
    document = {
        "plan": 1,
        "mapping": mapping,
        "mapping_hash": plan.mapping,
        "recreate": plan.recreate,
        "directions": [{"direction": r.direction.value, **r.as_dict()} for r in plan.reports],
        "records": [_record(record) for record in plan.records],
    } | {name: said for name in ("stops", "vanished") if (said := getattr(plan, name))}
    written = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return printable_json(written.decode()).encode()


def from_json(raw: bytes) -> tuple[str, Plan]:
    """Return the mapping's name and the plan that JSON holds.

    Raises:
        PlanError: when it is no plan.

    """
    try:
        document = loads(raw)
    except ValueError as error:
        raise PlanError(f"this is no plan: {error}; make one with `etl plan --out FILE`") from None
    if wrong := _schema().problems(document):
        place = ".".join(map(str, wrong[0].place)) or "the file"
        raise PlanError(f"this is no plan: {place}: {wrong[0].message}; make one with `etl plan --out FILE`")
    reports = tuple(_as_report(counts) for counts in document["directions"])
    records = tuple(_as_record(record) for record in document["records"])
    return document["mapping"], Plan(
        document["mapping_hash"],
        document["recreate"],
        reports,
        records,
        document.get("stops", ""),
        document.get("vanished", ""),
    )


def to_text(
    plan: Plan, *, color: bool = False, limit: int | None = None, files: FilesEndpoint | None = None
) -> Iterator[str]:
    """Yield a plan's lines for people. limit: how many records of each direction to show. files: of the mapping."""
    for report in plan.reports:
        yield report.as_line()
        answered = [notice.text for notice in report.notices if notice.doubt is Doubt.ANSWERED]
        yield from (f"  {text}" for text in answered[:limit] if len(answered) > 1)  # of one, the line above says it
        if files is not None and report.direction is Direction.OUTBOUND and report.counts[Outcome.CREATED]:
            yield from _together(report.counts[Outcome.CREATED], files)
        records = [record for record in plan.records if record.direction is report.direction]
        for record in records[:limit]:
            yield from _lines(record, color=color)
        if limit is not None and len(records) > limit:
            yield f"  … and {len(records) - limit} more"


def _together(count: int, files: FilesEndpoint) -> Iterator[str]:
    """Yield in how many files so many records would go out, and behind which marker, where the mapping says it."""
    said, most = [], files.records_per_file
    if most is not None:
        number = ceil(count / most)
        many = f"in {number} files" if number > 1 else "in one file"
        said.append(many if len(files.entries) == 1 else f"{many} of each kind at most")
    if files.marker:
        said.append(f"then the marker {files.marker}")
    if said:
        yield f"  {', '.join(said)}"


@cache
def _schema() -> RecordSchema:
    return RecordSchema(load_schema(shipped_schema("output/plan.schema.json")))


def _record(record: PlannedRecord) -> dict[str, Any]:
    return {
        "direction": record.direction.value,
        "key": list(record.key),
        "origin": record.origin,
        "outcome": record.outcome.value,
        "note": record.note,
        "reasons": list(record.reasons),
        "values": [_value(value) for value in record.values],
        "digest": record.digest,
    } | _others(record)


def _others(record: PlannedRecord) -> dict[str, Any]:
    """Return what a plan has of some records alone: of records with the same key, and of what nobody has read."""
    superseded = {"superseded": [[file, print_.hex()] for file, print_ in record.superseded]}
    said = {name: True for name in ("repeats", "missing") if getattr(record, name)}
    return said | (superseded if record.superseded else {})


def _value(value: ValueChange) -> dict[str, Any]:
    sides = {"old": value.old, "new": value.new}
    there = {name: _text_of(side) for name, side in sides.items() if side is not ABSENT}
    cut = {name: side.shown for name, side in sides.items() if isinstance(side, Cut)}
    others = ({"stays": True} if value.stays else {}) | ({"cut": cut} if cut else {})
    return {"path": value.path, **there, **others, "why": _why(value), "line": value.line}


def _text_of(value: Any) -> Any:
    return value.text if isinstance(value, Cut) else json_form(value)


def _why(value: ValueChange) -> str:
    return f"{value.why}; {value.said}" if value.said else value.why


def _as_report(counts: Mapping[str, Any]) -> Report:
    report = Report(Direction(counts["direction"]))
    for outcome in Outcome:
        report.counts[outcome] = counts.get(outcome.value, 0)
    return report


def _as_record(found: Mapping[str, Any]) -> PlannedRecord:
    values = tuple(
        ValueChange(v["path"], _as_side(v, "old"), _as_side(v, "new"), v["why"], v["line"], v.get("stays", False))
        for v in found["values"]
    )
    direction, outcome = Direction(found["direction"]), Outcome(found["outcome"])
    key, reasons, repeats = tuple(found["key"]), tuple(found["reasons"]), found.get("repeats", False)
    superseded = tuple((file, bytes.fromhex(print_)) for file, print_ in found.get("superseded", ()))
    others = repeats, superseded, found.get("missing", False)
    return PlannedRecord(
        direction, key, found["origin"], outcome, found["note"], reasons, values, found["digest"], *others
    )


def _as_side(value: Mapping[str, Any], name: str) -> Any:
    shown = value.get("cut", {}).get(name)
    return value.get(name, ABSENT) if shown is None else Cut(value[name], shown)


def _lines(record: PlannedRecord, *, color: bool) -> Iterator[str]:
    sign, shade = _SIGNS[record.outcome]
    name = f"{sign} {record.origin}" + (f" ({show_key(record.key)})" if record.direction is Direction.INBOUND else "")
    yield f"  {shade}{name}{_PLAIN}" if color else f"  {name}"
    for reason in (_MISSING if record.missing else "", record.note, *record.reasons):
        if reason:
            yield f"      {reason}"
    width = max((len(value.path) for value in record.values), default=0)
    for value in record.values:
        new = "stays" if value.stays else f"→ {displayed(value.new)}"
        where = f"line {value.line}" if value.line else ""
        yield f"      {value.path:{width}}  {displayed(value.old)} {new}  [{_why(value)}{', ' if where else ''}{where}]"
