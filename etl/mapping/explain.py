"""What each rule of a mapping does with one record, in words, for people who wonder why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from etl.mapping.carrying import carried
from etl.mapping.model import Mapping
from etl.mapping.paths import Path, format_path, get
from etl.mapping.rules.each import Each
from etl.mapping.rules.keeping import Judged, keepings, keeps_by_element
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.line_words import displayed_line
from etl.mapping.rules.lines import Line, Role
from etl.mapping.rules.table import Table
from etl.mapping.rules.trace import Traced, trace
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.schemas.validation import RecordSchema, json_form
from etl.mapping.terms import Direction, Keep, Occasion, Side
from etl.record import ABSENT, NOTHING_KNOWN, Record, Violation, shown


@dataclass(frozen=True, slots=True)
class Explained:
    """What one rule did with one record.

    line: the rule's, in the mapping file, or in `file` where that is another one. rule: its kind, by the language's
    word; a plain two-path rule is a copy.
    applies: whether it does anything in this direction, or would if its outside field were not read-only. source,
    target: the values that it reads and wrote, by path, ABSENT where there is none. did: in words. decided: the line
    of a table that won, or its `otherwise`. passed_over: the lines that matched too, later. elements: for `each`, what
    its rules did with every element.
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
    file: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON: values by the text of their path, in JSON form, without those that are absent."""
        return {
            "line": self.line,
            **({"file": self.file} if self.file else {}),
            "rule": self.rule,
            "source": _by_text(self.source),
            "target": _by_text(self.target),
            "did": self.did,
            "decided": self.decided,
            "passed_over": list(self.passed_over),
        }


@dataclass(frozen=True, slots=True)
class GoesOut:
    """A file that a record goes out in on an occasion, by the name that the mapping gives it, with what it carries."""

    file: str
    occasion: str
    carries: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"file": self.file, "for": self.occasion, "carries": list(self.carries)}


def files_of(mapping: Mapping) -> list[GoesOut]:
    """Return what goes out in which file on which occasion; nothing where all goes out in one on any."""
    if mapping.files.entries[0].always:
        return []
    return [
        GoesOut(
            one.entry.file,
            occasion.value,
            tuple(dict.fromkeys(format_path(p) for rule in one.rules for p in rule.paths(Side.OUTSIDE))),
        )
        for occasion in Occasion
        for one in carried(mapping, occasion)
    ]


def explain(
    mapping: Mapping, direction: Direction, record: Record, last: Record = NOTHING_KNOWN
) -> tuple[Explained, ...]:
    """Return what every rule does with a record (native form), in the order of the file.

    last: the target's record as it was last known.
    """
    explained = [_explained(one, direction) for one in trace(mapping.rules, direction, record, last)]
    if direction is Direction.OUTBOUND and last:
        explained = _keeping(mapping.rules, mapping.keep, explained, (record, last))
    _, _, violations = compile_mapping(mapping, direction)(record, last)
    for violation in violations[sum(len(one.violations) for one in explained) :]:  # the key's, which follow
        at = next(
            index
            for index, rule in enumerate(mapping.rules)
            if rule.key and violation.path in map(format_path, rule.paths(direction.source))
        )
        explained[at] = _rejected(explained[at], violation)
    return tuple(explained)


def _keeping(
    rules: tuple[Rule, ...], keep: Keep, explained: Sequence[Explained], records: tuple[Record, Record], at: Path = ()
) -> list[Explained]:
    """Return what rules did where what lies outside stays; else what they wrote.

    records: an inside one, and the outside one as it was last. at: where the outside paths of the rules start.
    """
    judged = {rule: how for one in keepings(rules, keep) for rule, how in one.judged(*records).items()}
    made = []
    for rule, said in zip(rules, explained, strict=True):
        found = judged.get(id(rule))
        one = said if found is None else _kept(said, found, rule, records[1], at)
        if found is not None and isinstance(rule, Each):
            one = replace(one, elements=tuple(_elements_kept(rule, keep, said.elements, records, at)))
        made.append(one)
    return made


def _elements_kept(
    rule: Each, keep: Keep, explained: Sequence[Explained], records: tuple[Record, Record], at: Path
) -> Iterator[Explained]:
    """Yield the same of the elements of a list that keeps element by element, and of such lists in a group."""
    ends = zip(records, Direction.OUTBOUND.ends, strict=True)
    items, last = (get(one, rule.field(side).path) for one, side in ends)
    count = len(rule.inner)
    for place, (_, item, target, was) in enumerate(rule.placed(Direction.OUTBOUND, items, last)):
        said, below = explained[place * count : (place + 1) * count], (*at, *target)
        if was and keeps_by_element(rule):
            yield from _keeping(rule.inner, keep, said, (item, was), below)
            continue
        for inner, one in zip(rule.inner, said, strict=True):
            if was and rule.is_group and isinstance(inner, Each):
                elements = tuple(_elements_kept(inner, keep, one.elements, (item, was), below))
                yield replace(one, elements=elements)
            else:
                yield one


def _kept(explained: Explained, judged: Judged, rule: Rule, last: Record, at: Path) -> Explained:
    """Return what a rule did where what lies outside stays; else what it wrote."""
    if not judged.kept:
        return explained
    paths = [path[len(at) :] for path in explained.target] or [field.path for field in rule.fields(Side.OUTSIDE)]
    lies, written = (", ".join(_shown(get(one, path)) for path in paths) for one in (last, judged.written))
    did = f"kept {lies}, would {'be rejected' if judged.violations else f'write {written}'}"
    target = {(*at, *path): get(last, path) for path in paths}
    return replace(explained, did=did, target=target, violations=(), decided=None, passed_over=())


def _shown(value: Any) -> str:
    return "nothing" if value is ABSENT else shown(json_form(value))


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


def _explained(traced: Traced, direction: Direction) -> Explained:
    rule = traced.rule
    line, word = rule.where.line, rule.word
    if traced.source and not traced.applies:
        did = "not sent: it is read-only outside"
        return Explained(line, word, applies=True, source=traced.source, did=did, file=rule.where.file)
    if not traced.applies:
        other = Direction.towards(direction.source)
        writes = ", ".join(map(format_path, rule.paths(direction.source)))
        return Explained(line, word, applies=False, did=f"{other.value} only: writes {writes}", file=rule.where.file)
    elements = tuple(_explained(one, direction) for one in traced.elements)
    explained = Explained(
        line,
        word,
        applies=True,
        source=traced.source,
        target=traced.target,
        elements=elements,
        file=rule.where.file,
    )
    if traced.violations:
        return _rejected(explained, *traced.violations)
    when = "only on creation, " if rule.once and direction.target is Side.INSIDE else ""
    when = "sent only when it changes, " if rule.way is Direction.OUTBOUND else when
    if traced.is_absent:
        written = [value for value in traced.target.values() if value is not ABSENT]
        did = f"absent, so {shown(written[0])} is written" if written else "absent, so nothing is written"
        return replace(explained, did=when + did)
    return _decided(explained, traced, direction, when)


def _decided(explained: Explained, traced: Traced, direction: Direction, when: str) -> Explained:
    rule = traced.rule
    if not traced.lines:
        return replace(explained, did=when + traced.did)
    deciding, *others = traced.lines
    did = "nothing matches" if deciding.role is Role.OTHERWISE else traced.did
    passed_over = tuple(_displayed(rule, line, direction) for line in others if line.role is Role.WRITTEN)
    return replace(explained, did=when + did, decided=_displayed(rule, deciding, direction), passed_over=passed_over)


def _displayed(rule: Rule, line: Line, direction: Direction) -> str:
    assert isinstance(rule, Table)  # noqa: S101 - no other kind of rule has lines
    return displayed_line(rule, line, direction)


def _rejected(explained: Explained, *violations: Violation) -> Explained:
    reasons = (*explained.violations, *violations)
    return replace(
        explained,
        did="rejected: " + "; ".join(violation.message for violation in reasons),
        violations=reasons,
        decided=None,
        passed_over=(),
    )


def _by_text(values: dict[Path, Any]) -> dict[str, Any]:
    return {format_path(path): json_form(value) for path, value in values.items() if value is not ABSENT}
