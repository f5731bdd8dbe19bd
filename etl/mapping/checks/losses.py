"""What a round trip or an import loses, until the mapping says that it may."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Final

from etl.mapping.checks.scope import Scope
from etl.mapping.codecs import Codec
from etl.mapping.model import Copy, Derive, Flags, Rule
from etl.mapping.rules.tables import flags_choice, flags_inverse
from etl.mapping.terms import Field, Side

_MAX_FLAGS: Final = 12
"""So many flags are tried in all their combinations."""

_KEPT: Final = {
    "datetime": "the offset, and what is finer than a millisecond",
    "date": "the time of day",
    "epoch_s": "what is finer than a second",
    "dotnet_date": "the offset",
}


def check_losses(scope: Scope) -> None:
    """W165 to W167: losses of codecs, of flag combinations, and of edits that every import overwrites."""
    for rule in scope.rules:
        if rule.lossy:
            continue
        for code, message in rule_losses(rule, scope.name):
            scope.find(rule.where, code, message, "say lossy: and why that is right")
    for inner in scope.elements():
        check_losses(inner)


def rule_losses(rule: Rule, name: Callable[[Side, Field], str]) -> list[tuple[str, str]]:
    """Return what a rule loses, acknowledged or not, each with its code. name: what a field is called."""
    if isinstance(rule, Copy) and rule.codec is not None and (lost := _lost_by(rule.codec)):
        names = " and ".join(name(Side.OUTSIDE, field) for field in rule.outside)
        return [("W165", f"{names} comes back without {lost}")]
    if isinstance(rule, Flags) and (lost := flag_combinations(rule)):
        return [("W166", f"{lost} of {name(rule.side, rule.value)}")]
    if isinstance(rule, Derive) and rule.side is Side.INSIDE and not rule.once:
        return [("W167", f"{name(Side.INSIDE, rule.target)} is overwritten by every import that changes it")]
    return []


def _lost_by(codec: Codec) -> str:
    if codec.name == "datetime" and codec.parts > 1:
        return "what its formats do not have"
    return _KEPT.get(codec.name, "")


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
