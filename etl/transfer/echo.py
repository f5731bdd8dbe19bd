"""Echoes: outside records that tell the outside only what it has said, or was told, already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Table

from etl.mapping.model import Mapping
from etl.mapping.paths import Path, format_path, get
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.translate import Translator
from etl.mapping.terms import Direction, Keep, Side
from etl.record import Record
from etl.transfer.agreement import Agreement, alike, values_of
from etl.transfer.deliveries import values_mark
from etl.transfer.model import Candidate
from etl.transfer.unit import Unit


class Marks:
    """Tells by a few bytes what rules write of which imports say nothing. inward, outward: the mapping's directions."""

    def __init__(self, mapping: Mapping, inward: Translator, outward: Translator) -> None:
        self._inward, self._outward, keeps = inward, outward, mapping.keep is not Keep.NOTHING
        self._sent = [
            (place, format_path(paths[0]), paths, mapping.rules[place].paths(Side.INSIDE) if is_both and keeps else ())
            for place, paths in _remembered(mapping)
            if paths
            for is_both in (mapping.rules[place].only is None,)
        ]

    def of(self, target: Record) -> dict[str, bytes]:
        """Return, by rule, 8 bytes that tell what it has written into an expected record from anything else.

        Of a rule that keeps what came, they tell what that means.
        """
        meant = self._inward(target)[0] if any(inside for *_, inside in self._sent) else {}
        return {
            name: values_mark([get(meant, path) for path in inside] or [get(target, path) for path in paths])
            for _, name, paths, inside in self._sent
        }

    def of_inside(self, inside: Record, last: Record) -> dict[str, bytes]:
        """Return the same of an inside record: what would be sent of it. last: what the outside was last."""
        return self.of(self._outward(inside, last)[0])

    def differing(self, target: Record, sent: Table[str, bytes]) -> list[int]:
        """Return the places of the rules that have written something else than was sent, as far as that is known."""
        now = self.of(target)
        return [place for place, name, *_ in self._sent if now[name] != sent.get(name)]


class Echo:
    """Knows whether an expected record tells the outside nothing. inward: what such records mean inside."""

    def __init__(self, units: Sequence[Unit], inward: Translator, marks: Marks) -> None:
        self._units = [unit for unit in units if unit.is_two_way]
        self._inward = inward
        self._marks = marks

    def __call__(self, candidate: Candidate, agreed: Agreement) -> bool:
        """Return whether an expected record means what is known outside, and has what was last sent."""
        target = candidate.target
        if agreed.telling or agreed.is_unsure or (agreed.is_empty and not agreed.record_sent):
            return False
        meant, _, violations = self._inward(target)
        if violations or not all(alike(values_of(meant, unit), agreed.known(unit)) for unit in self._units):
            return False
        return self._marks.of(target) == dict(agreed.sent)


def _remembered(mapping: Mapping) -> Iterator[tuple[int, tuple[Path, ...]]]:
    """Yield the places of the rules of which what was sent is remembered, with what they write."""
    stamped = {*mapping.mongodb.on_import, *mapping.mongodb.on_export}
    for place, rule in enumerate(mapping.rules):
        if not rule.key and (rule.once or (rule.only is Direction.OUTBOUND and not _reads_only(rule, stamped))):
            yield place, rule.paths(Side.OUTSIDE)


def _reads_only(rule: Rule, stamped: set[str]) -> bool:
    """Return whether a rule looks at nothing but what runs stamp."""
    return all(path[0] in stamped for path in rule.reads(Side.INSIDE))


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
