"""What is sent: every field at one place of its own, cleared where it is cleared inside, and right by its schema."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from etl.mapping.checks.absent import left_absent
from etl.mapping.checks.context import Context
from etl.mapping.checks.pairs import values_of
from etl.mapping.checks.trials import Trial, Trials, writer_of
from etl.mapping.paths import Path, Spot, assign, format_path, get
from etl.mapping.places import in_schema, overlap
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import groups_in
from etl.mapping.rules.elsewhere import is_absent
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.sent import EVERYTHING, News, SentForm, sent_form
from etl.mapping.rules.wanted import SentSchema, sent_schema
from etl.mapping.rules.written import ANY, Written, written_of
from etl.mapping.schemas.edges import edges_of
from etl.mapping.schemas.shapes import Schema, UnknownFieldError
from etl.mapping.terms import Direction, Field, Side, Use, When
from etl.record import ABSENT


def check_sending(context: Context) -> None:
    """E110, E120, E124, E125, E145: what `written` and `send` say goes with the rules."""
    _check_named(context)
    for rule in context.rules:
        if isinstance(rule, Copy):
            _check_together(context, rule)
    _check_places(context)
    for rule in context.rules:
        if rule.sent is When.CHANGED:
            _check_cleared(context, rule)
    if any(rule.sent is not When.ALWAYS for rule in context.rules) and context.mapping.files.outbound_format.has_rows:
        message = "a row of a CSV file has a cell for each column, so it cannot hold only a part of a record"
        fix = "write send: always, or choose another format"
        context.find(context.mapping.files.entries[0].where, "E145", message, fix)


def _check_named(context: Context) -> None:
    mapping = context.mapping
    groups = {path for path, _ in groups_in(context.rules)}
    fields = (field for rule in context.rules for field in (*rule.fields(Side.OUTSIDE), *rule.written(Side.OUTSIDE)))
    paths = groups | {field.path for field in fields}
    for entry in mapping.written:
        is_known = any(entry.matches(path) for path in paths)
        if entry.codecs is not None and any(entry.matches(path) for path in groups):
            message = f"{format_path(entry.path)} is a group, which no codec writes"
            context.find(entry.where, "E110", message, "name the fields in it")
        if not is_known and entry.to is None:
            is_known = ANY in entry.path or _is_in_schema(context, entry.path)
        if not is_known:
            text, above = format_path(entry.path), (entry.path[:length] for length in range(1, len(entry.path)))
            silent = next((path for path in above if _is_silent(mapping.written, path)), None)
            if silent is not None:
                message = f"{text} is not sent, since {format_path(silent)} is null in written"
                context.find(entry.where, "E110", message, "say null for the other fields in it, one by one")
                continue
            fix = "name a field that a rule writes, by its whole path"
            context.find(entry.where, "E110", f"no rule writes {text}, which written names", fix)


def _is_silent(entries: Iterable[Written], path: Path) -> bool:
    entry = written_of(entries, path)
    return entry is not None and entry.to is None


def _is_in_schema(context: Context, path: Path) -> bool:
    try:
        context.schemas[Side.OUTSIDE].shape(path)
    except UnknownFieldError:
        return False
    return True


def _check_together(context: Context, rule: Copy) -> None:
    """E124: of a value in several fields all are sent, or none, or one in a form of its own that says it whole."""
    fields = rule.fields(Side.OUTSIDE)
    odd = next((field for field in fields if field.use is not Use.BOTH), None)
    if odd is None or all(field.use is odd.use for field in fields):
        return
    entries = [written_of(context.mapping.written, field.path) for field in fields if field.use is Use.BOTH]
    if odd.use is Use.READ and any(entry is not None and entry.codecs is not None for entry in entries):
        return
    word = "read-only" if odd.use is Use.READ else "write-only"
    message = f"{context.name(Side.OUTSIDE, odd)} is {word}, and what stands beside it is not"
    fix = "name fields that are all written, or none that is, or say in written how one is sent that says all of them"
    context.find(odd.where, "E124", message, fix)


def _check_places(context: Context) -> None:
    """E120: no two fields are sent to one place."""
    if not context.mapping.written:
        return
    places: dict[Path, Path] = {}
    for rule, field in _sent(context):
        entry = written_of(context.mapping.written, field.path)
        place = _place(entry, field)
        other = next((path for known, path in places.items() if overlap(known, place) and path != field.path), None)
        if other is not None:
            name, both = context.mapping.outside.name, f"{format_path(other)} and for {format_path(field.path)}"
            message = f"{format_path(place)} of {name} is sent twice, for {both}"
            context.find(rule.where, "E120", message, "say in written that one of them is null, or name another place")
        places.setdefault(place, field.path)


def _sent(context: Context) -> Iterator[tuple[Rule, Field]]:
    for rule in context.rules:
        yield from ((rule, field) for field in rule.written(Side.OUTSIDE) if field.use is not Use.READ)


def _check_cleared(context: Context, rule: Rule) -> None:
    """E125: what is sent only where it changed is told when it becomes absent."""
    for field in dict.fromkeys(left_absent(context, rule, Side.OUTSIDE)):
        if field.use is not Use.READ and context.writes_nothing(Side.OUTSIDE, field):
            name = context.name(Side.OUTSIDE, field)
            message = f"{name} is not sent where it is absent, so send: changed never clears it"
            context.find(field.where, "E125", message, "say when_absent: for it, such as null, or send: always")


def check_sent(context: Context, trials: Trials) -> None:
    """E121, E151, W156, W182: what is sent can be written, and is right by the schema of what is sent."""
    mapping = context.mapping
    form, schema = sent_form(mapping), sent_schema(mapping)
    if schema is None and not (form and form.moved):
        return
    made = (*trials.outbound, *_at_edges(context, trials))
    tried = [_Sent.of(trial, form, schema) for trial in made if trial.accepted]
    _check_written(context, tried)
    told: set[int | str] = set()
    for place, why in (problem for one in tried for problem in one.problems):
        rule = _rule_of(context, place)
        mark = id(rule) if rule else f"{format_path(place)}: {why}"
        if mark in told:
            continue
        told.add(mark)
        message = f"what is sent is refused, since {format_path(place) or 'a value'} {why}"
        if rule is not None:
            context.lose(rule, rule.where, "W156", message, "make the schemas agree, or say lossy: and why that may be")
        else:
            context.find(mapping.outside.where, "E121", message, "add a rule that writes it, or do not require it")
    is_refused = bool(tried) and all(one.problems or one.unwritten for one in tried)
    if is_refused and not any(finding.is_error for finding in context.findings):
        message = "no record that was made can be sent, so nothing is proven of outbound"
        context.find(mapping.outside.where, "W182", message, "correct the outbound schema, or the rules")


def _at_edges(context: Context, trials: Trials) -> Iterator[Trial]:
    """Yield what becomes of a record with values that a codec of `written`, or the schema of what is sent, may refuse.

    One at a time, in each field of which a copy is sent, or what an expression makes.
    """
    base = next((one for one in trials.outbound if one.accepted), None)
    if base is None:
        return
    for rule, field in _sent(context):
        for inside in _read_by(rule):
            for value in _edges(context, field, inside):
                record = copy.deepcopy(base.record)
                assign(record, inside.path, value)
                if (trial := trials.judged(Direction.OUTBOUND, record, inside.path)) is not None:
                    yield trial


def _read_by(rule: Rule) -> Sequence[Field]:
    """Return the inside fields of which the value is sent; those of a table are tried line by line."""
    if isinstance(rule, Computed):
        return [Field(path) for path in rule.looks_at(Direction.OUTBOUND)]
    return [rule.inside] if isinstance(rule, Copy) else []


def _edges(context: Context, field: Field, inside: Field) -> Iterator[Any]:
    """Yield values of an inside field that may not be written, or not be taken, where an outside one is sent."""
    entry, schema = written_of(context.mapping.written, field.path), context.mapping.outside.sent
    said = context.shape(Side.INSIDE, inside).alternatives
    values = [
        value
        for codec in (entry.codecs or () if entry is not None else ())
        for value in (*codec.hard(), *values_of(codec, said))
    ]
    with suppress(UnknownFieldError):
        values += edges_of(said, Schema(schema).shape(in_schema(_place(entry, field))).alternatives) if schema else ()
    return (value for value in values if context.takes(Side.INSIDE, inside, value))


def _place(entry: Written | None, field: Field) -> Path:
    """Return where a field is sent."""
    return field.path if entry is None or entry.to is None else entry.place(field.path)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What is sent of a record, whole, and in part where that is sent too.

    problems: where its schema refuses that, and why. unwritten: the fields whose values `written` cannot write, by
    their paths in what is expected, and why.
    """

    trial: Trial
    problems: tuple[tuple[Spot, str], ...]
    unwritten: dict[str, str]

    @classmethod
    def of(cls, trial: Trial, form: SentForm | None, schema: SentSchema | None) -> _Sent:
        """Return what is sent of a trial."""
        occasions = [(News(is_new=True), False), *([(EVERYTHING, True)] if form is not None and form.timed else [])]
        problems: dict[tuple[Spot, str], None] = {}
        unwritten: dict[str, str] = {}
        for news, is_partial in occasions:
            sent, wrong = (trial.made, []) if form is None else form(trial.made, trial.record, news)
            unwritten |= {violation.path: violation.message for violation in wrong}
            if schema is not None and not wrong:
                found = (schema.part if is_partial else schema.whole).problems(sent)
                problems |= dict.fromkeys((problem.place, problem.message) for problem in found)
        return cls(trial, tuple(problems), unwritten)

    def writes(self, field: Field) -> bool:
        """Return whether a field has a value that is written."""
        value = get(self.trial.made, field.path)
        return format_path(field.path) not in self.unwritten and value is not ABSENT and not is_absent(field, value)


def _check_written(context: Context, tried: Sequence[_Sent]) -> None:
    """E151, W156: a codec under `written` writes every value of its field, or some at least."""
    told: set[Path] = set()
    for rule, field in _sent(context):
        entry, path = written_of(context.mapping.written, field.path), format_path(field.path)
        why = next((one.unwritten[path] for one in tried if path in one.unwritten), None)
        if entry is None or why is None or field.path in told:
            continue
        told.add(field.path)
        message = f"{context.name(Side.OUTSIDE, field)} {why}"
        if any(one.writes(field) for one in tried):
            fix = "let the codec write such a value, or say lossy: in its rule and why such a record may be rejected"
            context.lose(rule, entry.where, "W156", message, fix)
        else:
            message += "; no value that was tried is written"
            context.find(entry.where, "E151", message, "name a codec for the value that the field has inside")


def _rule_of(context: Context, place: Path) -> Rule | None:
    """Return the rule whose value is sent at a place."""
    if not place:
        return None
    for rule, field in _sent(context):
        at = _place(written_of(context.mapping.written, field.path), field)
        if overlap(in_schema(at), in_schema(place)):
            return rule
    writer = writer_of(context.rules, Side.OUTSIDE, place)
    return None if writer is None else writer.rule
