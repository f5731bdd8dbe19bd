"""What decides between both sides, made of a mapping."""

from __future__ import annotations

from typing import Any

from etl.mapping.model import Mapping
from etl.mapping.rules.translate import Translator, compile_mapping
from etl.mapping.schemas.validation import RecordSchema
from etl.mapping.terms import Direction, Side
from etl.record import Record, Violation
from etl.transfer.conflicts import ConflictPolicy, Taken
from etl.transfer.decision import Over
from etl.transfer.deliveries import natural
from etl.transfer.drift import lacking, sources
from etl.transfer.endpoint import Endpoint, Ordered
from etl.transfer.kept import make_keeper
from etl.transfer.merge import Merger
from etl.transfer.unit import units


def _over(mapping: Mapping, inward: Translator) -> Over:
    """Return what an outside record makes of a document as it is, where that has a say."""
    schema = RecordSchema(mapping.inside.schema, mapping.mongodb.provided)

    def over(record: Record, current: Record) -> tuple[Record, list[Violation]]:
        made, _, violations = inward(record, current)
        return made, violations or schema.violations(made)

    return over


def make_merger(
    mapping: Mapping, inward: Translator, outside: Endpoint[Any], *, recreate: bool, taken: Taken
) -> Merger:
    """Return what decides between both sides. taken: what a person decides now."""
    outward = compile_mapping(mapping, Direction.OUTBOUND)
    owned, parts = mapping.owned_paths(Side.INSIDE), units(mapping)

    def normalise(record: Record, last: Record) -> Record:
        return inward.meaning(outward(record, last)[0])[0]

    def returned(record: Record, last: Record) -> Record:
        return inward(outward(record, last)[0], record)[0]

    return Merger(
        units=parts,
        once=tuple(path for path, once in owned.items() if once),
        key=mapping.key_paths,
        policy=ConflictPolicy({side: mapping.system(side).name for side in Side}, mapping.conflicts.newest, taken),
        normalise=normalise,
        returned=returned,
        over=_over(mapping, inward) if inward.looks_back else None,
        keeper=make_keeper(mapping, parts, inward),
        lacking=lacking(sources(mapping, parts)),
        deleted=mapping.deleted_when,
        recreate=recreate,
        echo=mapping.echo,
        rank=outside.rank if isinstance(outside, Ordered) else natural,
    )
