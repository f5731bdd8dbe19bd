"""What each rule of a mapping does with one record, for people who wonder why.

Nothing is decided here. The interpreter compiles and applies every rule, one at a time, and the tables name the lines
that match. For every mapping and record, with `written` the values at the paths that a rule wrote alone:

    the translator's record = written(rule 1), then written(rule 2), … put into one record
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from etl.mapping.fields import owned_paths, written_paths
from etl.mapping.model import Cases, Copy, Derive, Each, Flags, Mapping, Pattern, Rule, Values
from etl.mapping.paths import Path, PathError, format_path, get, parse_path
from etl.mapping.rules.steps import reader
from etl.mapping.rules.tables import (
    distinct,
    flags_by_value,
    flags_raised,
    matching_cases,
    pairs_by_value,
    pattern_fields,
)
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.schemas.validation import RecordSchema, json_form
from etl.mapping.terms import Direction, Side
from etl.record import ABSENT, Record, Scalar, Violation, shown


@dataclass(frozen=True, slots=True)
class Explained:
    """What one rule did with one record.

    line: the rule's, in the mapping file. rule: its kind, by the language's word; a plain two-path rule is a copy.
    applies: whether it does anything in this direction. source, target: the values that it reads and wrote, by path,
    ABSENT where there is none. did: in words. decided: the line of a table that won, or its `otherwise`.
    passed_over: the lines that matched too, later. elements: for `each`, what its rules did with every element.
    """

    line: int
    rule: str
    applies: bool
    source: dict[Path, Any] = field(default_factory=dict)
    target: dict[Path, Any] = field(default_factory=dict)
    did: str = ""
    decided: str | None = None
    passed_over: tuple[str, ...] = ()
    violations: tuple[Violation, ...] = ()
    elements: tuple[Explained, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON: values by the text of their path, in JSON form, without those that are absent."""
        return {
            "line": self.line,
            "rule": self.rule,
            "source": _by_text(self.source),
            "target": _by_text(self.target),
            "did": self.did,
            "decided": self.decided,
            "passed_over": list(self.passed_over),
        }


def explain(mapping: Mapping, direction: Direction, record: Record) -> tuple[Explained, ...]:
    """Return what every rule does with a record (native form), in the order of the file."""
    explained = [_explain(mapping, direction, rule, record) for rule in mapping.rules]
    _, _, violations = compile_mapping(mapping, direction)(record)
    for violation in violations[sum(len(one.violations) for one in explained) :]:  # the key's, which follow
        at = next(
            index
            for index, rule in enumerate(mapping.rules)
            if isinstance(rule, Copy)
            and rule.key
            and violation.path in map(format_path, written_paths(rule, direction.source))
        )
        explained[at] = _rejected(explained[at], violation)
    return tuple(explained)


def flatten(explained: tuple[Explained, ...]) -> Iterator[tuple[int, Explained]]:
    """Yield every rule with how deep it stands: 0 for the mapping's own, 1 for those of an element of a list."""
    for one in explained:
        yield 0, one
        yield from ((depth + 1, inner) for depth, inner in flatten(one.elements))


def guess_direction(mapping: Mapping, record: Record) -> tuple[Direction, str]:
    """Return which way a record in JSON form goes, by the schema that it breaks least, and the reason in words."""
    broken = {side: len(RecordSchema(mapping.system(side).schema).violations(record)) for side in Side}
    direction = Direction.OUTBOUND if broken[Side.INSIDE] < broken[Side.OUTSIDE] else Direction.INBOUND
    source, target = mapping.system(direction.source).name, mapping.system(direction.target).name
    if broken[Side.OUTSIDE] == broken[Side.INSIDE]:
        accepted = "neither system" if broken[Side.OUTSIDE] else "both systems"
        return direction, f"the record fits the schema of {accepted}"
    if broken[direction.source]:
        return direction, f"the record is nearer to the schema of {source} than to that of {target}"
    return direction, f"the record fits the schema of {source}"


def _explain(mapping: Mapping, direction: Direction, rule: Rule, record: Record) -> Explained:
    steps = compile_mapping(replace(mapping, rules=(rule,)), direction).steps
    line, kind = rule.where.line, _kind(rule)
    if not steps:
        writes = ", ".join(map(format_path, written_paths(rule, direction.source)))
        return Explained(line, kind, applies=False, did=f"{_other(direction).value} only: writes {writes}")
    made: Record = {}
    violations: list[Violation] = []
    for step in steps:
        step(record, made, violations)
    once = [path for path, only in owned_paths(replace(mapping, rules=(rule,)), direction.target).items() if only]
    explained = Explained(
        line,
        kind,
        applies=True,
        source={path: get(record, path) for path in _source_paths(direction, rule, record)},
        target={path: get(made, path) for path in written_paths(rule, direction.target)},
        elements=tuple(_elements(mapping, direction, rule, record)),
    )
    if violations:
        return _rejected(explained, *violations)
    return _decided(explained, rule, direction, record, "only on creation, " if once else "")


def _other(direction: Direction) -> Direction:
    return Direction.OUTBOUND if direction is Direction.INBOUND else Direction.INBOUND


def _rejected(explained: Explained, *violations: Violation) -> Explained:
    reasons = (*explained.violations, *violations)
    return replace(
        explained,
        did="rejected: " + "; ".join(violation.message for violation in reasons),
        violations=reasons,
        decided=None,
        passed_over=(),
    )


def _decided(explained: Explained, rule: Rule, direction: Direction, record: Record, when: str) -> Explained:
    lines = _matching_lines(rule, direction, record)
    if not lines and _is_absent(rule, direction, record):
        written = [value for value in explained.target.values() if value is not ABSENT]
        did = f"absent, so {shown(written[0])} is written" if written else "absent, so nothing is written"
        return replace(explained, did=when + did)
    if not lines and (decided := _otherwise(rule, direction)) is not None:
        return replace(explained, did=f"{when}nothing matches", decided=decided)
    decided = lines[0] if lines else None
    return replace(explained, did=when + _did(rule, direction, record), decided=decided, passed_over=tuple(lines[1:]))


def _kind(rule: Rule) -> str:
    return "from" if isinstance(rule, Derive) else type(rule).__name__.lower()


def _did(rule: Rule, direction: Direction, record: Record) -> str:
    match rule:
        case Copy():
            return _copied(rule, direction) + (" as key" if rule.key else "")
        case Derive():
            computed = f"computed: {' '.join(rule.source.split())}"
            return computed if rule.codec is None else f"{computed}, converted by {rule.codec.name}"
        case Flags():
            return "flag"
        case Values():
            return "pair"
        case Each():
            (path,) = written_paths(rule, direction.source)
            count = len(get(record, path))
            return f"each of {count} element{'' if count == 1 else 's'}"
        case Cases():
            return "case"
        case _:
            assert_never(rule)


def _copied(rule: Copy, direction: Direction) -> str:
    if rule.codec is None:
        return "copied"
    verb = "converted" if rule.codec.parts == 1 else "joined" if direction is Direction.INBOUND else "split"
    return f"{verb} by {rule.codec.name}"


def _is_absent(rule: Rule, direction: Direction, record: Record) -> bool:
    """Return whether what a rule reads counts as absent; a table decides that by its own lines."""
    match rule:
        case Copy():
            fields = rule.outside if direction is Direction.INBOUND else (rule.inside,)
            return all(reader(one)(record) is ABSENT for one in fields)
        case Values() | Each():
            return reader(rule.outside if direction is Direction.INBOUND else rule.inside)(record) is ABSENT
        case Derive():
            return rule.compute(record) is ABSENT
        case Flags() | Cases():
            return False
        case _:
            assert_never(rule)


def _matching_lines(rule: Rule, direction: Direction, record: Record) -> list[str]:
    """Return every line of a table that matches, in order: the first is the one that decides."""
    source = direction.source
    match rule:
        case Flags() if rule.side is direction.target:
            raised = flags_raised(reader(one)(record) for one, _ in rule.flags)
            return [format_path(rule.flags[at][0].path) for at in raised]
        case Flags():
            standing = flags_by_value(rule).get(distinct(reader(rule.value)(record)), [])
            return [format_path(rule.flags[at][0].path) for at in standing]
        case Values():
            value = reader(rule.outside if source is Side.OUTSIDE else rule.inside)(record)
            pairs = pairs_by_value(rule, source).get(distinct(None if value is ABSENT else value), [])
            return [f"{_accepted(pair.of(source))} -> {shown(pair.of(source.other)[0])}" for pair in pairs]
        case Cases():
            values = {one: reader(one)(record) for one in pattern_fields(case.of(source) for case in rule.cases)}
            found = matching_cases(rule.cases, source)(values)
            return [f"{_pattern(case.of(source))} -> {_written(case.of(source.other))}" for case in found]
        case Copy() | Derive() | Each():
            return []
        case _:
            assert_never(rule)


def _otherwise(rule: Rule, direction: Direction) -> str | None:
    match rule:
        case Flags() if rule.side is direction.target:
            return f"otherwise -> {shown(None if rule.otherwise is ABSENT else rule.otherwise)}"
        case Flags():
            return "otherwise -> no flag"
        case Values():
            return f"otherwise -> {shown(rule.otherwise[direction.target])}"
        case Cases():
            return f"otherwise -> {_written(rule.otherwise[direction.target])}"
        case _:
            return None


def _accepted(values: tuple[Scalar, ...]) -> str:
    return " or ".join(map(shown, values))


def _pattern(pattern: Pattern) -> str:
    return ", ".join(f"{format_path(one.path)} {_accepted(values)}" for one, values in pattern) or "anything"


def _written(pattern: Pattern) -> str:
    return _pattern(tuple((one, values[:1]) for one, values in pattern))


def _source_paths(direction: Direction, rule: Rule, record: Record) -> tuple[Path, ...]:
    """Return what a rule reads; of the names in an expression those that the record has, or all if it has none."""
    if isinstance(rule, Cases):
        return tuple(one.path for one in pattern_fields(case.of(direction.source) for case in rule.cases))
    if not isinstance(rule, Derive):
        return written_paths(rule, direction.source)
    try:
        return (parse_path(rule.source),)
    except PathError:
        return tuple((name,) for name in rule.reads if name in record) or tuple((name,) for name in rule.reads)


def _elements(mapping: Mapping, direction: Direction, rule: Rule, record: Record) -> Iterator[Explained]:
    if not isinstance(rule, Each):
        return
    (source,), (target,) = written_paths(rule, direction.source), written_paths(rule, direction.target)
    items = get(record, source)
    for index, item in enumerate(items if isinstance(items, list) else ()):
        for inner in rule.rules if isinstance(item, dict) else ():
            yield _beneath((*source, index), (*target, index), _explain(mapping, direction, inner, item))


def _beneath(source: Path, target: Path, explained: Explained) -> Explained:
    return replace(
        explained,
        source={(*source, *path): value for path, value in explained.source.items()},
        target={(*target, *path): value for path, value in explained.target.items()},
        elements=tuple(_beneath(source, target, inner) for inner in explained.elements),
    )


def _by_text(values: dict[Path, Any]) -> dict[str, Any]:
    return {format_path(path): json_form(value) for path, value in values.items() if value is not ABSENT}
