"""What is sent: every field at one place of its own, cleared where it is cleared inside, and right by its schema."""

from __future__ import annotations

from collections.abc import Iterator

from etl.mapping.checks.absent import left_absent
from etl.mapping.checks.context import Context
from etl.mapping.checks.trials import Trial, Trials, writer_of
from etl.mapping.paths import Path, Spot, format_path
from etl.mapping.places import in_schema, overlap
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.sent import EVERYTHING, News, SentForm, sent_form
from etl.mapping.rules.wanted import SentSchema, sent_schema
from etl.mapping.rules.written import ANY, written_of
from etl.mapping.schemas.shapes import UnknownFieldError
from etl.mapping.terms import Field, Keep, Side, Use, When


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
    paths = {field.path for rule in context.rules for field in rule.fields(Side.OUTSIDE)}
    for entry in mapping.written:
        is_known = any(entry.matches(path) for path in paths)
        if not is_known and (entry.to is None or mapping.keep is Keep.WHOLE):
            is_known = ANY in entry.path or _is_in_schema(context, entry.path)
        if not is_known:
            text = format_path(entry.path)
            fix = "name a field that a rule writes, by its whole path"
            context.find(entry.where, "E110", f"no rule writes {text}, which written names", fix)


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
    if odd.use is Use.READ and any(entry is not None and entry.codecs for entry in entries):
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
        place = field.path if entry is None or entry.to is None else entry.place(field.path)
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
    """E121, W156, W182: what is sent is right by the schema of what is sent."""
    mapping = context.mapping
    form, schema = sent_form(mapping), sent_schema(mapping)
    if schema is None and not (form and form.moved):
        return
    told: set[int | str] = set()
    tried = [trial for trial in trials.outbound if trial.accepted]
    refused = 0
    for trial in tried:
        reasons = list(dict.fromkeys(_refused(trial, form, schema)))
        refused += bool(reasons)
        for place, why in reasons:
            rule = _rule_of(context, place)
            mark = id(rule) if rule else f"{format_path(place)}: {why}"
            if mark in told:
                continue
            told.add(mark)
            message = f"what is sent is refused, since {format_path(place) or 'a value'} {why}"
            if rule is not None:
                context.lose(
                    rule, rule.where, "W156", message, "make the schemas agree, or say lossy: and why that may be"
                )
            else:
                context.find(mapping.outside.where, "E121", message, "add a rule that writes it, or do not require it")
    if tried and refused == len(tried) and not any(finding.is_error for finding in context.findings):
        message = "no record that was made can be sent, so nothing is proven of outbound"
        context.find(mapping.outside.where, "W182", message, "correct the outbound schema, or the rules")


def _refused(trial: Trial, form: SentForm | None, schema: SentSchema | None) -> Iterator[tuple[Spot, str]]:
    """Yield where what is sent of a record is refused, and why: whole, and in part where that is sent too."""
    occasions = [(News(is_new=True), False), *([(EVERYTHING, True)] if form is not None and form.timed else [])]
    for news, is_partial in occasions:
        sent, wrong = (trial.made, []) if form is None else form(trial.made, trial.record, news)
        if schema is not None:
            problems = (schema.part if is_partial else schema.whole).problems(sent)
            yield from ((problem.place, problem.message) for problem in problems)
        yield from (((), str(violation)) for violation in wrong)


def _rule_of(context: Context, place: Path) -> Rule | None:
    """Return the rule whose value is sent at a place."""
    if not place:
        return None
    for rule, field in _sent(context):
        entry = written_of(context.mapping.written, field.path)
        at = field.path if entry is None or entry.to is None else entry.place(field.path)
        if overlap(in_schema(at), in_schema(place)):
            return rule
    writer = writer_of(context.rules, Side.OUTSIDE, place)
    return None if writer is None else writer.rule
