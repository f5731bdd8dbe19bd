"""Echoes: outside records that tell the outside only what it has said, or was told, already."""

from __future__ import annotations

from etl.mapping.fields import written_paths
from etl.mapping.model import Mapping
from etl.mapping.paths import Path
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.terms import Direction, Side
from etl.record import Record
from etl.transfer.agreement import Agreement, same_at


class Echo:
    """Knows, for one mapping, what the outside has, as the mapping would write it."""

    def __init__(self, mapping: Mapping) -> None:
        self._outward = compile_mapping(mapping, Direction.OUTBOUND)
        self._paths = lasting_paths(mapping)

    def is_known(self, target: Record, agreed: Agreement | None) -> bool:
        """Return whether an outside record says nothing new."""
        if agreed is None or not agreed.base:
            return False
        known, _, violations = self._outward(agreed.base)
        return not violations and same_at(target, known, self._paths)


def lasting_paths(mapping: Mapping) -> tuple[Path, ...]:
    """Return the outside paths that a run writes, without those that say only when a run was."""
    stamped = {*mapping.mongodb.on_import, *mapping.mongodb.on_export}
    return tuple(
        path
        for rule in mapping.rules
        if not (rule.only is Direction.OUTBOUND and stamped.intersection(path[0] for path in rule.reads(Side.INSIDE)))
        for path in written_paths(rule, Side.OUTSIDE)
    )
