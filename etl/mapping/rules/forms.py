"""Forms: text that the `as` of a system does not read, or does not write, rejects the record."""

from __future__ import annotations

from collections.abc import Sequence

from etl.mapping.codecs import CodecError
from etl.mapping.paths import format_path
from etl.mapping.rules.access import Step, beside_others, refuser
from etl.mapping.rules.moves import Move, fuse
from etl.mapping.rules.rule import BaseRule
from etl.mapping.terms import Direction, Side
from etl.record import Record, Violation


def unread(rules: Sequence[BaseRule], direction: Direction) -> Step | None:
    """Return the step that tells which text of what rules read is not in its system's form; None where none has one."""
    if direction is Direction.OUTBOUND:
        return None
    fields = dict.fromkeys(field for rule in rules for field in rule.passes(direction) if field.has_form)
    refusers = [(field.path, refuser(field)) for field in fields]
    if not refusers:
        return None

    def step(record: Record, _last: Record, _into: Record, violations: list[Violation]) -> None:
        found = ((path, refused(record)) for path, refused in refusers)
        violations.extend(Violation(format_path(path), "form", why) for path, why in found if why)

    return step


def in_its_form(rule: BaseRule, direction: Direction) -> Move | Step | None:
    """Return what a rule does in one direction; what `as` of its system, or its table, does not write is told.

    Members of a list, or words of a text, that belong to tables stay as they were last.
    """
    part = rule.compiled(direction)
    fields = rule.written(direction.target)
    shared = [beside_others(field, field.others) for field in fields if field.others is not None]
    if isinstance(part, Move) and shared:
        (part,) = fuse([part])
    has_form = bool(shared) or any(field.has_form for field in fields)
    if part is None or isinstance(part, Move) or direction is Direction.INBOUND or not has_form:
        return part
    write, path = part, format_path(rule.fields(Side.OUTSIDE)[0].path)

    def step(record: Record, last: Record, into: Record, violations: list[Violation]) -> None:
        try:
            write(record, last, into, violations)
            for write_beside in shared:
                write_beside(last, into)
        except CodecError as error:
            violations.append(Violation(path, "form", str(error)))

    return step
