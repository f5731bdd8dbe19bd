"""Beside: texts that stand beside words of tables, with blanks and line ends that a word could take with it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Final

from etl.mapping.paths import Path, get, put
from etl.mapping.places import overlap
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.table import Table
from etl.mapping.terms import Side
from etl.record import ABSENT, Record

_TEXTS: Final = ("b ", " b", "b\n", "\n", "")


class BesideWords:
    """Makes inside records in which such a text stands beside what leads to a word outside."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._places = list(_places(rules))

    def __call__(self, record: Record, at: Path) -> Iterator[tuple[Path, Record]]:
        """Yield a copy of a record for each text, with the place of that; none where a word does not come of a place.

        at: what is varied in the record.
        """
        for text, tables in self._places:
            above = text[:-1]
            if not at or get(record, above) is ABSENT or not any(overlap(at, path) for path in tables):
                continue
            for value in _TEXTS:
                made = copy.deepcopy(record)
                put(made, text, value)
                yield text, made


def _places(rules: Iterable[Rule], at: Path = ()) -> Iterator[tuple[Path, list[Path]]]:
    """Yield where a text stands inside that has words of tables outside, with what these tables read."""
    rules = tuple(rules)
    for rule in rules:
        if isinstance(rule, Each):
            yield from _places(rule.rules, (*at, *rule.element(Side.INSIDE, 0)))
        if not isinstance(rule, Copy) or rule.only is not None:
            continue
        named = {field.path for field in rule.outside if field.others is not None}
        tables = [one for one in rules if isinstance(one, Table) and named & {f.path for f in one.kept(Side.OUTSIDE)}]
        if tables and rule.inside.path:
            yield (*at, *rule.inside.path), [(*at, *path) for one in tables for path in one.paths(Side.INSIDE)]
