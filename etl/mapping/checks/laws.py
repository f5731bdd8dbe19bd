"""The interpreter's laws, tried on small records that are made from the schemas, one value varied at a time.

    inward(outward(t)) = t     on what two-way rules own
    outward(inward(x)) = x     on what two-way rules own, in the form that they write
    N(N(x)) = N(x)             where N = outward ∘ inward, and what no rule writes outside stays in x
    outward(inward(x), x) = x  on what is kept, where the mapping says so

What flags, value pairs and codecs lose is named by other checks; a rule with `lossy:` has to be stable only. Since each
record differs in one value from another that was tried, a counterexample is minimal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from etl.mapping.checks.asked import trials_asked
from etl.mapping.checks.context import LOSSY, Context, displayed
from etl.mapping.checks.trials import Trial, Trials, writer_of
from etl.mapping.codecs import CodecError
from etl.mapping.paths import Path, format_path, get
from etl.mapping.places import overlap
from etl.mapping.rules.access import reader
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import Each, compiled_rules, in_key_order
from etl.mapping.rules.first import First
from etl.mapping.rules.kinds import Rule
from etl.mapping.schemas.validation import json_form
from etl.mapping.terms import Direction, Keep, Side
from etl.record import ABSENT, NOTHING_KNOWN, Record, Violation


def check_laws(context: Context, trials: Trials) -> None:
    """W156, W180, E181, W183: what goes there comes back, and a round trip is stable."""
    told: set[int] = set()
    unstable: set[int] = set()
    for direction in reversed(Direction):
        for trial in trials.of(direction):
            if trials.is_sent(direction, trial):
                _check_comes_back(context, trials, direction, trial, told)
    for trial in (*trials.outbound, *trials_asked(context, trials)):
        if trial.accepted:
            _check_is_imported(context, trials, trial, told)
    for trial in trials.outbound:
        if trial.accepted:
            _check_is_read(context, trials, trial)
            _check_is_understood(context, trials, trial)
            _check_is_stable(context, trials, Direction.OUTBOUND, trial, unstable)
    for trial in trials.inbound:
        if trials.is_sent(Direction.INBOUND, trial):
            _check_is_stable(context, trials, Direction.INBOUND, trial, unstable)
            _check_goes_back(context, trials, trial, told)


def _check_comes_back(context: Context, trials: Trials, direction: Direction, trial: Trial, told: set[int]) -> None:
    side = direction.source
    back = trials.back(direction, trial)
    if back.violations or trials.unread(direction, trial):
        return
    owners = trials.touching(side, trial.at)
    if trial.problems:
        owners = [rule for rule in owners if not trial.is_refused_at(rule.paths(side.other))]
    for one in _owned(owners, side, trial.record, back.made):
        rule = one.answers
        explaining = (one.rule, rule, *_of_elements(one.rule))
        is_told = id(rule) in told or any(context.loses(each, "W180") for each in explaining)
        if is_told or not one.is_lost(side) or context.mapping.keeps(one.rule, side):
            continue
        if (not trial.at or overlap(trial.at, one.path)) and not context.is_wrong(rule):
            told.add(id(rule))
            name = f"{context.mapping.system(side).name}.{format_path(one.path)}"
            message = f"{name} {_shown(one.before)} comes back as {_shown(one.after)}"
            context.lose(rule, rule.where, "W180", message, "correct the rule, or say lossy: and why that is right")


def _check_is_read(context: Context, trials: Trials, trial: Trial) -> None:
    """W156: what goes out is not refused when it comes back: in a file of rows, a required field has a value."""
    for problem in trials.unread(Direction.OUTBOUND, trial):
        writer = writer_of(context.rules, Side.OUTSIDE, problem.place)
        if writer is None or context.loses(writer.rule, "W156") or context.is_wrong(writer.rule):
            continue
        system, name = context.mapping.inside.name, f"{context.mapping.outside.name}.{format_path(problem.place)}"
        said = f"{_shown(get(trial.record, trial.at))} of {system}.{format_path(trial.at)} is"
        message = f"{said if trial.at else f'a record of {system} leaves'} an empty cell of {name}, which is required"
        fix = "do not require it, or say lossy: and why such a record may be rejected"
        context.lose(writer.rule, writer.field.where, "W156", message, fix)


def _check_is_understood(context: Context, trials: Trials, trial: Trial) -> None:
    """W156: what a copy writes is read again when it comes back: a row of a file has text alone, whatever is sent."""
    rules = trials.touching(Side.INSIDE, trial.at) if context.is_text(Side.OUTSIDE) else ()
    for rule in (one for one in rules if isinstance(one, Copy) and one.only is None):
        if context.loses(rule, "W156") or context.is_wrong(rule):
            continue
        wrong: list[Violation] = []
        for step in compiled_rules((rule,), Direction.INBOUND):
            step(trials.as_stored(Side.OUTSIDE, trial.made), NOTHING_KNOWN, {}, wrong)
        for violation in wrong[:1]:
            said = f"{_shown(get(trial.record, trial.at))} of {context.mapping.inside.name}.{format_path(trial.at)}"
            message = f"{said} is refused when it comes back in {context.mapping.outside.name}.{violation.path}"
            fix = "name a codec with as:, or say lossy: and why such a record may be rejected"
            context.lose(rule, rule.outside[0].where, "W156", f"{message}: {violation.message}", fix)


def _check_is_imported(context: Context, trials: Trials, trial: Trial, told: set[int]) -> None:
    """W183: what goes out is imported when it comes back, and not left aside by what a rule has written."""
    made = trials.as_stored(Side.OUTSIDE, trial.made)
    why = "" if trials.selection is None else trials.selection.why_not_again(made, None)
    if not why:
        return
    named = [field.path for field, _ in context.mapping.import_when if not field.is_around]
    for rule in context.rules:
        if id(rule) not in told and any(path in named for path in rule.paths(Side.OUTSIDE)):
            told.add(id(rule))
            where = f" with {format_path(trial.at)} {_shown(get(trial.record, trial.at))}" if trial.at else ""
            message = f"a record of {context.mapping.inside.name}{where} is sent, and left aside when it comes back"
            fix = "let import_when take it, or say lossy: and why that is right"
            context.lose(rule, rule.where, "W183", f"{message}: {why}", fix)


def _of_elements(rule: Rule) -> Iterator[Rule]:
    """Yield the rules within a list by whose losses elements go: where keys tell them apart, only those of the keys."""
    is_keyed = any(inner.key for inner in rule.inner)
    return (inner for inner in rule.inner if inner.key or not is_keyed)


@dataclass(frozen=True, slots=True)
class _Owned:
    """A value that a two-way rule owns, before and after, as it stands there; null where it means absent.

    answers: the rule that says why it may be lost, if one does. That is the rule itself, or one of the list below which
    it stands, where that gives a reason and it does not.
    """

    rule: Rule
    answers: Rule
    path: Path
    before: Any
    after: Any

    def is_lost(self, side: Side) -> bool:
        """Return whether the value does not come back, in a way that no other check names."""
        if self.rule.codec is not None and self.rule.codec.lost(side):
            return self.before not in (None, ABSENT) and self.after in (None, ABSENT)
        if side is Side.OUTSIDE and _is_read_alike(self.rule, self.before, self.after):
            return False
        return not _same(_plain(self.rule, self.before), _plain(self.rule, self.after))


def _owned(
    rules: Iterable[Rule], side: Side, record: Record, back: Record, at: Path = (), above: Rule | None = None
) -> Iterator[_Owned]:
    """Yield what two-way rules own on one side, of those that no other check judges; of lists, by their elements."""
    for rule in rules:
        if rule.only is not None or rule.lines:
            continue
        answers = rule if above is None or rule.acknowledges("W180") else above
        if isinstance(rule, Each):
            yield from _owned_elements(rule, answers, side, record, back, at)
            continue
        fields = [rule.there(record) or rule.outside[0]] if isinstance(rule, First) and side is Side.OUTSIDE else None
        for field in rule.written(side) if fields is None else fields:
            before, after = (reader(field)(one) for one in (record, back))
            yield _Owned(rule, answers, (*at, *field.path), before, after)


def _owned_elements(rule: Each, answers: Rule, side: Side, record: Record, back: Record, at: Path) -> Iterator[_Owned]:
    """Yield what the rules of a list or a group own, element by element; an element without a value is none."""
    before, after = (reader(rule.field(side))(one) for one in (record, back))
    if not all(isinstance(one, list | dict) for one in (before, after)):
        there = [one for one in (before, after) if isinstance(one, list) or rule.present(side, one)]
        if there:
            yield _Owned(rule, answers, (*at, *rule.field(side).path), before, after)
        return
    over = answers if answers.acknowledges("W180") else None
    first, second = (in_key_order(rule, side, rule.present(side, one)) for one in (before, after))
    if len(first) != len(second):
        yield _Owned(rule, answers, (*at, *rule.field(side).path), before, after)
        return
    for (index, one), (_, other) in zip(first, second, strict=False):
        yield from _owned(rule.rules, side, one, other, (*at, *rule.element(side, index)), over)


def _plain(rule: Rule, value: Any) -> Any:
    """Return of several values of one meaning, such as 7 and 7.0, the one that the rule's codec makes."""
    return value if rule.codec is None or value is ABSENT else rule.codec.plain(value)


def _is_read_alike(rule: Rule, one: Any, other: Any) -> bool:
    """Return whether the codec of a rule makes one value of two, that differ in what only people write."""
    codec = rule.codec
    if codec is None or codec.parts > 1 or not codec.steps or one in (None, ABSENT) or other in (None, ABSENT):
        return False
    with suppress(CodecError):
        return _same(codec.decode(one), codec.decode(other))
    return False


def _check_is_stable(context: Context, trials: Trials, direction: Direction, trial: Trial, told: set[int]) -> None:
    """E181: what came back once comes back as that ever after."""
    side, way = direction.source, Direction.towards(direction.source)
    once = trials.back(direction, trial)
    owned = [rule for rule in context.rules if side is Side.OUTSIDE or rule.only is None]
    paths = [path for rule in owned for path in rule.paths(side)]
    if all(_same(get(trial.record, path), get(once.made, path)) for path in paths) or not trials.is_sent(way, once):
        return  # nothing was normalised, or what came back is refused
    there = trials.as_stored(side, context.mapping.written_into(trial.record, side, once.made))
    again = trials.trial(direction, there, last=trial.made)
    twice = trials.trial(way, trials.as_stored(side.other, again.made), last=there)
    if again.violations or twice.violations or repr(once.made) == repr(twice.made):
        return
    for rule in owned:
        if id(rule) in told or context.loses(rule, "E181") or trial.is_refused_at(rule.paths(side.other)):
            continue
        for path in rule.paths(side):
            first, second = get(once.made, path), get(twice.made, path)
            if not _same(first, second) and not once.is_refused_at([path]):
                told.add(id(rule))
                name = f"{context.mapping.system(side).name}.{format_path(path)}"
                message = f"{name} is {_shown(first)} after one round trip and {_shown(second)} after two"
                context.find(rule.where, "E181", message, "make the rules agree")


def _check_goes_back(context: Context, trials: Trials, trial: Trial, told: set[int]) -> None:
    """W180: what is kept goes back as it came; of a field that several rules write, only one can keep it."""
    if context.mapping.keep is Keep.NOTHING:
        return
    back = trials.kept(trial)
    for one in trials.held:
        path = next(iter(one.changed(trial.record, back)), None)
        if path is None or id(one.rule) in told or context.is_wrong(one.rule):
            continue
        told.add(id(one.rule))
        name = f"{context.mapping.outside.name}.{format_path(path)}"
        before, after = (_shown(get(record, path)) for record in (trial.record, back))
        message = f"{name} {before} goes back as {'another' if before == after else after}, and not as it came"
        others = (each for each in context.rules if each is not one.rule)
        is_shared = any(overlap(path, other) for each in others for other in each.paths(Side.OUTSIDE))
        fix = f"let one rule write it, or {LOSSY}" if is_shared else LOSSY
        context.lose(one.rule, one.rule.where, "W180", message, fix)


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are one, strictly on type; null is absent."""
    if isinstance(one, list | dict) or isinstance(other, list | dict):
        return bool(one == other)
    absent = (None, ABSENT)
    return (type(one) is type(other) and bool(one == other)) or (one in absent and other in absent)


def _shown(value: Any) -> str:
    return displayed(json_form(None if value is ABSENT else value))
