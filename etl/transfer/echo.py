"""Echoes: outside records that tell the outside only what it has said, or was told, already."""

from __future__ import annotations

from collections.abc import Sequence

from etl.mapping.model import Mapping
from etl.mapping.paths import Path, format_path, get
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.translate import Translator
from etl.mapping.terms import Direction, Keep, Side
from etl.record import Record
from etl.transfer.agreement import Agreement, alike, values_of
from etl.transfer.deliveries import values_mark
from etl.transfer.unit import Unit


class Echo:
    """Knows whether an expected record tells the outside anything. inward, outward: the directions of its mapping."""

    def __init__(self, mapping: Mapping, units: Sequence[Unit], inward: Translator, outward: Translator) -> None:
        self._units, keeps = [unit for unit in units if unit.is_two_way], mapping.keep is not Keep.NOTHING
        self._inward = inward
        self._outward = outward
        self._sent = [
            (format_path(paths[0]), paths, rule.paths(Side.INSIDE) if rule.only is None and keeps else ())
            for rule in _remembered(mapping)
            if (paths := _outside(rule))
        ]

    def is_known(self, target: Record, agreed: Agreement) -> bool:
        """Return whether an expected record means what is known outside, and has what was last sent."""
        if agreed.telling or agreed.is_unsure or (agreed.is_empty and not agreed.record_sent):
            return False
        meant, _, violations = self._inward(target)
        if violations or not all(alike(values_of(meant, unit), agreed.known(unit)) for unit in self._units):
            return False
        return self.marks(target) == dict(agreed.sent)

    def marks(self, target: Record) -> dict[str, bytes]:
        """Return, by rule, 8 bytes that tell what one that only exports write has written from anything else.

        Of a rule that keeps what came, they tell what that means.
        """
        meant = self._inward(target)[0] if any(inside for _, _, inside in self._sent) else {}
        return {
            name: values_mark([get(meant, path) for path in inside] or [get(target, path) for path in paths])
            for name, paths, inside in self._sent
        }

    def marks_of(self, inside: Record, last: Record) -> dict[str, bytes]:
        """Return the same of an inside record: what would be sent of it. last: what the outside was last."""
        return self.marks(self._outward(inside, last)[0])


def _remembered(mapping: Mapping) -> list[Rule]:
    """Return the rules of which what was sent is remembered: imports say nothing of them."""
    stamped = {*mapping.mongodb.on_import, *mapping.mongodb.on_export}
    return [
        rule
        for rule in mapping.rules
        if not rule.key and (rule.once or (rule.only is Direction.OUTBOUND and not _reads_only(rule, stamped)))
    ]


def _reads_only(rule: Rule, stamped: set[str]) -> bool:
    """Return whether a rule looks at nothing but what runs stamp."""
    return all(path[0] in stamped for path in rule.reads(Side.INSIDE))


def _outside(rule: Rule) -> tuple[Path, ...]:
    return rule.paths(Side.OUTSIDE)


def lasting_paths(mapping: Mapping, *, alone: bool = False) -> tuple[Path, ...]:
    """Return the outside paths that a run writes, without those that say only when a run was.

    alone: only those of rules of which imports say nothing.
    """
    stamped = {*mapping.mongodb.on_import, *mapping.mongodb.on_export}
    return tuple(
        path
        for rule in mapping.rules
        if not (rule.only is Direction.OUTBOUND and _reads_only(rule, stamped))
        and (not alone or rule.once or rule.only is Direction.OUTBOUND)
        for path in rule.paths(Side.OUTSIDE)
    )
