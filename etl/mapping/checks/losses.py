"""What a round trip or an import loses, until the mapping says that it may."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Final

from etl.mapping.checks.scope import Scope
from etl.mapping.codecs import Codec
from etl.mapping.model import Copy, Derive, Flags, Rule
from etl.mapping.rules.tables import flags_choice, flags_inverse
from etl.mapping.schemas.shapes import TYPES
from etl.mapping.terms import Field, Side

_MAX_FLAGS: Final = 12
"""So many flags are tried in all their combinations."""


def check_losses(scope: Scope) -> None:
    """W165 to W167: losses of codecs, of flag combinations, and of edits that every import overwrites."""
    for rule in scope.rules:
        if rule.lossy:
            continue
        for code, message in rule_losses(rule, scope.name, lambda field: scope.shape(Side.OUTSIDE, field).types):
            scope.find(rule.where, code, message, "say lossy: and why that is right")
    for inner in scope.elements():
        check_losses(inner)


def rule_losses(
    rule: Rule, name: Callable[[Side, Field], str], types: Callable[[Field], frozenset[str]] = lambda _: TYPES
) -> list[tuple[str, str]]:
    """Return what a rule loses, acknowledged or not, each with its code.

    name: what a field is called. types: those that an outside field may have.
    """
    if isinstance(rule, Copy) and rule.codec is not None:
        return [("W165", message) for message in _codec_losses(rule, rule.codec, name, types)]
    if isinstance(rule, Flags) and (lost := flag_combinations(rule)):
        return [("W166", f"{lost} of {name(rule.side, rule.value)}")]
    if isinstance(rule, Derive) and rule.side is Side.INSIDE and not rule.once:
        return [("W167", f"{name(Side.INSIDE, rule.target)} is overwritten by every import that changes it")]
    return []


def _codec_losses(
    rule: Copy, codec: Codec, name: Callable[[Side, Field], str], types: Callable[[Field], frozenset[str]]
) -> Iterator[str]:
    fields = {Side.OUTSIDE: rule.outside, Side.INSIDE: (rule.inside,)}
    known = frozenset[str]().union(*map(types, rule.outside))
    for side in Side:
        if lost := codec.lost(side, known):
            verb = "comes" if len(fields[side]) == 1 else "come"
            yield f"{' and '.join(name(side, field) for field in fields[side])} {verb} back without {lost}"


def flag_combinations(rule: Flags) -> str:
    """Return what becomes of the combinations of flags, "" if each comes back as it was.

    Every combination is tried. One changes the value if its normal form means something else.
    """
    choose, invert = flags_choice(rule), flags_inverse(rule)
    if len(rule.flags) > _MAX_FLAGS:
        return ""
    normalised = changed = total = 0
    for raised in itertools.product((False, True), repeat=len(rule.flags)):
        total += 1
        value = choose(list(raised))
        if isinstance(value, bool | int | float | str):
            back = invert(value)
            normalised += back != list(raised)
            changed += choose(back) != value
    none = "none changes" if not changed else f"{changed} change"
    return f"{normalised} of {total} flag combinations normalise, {none} the value" if normalised or changed else ""
