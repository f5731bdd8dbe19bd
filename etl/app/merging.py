"""What decides between both sides, made of a mapping."""

from __future__ import annotations

from typing import Any

from etl.mapping.model import Mapping
from etl.mapping.mongodb import Stamp
from etl.mapping.privacy.marked import privacy
from etl.mapping.rules.translate import Translator, compile_mapping
from etl.mapping.schemas.validation import RecordSchema
from etl.mapping.terms import Direction, Side
from etl.record import ABSENT, Record, Violation
from etl.transfer.conflicts import ConflictPolicy, Taken
from etl.transfer.decision import Patch
from etl.transfer.deliveries import natural
from etl.transfer.drift import lacking, sources
from etl.transfer.endpoint import Endpoint, Ordered
from etl.transfer.kept import make_keeper
from etl.transfer.merge import Merger
from etl.transfer.unit import units


def make_merger(
    mapping: Mapping, inward: Translator, outside: Endpoint[Any], *, recreate: bool, taken: Taken
) -> Merger:
    """Return what decides between both sides. taken: what a person decides now."""
    outward = compile_mapping(mapping, Direction.OUTBOUND)
    owned, parts = mapping.owned_paths(Side.INSIDE), units(mapping)
    schema = RecordSchema(mapping.inside.schema, mapping.mongodb.provided)

    def normalise(record: Record, last: Record) -> Record:
        return inward.meaning(outward(record, last)[0])[0]

    def returned(record: Record, last: Record) -> Record:
        return inward(outward(record, last)[0], record)[0]

    def over(record: Record, current: Record) -> tuple[Record, list[Violation]]:
        made, _, violations = inward(record, current)
        return made, violations or schema.violations(made)

    def discreet(found: list[Violation], record: Record) -> list[Violation]:
        return list(privacy(mapping).violations(found, [(record, Side.INSIDE)]))

    return Merger(
        units=parts,
        once=tuple(path for path, once in owned.items() if once),
        key=mapping.key_paths,
        policy=ConflictPolicy({side: mapping.system(side).name for side in Side}, mapping.conflicts.newest, taken),
        normalise=normalise,
        returned=returned,
        over=over if inward.looks_back else None,
        stamps=_stamps(mapping),
        added=schema.added,
        discreet=discreet,
        keeper=make_keeper(mapping, parts, inward),
        lacking=lacking(sources(mapping, parts)),
        deleted=mapping.deleted_when,
        recreate=recreate,
        echo=mapping.echo,
        rank=outside.rank if isinstance(outside, Ordered) else natural,
    )


def _stamps(mapping: Mapping) -> Patch:
    """Return what an import sets on what is there, where the inside schema says something of it, but for the time."""
    listed = mapping.inside.schema.get("properties", {}).keys() - mapping.mongodb.settling
    stamps = {name: value for name, value in mapping.mongodb.on_import.items() if name in listed}
    return {n: ABSENT if v is Stamp.ABSENT else v for n, v in stamps.items() if v is not Stamp.NOW}
