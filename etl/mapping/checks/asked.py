"""Asked: inside records of which a codec makes each value of a field for which `import_when` asks."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

from etl.mapping.checks.context import Context
from etl.mapping.checks.pairs import pairs_of, tried
from etl.mapping.checks.trials import Trial, Trials
from etl.mapping.paths import assign
from etl.mapping.rules.conditions import named_values
from etl.mapping.rules.copy import Copy
from etl.mapping.terms import Direction, Field, Side


def trials_asked(context: Context, trials: Trials) -> Iterator[Trial]:
    """Yield them: of the values that the outside schema lists, or that `import_when` names."""
    base = next((trial for trial in trials.outbound if trial.accepted), None)
    if base is None:
        return
    for field, accepted in context.mapping.import_when:
        for rule in context.rules:
            if isinstance(rule, Copy) and rule.only is None:
                for value in _values(context, rule, field, named_values(accepted)):
                    record = copy.deepcopy(base.record)
                    assign(record, rule.inside.path, value)
                    if (made := trials.judged(Direction.OUTBOUND, record, rule.inside.path)) is not None:
                        yield made


def _values(context: Context, rule: Copy, field: Field, named: Iterable[Any]) -> Iterator[Any]:
    """Yield what a codec makes of each value that is listed for a field, or named, beside what it writes to others."""
    at = next((index for index, one in enumerate(rule.outside) if one.path == field.path), None)
    if rule.codec is None or at is None:
        return
    pairs = list(pairs_of(context, rule.codec, rule.outside, rule.inside))
    for listed in context.shape(Side.OUTSIDE, rule.outside[at]).listed or named:
        for pair in pairs:
            parts = [*pair.written[:at], listed, *pair.written[at + 1 :]]
            made = next(tried(rule.codec.decode, parts if len(parts) > 1 else listed), None)
            if made is not None:
                yield made
                break
