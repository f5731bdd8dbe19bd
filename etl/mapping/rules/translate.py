"""The interpreter: a mapping's rules as functions from a record of one system to a record of the other.

Two laws hold for every mapping, with `inward` and `outward` the two directions and t an inside record:

    inward(outward(t)) = t                       on what two-way rules own and their codecs keep
    N(N(x)) = N(x), where N = outward ∘ inward   a round trip normalises once, then is stable

They hold from no last record. From any, inward(outward(t, last)) = t, and under `keep` outward(inward(x), x) = x on all
that rules write: what came goes back as it came.

Rules are compiled once per direction into steps: closures that read the source record and write the target record, one
for a run of plain copies and one for every other rule. Values in, values out: no input or output, no clock, and the
source is never changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from etl.mapping.model import Mapping
from etl.mapping.rules.above import filling_above
from etl.mapping.rules.access import Step
from etl.mapping.rules.each import compiled_rules
from etl.mapping.rules.expected import only_read, only_written
from etl.mapping.rules.keeping import keeping_steps
from etl.mapping.rules.key import KeyReader, key_reader
from etl.mapping.terms import Direction
from etl.record import NOTHING_KNOWN, WHATEVER, Key, Record, Violation


@dataclass(frozen=True, slots=True)
class Translator:
    """One direction of one mapping.

    makes_inside: whether that is inbound, and the key is in what it makes. keeping: what is done instead where it is
    known what the target was last, and that goes back as it came; () where nothing is kept. looks_back: whether what
    the target was last has a say in what the rules make.
    """

    steps: tuple[Step, ...]
    read_key: KeyReader
    makes_inside: bool
    keeping: tuple[Step, ...] = ()
    looks_back: bool = False

    def __call__(self, record: Record, last: Record = NOTHING_KNOWN) -> tuple[Record, Key, list[Violation]]:
        """Return the translated record, its key, and every violation; with violations the record is not whole.

        last: the target's record as it was last known. The key has the inside values of the key rules in either
        direction.
        """
        violations: list[Violation] = []
        target: Record = {}
        for step in self.keeping if last and self.keeping else self.steps:
            step(record, last, target, violations)
        return target, self.read_key(target if self.makes_inside else record, violations), violations

    def meaning(self, record: Record) -> tuple[Record, Key, list[Violation]]:
        """Return the same of what a record means, whatever the target was."""
        return self(record, WHATEVER)


def compile_mapping(mapping: Mapping, direction: Direction) -> Translator:
    """Compile the rules of a mapping for one direction."""
    steps = compiled_rules(mapping.rules, direction)
    above = tuple(filling_above(mapping.rules, direction))
    looks_back = any(rule.looks_back(direction) for rule in mapping.rules)
    if direction is Direction.INBOUND:
        return Translator(steps, key_reader(mapping.keys, direction), makes_inside=True, looks_back=looks_back)
    before, after = tuple(only_read(mapping)), tuple(only_written(mapping))
    keeping = keeping_steps(mapping.rules, mapping.keep)
    return Translator(
        (*before, *steps, *after, *above),
        key_reader(mapping.keys, direction, mapping.matches),
        makes_inside=False,
        keeping=(*before, *keeping, *after, *filling_above(mapping.rules, direction, keeps=True)) if keeping else (),
        looks_back=looks_back or bool(keeping),
    )
