"""Which rules go out in which file: what every entry of a mapping carries on an occasion."""

from __future__ import annotations

from dataclasses import dataclass

from etl.mapping.entries import Entry
from etl.mapping.model import Mapping
from etl.mapping.paths import Path
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.kinds import Rule
from etl.mapping.terms import Direction, Occasion, Side


@dataclass(frozen=True, slots=True)
class Carried:
    """What an entry carries on one occasion: in the order of the file, the key and constants among them."""

    entry: Entry
    rules: tuple[Rule, ...]


def carried(mapping: Mapping, occasion: Occasion) -> tuple[Carried, ...]:
    """Return what every entry carries that is written on an occasion, in their order."""
    sent = [rule for rule in mapping.rules if rule.only is not Direction.INBOUND]
    entries = [entry for entry in mapping.files.entries if occasion in entry.occasions]
    named = [[rule for rule in sent if _names(entry, rule)] for entry in entries if not entry.takes_rest]
    taken = {id(rule) for rules in named for rule in rules}
    return tuple(
        Carried(
            entry,
            tuple(
                rule
                for rule in sent
                if goes_always(rule, occasion) or (id(rule) not in taken if entry.takes_rest else _names(entry, rule))
            ),
        )
        for entry in entries
    )


def goes_always(rule: Rule, occasion: Occasion) -> bool:
    """Return whether a rule goes with whatever is sent: it says what the record is, a match as long as no key does."""
    is_match = isinstance(rule, Copy) and rule.match and occasion is Occasion.CREATE
    return rule.key or rule.is_constant or is_match


def rule_names(rule: Rule) -> tuple[Path, ...]:
    """Return the inside paths that name a rule: those that it writes there, or would if what it sends were read."""
    return rule.paths(Side.INSIDE) or tuple(field.path for field in rule.fields(Side.INSIDE))


def _names(entry: Entry, rule: Rule) -> bool:
    paths = rule_names(rule)
    if entry.without:
        return not any(path in entry.without for path in paths)
    return any(path in entry.only for path in paths)
