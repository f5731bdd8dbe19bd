"""What stays of an outside record from which a value goes: selected elements, and with `keep: whole` all of it.

Tried on outside records that are made from the schema, each also with more in the objects and lists from which a value
goes: as they go back when nobody has touched them, and where the value was taken away inside.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import islice
from typing import Final

from etl.mapping.checks.context import Context
from etl.mapping.checks.fuller import Fuller
from etl.mapping.checks.trials import Trial, Trials, writer_of
from etl.mapping.paths import Path, assign, format_path, get, selected_list
from etl.mapping.places import overlap
from etl.mapping.schemas.validation import Problem
from etl.mapping.terms import Direction, Keep, Side
from etl.record import ABSENT, Record

_FEW: Final = 8
"""So many records are tried that have a value which is taken away."""


def check_stays(context: Context, trials: Trials) -> None:
    """W156: what stays outside where a value goes is accepted there."""
    stays = _Stays(context, trials)
    for path in stays.paths:
        for last in stays.lasts(path):
            stays.check(path, last)


class _Stays:
    """Judges what goes out over outside records, and tells of each rule once. paths: beside them something stays.

    That is so in elements that are selected, and with `keep: whole` wherever more may stand beside a value.
    """

    def __init__(self, context: Context, trials: Trials) -> None:
        self._context, self._trials = context, trials
        is_whole = context.mapping.keep is Keep.WHOLE
        self._rules = [rule for rule in context.rules if rule.goes(Direction.OUTBOUND)]
        owned = dict.fromkeys(path for rule in self._rules for path in rule.paths(Side.OUTSIDE))
        self.paths = [path for path in owned if len(path) > 1 and (is_whole or selected_list(path) is not None)]
        self._fuller = Fuller(context, Side.OUTSIDE)

    def lasts(self, path: Path) -> Iterator[Trial]:
        """Yield a few records with a value, and such as have more beside it.

        Those come first in which it means something, and of these those in which it was varied.
        """
        found = (one for one in self._trials.inbound if one.accepted and get(one.record, path) is not ABSENT)
        means = [at for rule in self._rules if path in rule.paths(Side.OUTSIDE) for at in rule.paths(Side.INSIDE)]

        def rank(one: Trial) -> tuple[bool, bool]:
            return all(get(one.made, at) in (ABSENT, None) for at in means), not overlap(one.at, path)

        for trial in islice(sorted(found, key=rank), _FEW):
            yield trial
            for record in self._fuller.of(trial.record, [path]):
                fuller = self._trials.judged(Direction.INBOUND, record, trial.at)
                if fuller is not None and fuller.accepted:
                    yield fuller

    def check(self, path: Path, last: Trial) -> None:
        """W156: a record goes back over itself, as it is inside and without a value there."""
        inside = self._trials.as_stored(Side.INSIDE, last.made)
        for record in (inside, *self._without(path, inside)):
            alone = self._trials.judged(Direction.OUTBOUND, record)
            over = None if alone is None else self._trials.judged(Direction.OUTBOUND, record, last=last.record)
            if alone is None or over is None or not alone.accepted or over.violations:
                continue
            for problem in over.problems:
                self._tell(path, problem)

    def _without(self, path: Path, inside: Record) -> Iterator[Record]:
        """Yield an inside record that has no value for an outside path, as another one has none."""
        lacking = (one for one in self._trials.outbound if one.accepted and get(one.made, path) is ABSENT)
        reads = (read for rule in self._rules if path in rule.paths(Side.OUTSIDE) for read in rule.reads(Side.INSIDE))
        for one in islice(lacking, 1):
            made = copy.deepcopy(inside)
            for read in dict.fromkeys(reads):
                assign(made, read, copy.deepcopy(get(one.record, read)))
            yield made

    def _tell(self, path: Path, problem: Problem) -> None:
        """Add a finding at the rule that writes what went, where that is what is refused; else at the one of that."""
        both = (path, problem.place) if overlap(path, problem.place) else (problem.place, path)
        places = (place for place in both if place)
        writer = next(filter(None, (writer_of(self._context.rules, Side.OUTSIDE, place) for place in places)), None)
        if writer is None or self._context.loses(writer.rule, "W156") or self._context.is_wrong(writer.rule):
            return
        outside, inside = (self._context.mapping.system(side).name for side in Side)
        is_it = len(path) == len(problem.place) and overlap(path, problem.place)
        why = problem.message if is_it else f"in {outside}.{format_path(problem.place)} {problem.message}"
        said = f"a record of {inside} takes {outside}.{format_path(path)} away"
        message = f"{said}, and is rejected where more stays beside it: {why}"
        fix = "do not require it, or say lossy: and why such a record may be rejected"
        self._context.lose(writer.rule, writer.rule.where, "W156", message, fix)
