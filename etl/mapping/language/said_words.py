"""The words of a rule that somebody wrote there, as they stand: whoever advises another rule repeats them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from etl.mapping.equality import distinct
from etl.mapping.language.words import MODIFIERS
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.kinds import Rule
from etl.mapping.terms import Side

_REPEATED: Final = ("as", *MODIFIERS, "send", "wins")


def with_said(rule: Rule, entry: dict[str, Any], nulls: Callable[[Side, dict[str, Any]], Iterable[object]]) -> Rule:
    """Return a rule that knows its words. nulls: of a side, what an entry and its system say of absent values.

    What the systems say of themselves is none of the rule's.
    """
    if not isinstance(rule, Computed):
        return rule
    said: dict[str, Any] = {word: entry[word] for word in _REPEATED if word in entry}
    if "nulls" in said:
        alone = {"nulls": said["nulls"]}
        if all({*map(distinct, nulls(side, alone))} == {*map(distinct, nulls(side, {}))} for side in Side):
            del said["nulls"]
    return replace(rule, said=said)
