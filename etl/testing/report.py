"""What `etl test` says: failures with their differences, coverage, a summary; and JUnit XML for CI."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from etl.mapping.paths import format_path
from etl.record import ABSENT, json_form, printable, printable_json
from etl.testing.cases import Difference, Golden, Verdict, differences
from etl.testing.trace import Unit

_WIDTH = 80
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of testing one mapping.

    records: on how many generated records the laws were tried, None where they were not. units: what cases can
    exercise. notes: what is worth knowing beside failures.
    """

    file: FilePath
    verdicts: tuple[Verdict, ...]
    units: tuple[Unit, ...] = ()
    records: int | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether nothing fails."""
        return all(verdict.holds for verdict in self.verdicts)

    @property
    def unexercised(self) -> list[Unit]:
        """The rules and lines that no example and no golden looks at."""
        exercised = frozenset[Unit]().union(*(verdict.exercised for verdict in self.verdicts))
        return [unit for unit in self.units if unit not in exercised]


def render(outcome: Outcome) -> Iterator[str]:
    """Yield the lines that tell of an outcome."""
    for verdict in outcome.verdicts:
        if not verdict.holds:
            yield from render_failure(verdict, outcome.file)
    for unit in outcome.unexercised:
        yield f"{unit.where.at(outcome.file)} {unit.name}: no example and no golden exercises it"
    yield from (f"{outcome.file}: {note}" for note in outcome.notes)
    yield _coverage(outcome)
    yield _summary(outcome)


def as_dict(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON; `schemas/output/test.schema.json` describes it."""
    return {
        "mapping": str(outcome.file),
        "holds": outcome.holds,
        "cases": [_case(verdict, outcome.file) for verdict in outcome.verdicts],
        "records": outcome.records,
        "units": len(outcome.units),
        "unexercised": [_unit(unit) for unit in outcome.unexercised],
        "notes": list(outcome.notes),
    }


def _unit(unit: Unit) -> dict[str, Any]:
    file = {"file": unit.where.file} if unit.where.file else {}
    return {"line": unit.where.line, "name": unit.name, **file}


def _case(verdict: Verdict, mapping: FilePath) -> dict[str, Any]:
    plain = ("kind", "name", "file", "line", "holds", "record")
    return {
        **{name: getattr(verdict, name) for name in plain},
        "messages": list(verdict.messages),
        "differences": [
            {
                "direction": difference.direction.value,
                "path": format_path(difference.path),
                **{
                    name: json_form(value)
                    for name, value in (("expected", difference.expected), ("actual", difference.actual))
                    if value is not ABSENT
                },
                "rule": None if difference.rule is None else _rule(difference, mapping),
            }
            for difference in verdict.differences
        ],
    }


def render_failure(verdict: Verdict, mapping: FilePath) -> Iterator[str]:
    """Yield the lines that tell of one case that does not hold."""
    yield f"{verdict.file}:{verdict.line} {verdict.kind} {_text(verdict.name)}"
    if verdict.record is not None:
        yield f"  record    {_json(verdict.record)}"
    yield from (f"  {printable(message)}" for message in verdict.messages)
    for difference in verdict.differences:
        yield f"  {format_path(difference.path) or 'the record'} ({difference.direction.value})"
        yield f"    expected  {_text(difference.expected)}"
        yield f"    actual    {_text(difference.actual)}"
        yield f"    rule      {_rule(difference, mapping)}"


def render_change(before: Golden, after: Golden) -> Iterator[str]:
    """Yield the lines that tell what became of a golden case that was rewritten."""
    yield f"{after.file}:{after.line} updated {_text(after.case['name'])}"
    for path, old, new in differences(before.case, after.case, exact=True):
        yield f"  {format_path(path)}: {_text(old)} -> {_text(new)}"


def _rule(difference: Difference, mapping: FilePath) -> str:
    if difference.rule is None:
        return "none writes it"
    text = difference.rule.where.at(mapping)
    if difference.line is not None:
        text += f", decided by {difference.line.where.at(mapping)} {difference.line.name}"
    return text


def _text(value: Any) -> str:
    if value is ABSENT:
        return "no value"
    text = _json(value)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"


def _json(value: Any) -> str:
    return printable_json(json.dumps(value, ensure_ascii=False))


def _coverage(outcome: Outcome) -> str:
    total = len(outcome.units)
    exercised = total - len(outcome.unexercised)
    return f"coverage: {exercised} of {total} rules and table lines ({100 * exercised // max(total, 1)} %)"


def _summary(outcome: Outcome) -> str:
    counts = [_count(len([v for v in outcome.verdicts if v.kind == kind]), kind) for kind in ("example", "golden")]
    if outcome.records is not None:
        counts.append(f"laws on {_count(outcome.records, 'record')}")
    failed = sum(not verdict.holds for verdict in outcome.verdicts)
    result = "all hold" if not failed else "1 fails" if failed == 1 else f"{failed} fail"
    return f"{outcome.file}: {', '.join(counts)}: {result}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def junit(outcomes: Sequence[Outcome]) -> bytes:
    """Return outcomes as JUnit XML: a suite for each mapping, a test case for each example, golden and law."""
    root = ET.Element("testsuites", name="etl test")
    for outcome in outcomes:
        failures = sum(not verdict.holds for verdict in outcome.verdicts)
        suite = ET.SubElement(
            root,
            "testsuite",
            name=str(outcome.file),
            tests=str(len(outcome.verdicts)),
            failures=str(failures),
            errors="0",
        )
        for verdict in outcome.verdicts:
            case = ET.SubElement(
                suite,
                "testcase",
                classname=f"{outcome.file}:{verdict.kind}",
                name=printable(verdict.name),
                file=verdict.file,
                line=str(verdict.line),
            )
            if not verdict.holds:
                head, *rest = map(printable, render_failure(verdict, outcome.file))
                ET.SubElement(case, "failure", message=head).text = "\n".join(rest)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"
