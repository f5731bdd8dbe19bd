"""What an import leaves of a document that was right: it takes values away, and more may stand beside them.

Tried on records that are made from the schemas: what comes back of an inside record is written over that one, and an
outside record that says nothing of a field over an inside one that has a value there.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from itertools import islice, product
from typing import Any, Final

from etl.mapping.checks.context import Context
from etl.mapping.checks.fuller import Fuller
from etl.mapping.checks.trials import Trial, Trials, writer_of
from etl.mapping.paths import Path, assign, format_path, get
from etl.mapping.places import overlap
from etl.mapping.schemas.validation import Problem, json_form
from etl.mapping.terms import Direction, Side
from etl.record import ABSENT, Record, shown

_FEW: Final = 8
"""So many records are tried that have a value which others take away."""


def check_left(context: Context, trials: Trials) -> None:
    """W156: what an import leaves of a record that the inside schema accepts is accepted as well."""
    left = _Left(context)
    for trial in trials.outbound:
        back = trials.back(Direction.OUTBOUND, trial) if trial.accepted else None
        if back is not None and back.accepted:
            left.check_returned(trial, back)
    for path in left.owned:
        for trial, cleared in _meetings(trials, path):
            left.check_cleared(path, trial, cleared)


def _meetings(trials: Trials, path: Path) -> Iterator[tuple[Trial, Trial]]:
    """Yield inside records with a value, and what is made over each of an outside record that has none for it."""
    lacking = (one for one in trials.inbound if one.accepted and get(one.made, path) is ABSENT)
    having = (one for one in trials.outbound if get(one.record, path) not in (ABSENT, None))
    nearest = sorted(having, key=lambda one: not overlap(one.at, path))
    for trial, one in product(islice(nearest, _FEW), islice(lacking, 1)):
        cleared = trials.trial(Direction.INBOUND, one.record, one.at, last=trial.record)
        if cleared.accepted and get(cleared.made, path) is ABSENT:
            yield trial, cleared


class _Left:
    """Judges what is left of inside records, and tells of each rule once. owned: the paths that each import writes."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._fuller = Fuller(context, Side.INSIDE)
        paths = context.mapping.owned_paths(Side.INSIDE)
        self.owned = [path for path, once in paths.items() if not once]
        self._once = [path for path, once in paths.items() if once]

    def check_returned(self, trial: Trial, back: Trial) -> None:
        """W156: what comes back, written over what went out, leaves a record that the inside schema accepts."""
        inside = self._context.mapping.inside.name
        for record, problem, gone in self._refused(trial.record, back.made):
            name = f"{inside}.{format_path(problem.place)}"
            said = f"a record with {inside}.{format_path(trial.at)} {_shown(get(trial.record, trial.at))}"
            said = f"{said} comes back without {name}{'' if record is trial.record else ', beside which it has more'}"
            self._tell((*gone, problem.place), f"{said}, and is refused: {problem.message}", "write a value for it")

    def check_cleared(self, path: Path, trial: Trial, cleared: Trial) -> None:
        """W156: what says nothing of a field leaves a record that the inside schema accepts."""
        outside, inside = (self._context.mapping.system(side).name for side in Side)
        for _, problem, gone in self._refused(trial.record, cleared.made):
            taken, left = (f"{inside}.{format_path(one)}" for one in (path, problem.place))
            said = f"a record of {outside} takes {taken} away, and is rejected where more stands beside it"
            why = problem.message if taken == left else f"in {left} {problem.message}"
            places = (*gone, problem.place, path)
            self._tell(places, f"{said}: {why}", "do not require it, or let nothing else stand there")

    def _tell(self, places: Iterable[Path], message: str, fix: str) -> None:
        """Add a finding at the rule that writes the first of some places that any does."""
        found = (writer_of(self._context.rules, Side.INSIDE, place) for place in places if place)
        writer = next(filter(None, found), None)
        if writer is None or self._context.loses(writer.rule, "W156") or self._context.is_wrong(writer.rule):
            return
        fix = f"{fix}, or say lossy: and why such a record may be rejected"
        self._context.lose(writer.rule, writer.rule.where, "W156", message, fix)

    def _refused(self, record: Record, made: Record) -> Iterator[tuple[Record, Problem, list[Path]]]:
        """Yield what the schema refuses in an inside record over which a translation was written, and what went there.

        That is the record, or the same one with more in an object, or a list, from which a value goes.
        """
        gone = [path for path in self.owned if get(record, path) is not ABSENT and get(made, path) is ABSENT]
        for one in (record, *self._fuller.of(record, gone)) if gone else ():
            lying = copy.deepcopy(made)
            for path in self._once:
                assign(lying, path, get(one, path))
            after = self._context.mapping.written_into(one, Side.INSIDE, lying)
            for problem in self._fuller.schema.problems(json_form(after)):
                yield one, problem, [path for path in gone if overlap(path, problem.place)]


def _shown(value: Any) -> str:
    return "no value" if value is ABSENT else shown(json_form(value))
