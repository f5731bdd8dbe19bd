"""What decides between both sides, made of a mapping."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from etl.mapping.model import Mapping
from etl.mapping.mongodb import Stamp
from etl.mapping.privacy.marked import privacy
from etl.mapping.rules.translate import Translator, compile_mapping
from etl.mapping.schemas.validation import RecordSchema
from etl.mapping.terms import Direction, Side
from etl.record import ABSENT, Record, Violation
from etl.transfer.conflicts import ConflictPolicy, Taken
from etl.transfer.decision import Over, Patch
from etl.transfer.deliveries import natural
from etl.transfer.drift import lacking, sources
from etl.transfer.endpoint import Endpoint, Ordered
from etl.transfer.kept import make_keeper
from etl.transfer.merge import Merger
from etl.transfer.unit import units


class _Documents:
    """What the inside schema says of documents."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        listed = mapping.inside.schema.get("properties", {})
        stamps = {name: value for name, value in mapping.mongodb.on_import.items() if name in listed}
        self._stamps = {n: ABSENT if v is Stamp.ABSENT else v for n, v in stamps.items() if v is not Stamp.NOW}

    @cached_property
    def schema(self) -> RecordSchema:
        """It, compiled when it is first asked."""
        return RecordSchema(self._mapping.inside.schema, self._mapping.mongodb.provided)

    def misfits(self, current: Record, patch: Patch) -> list[Violation]:
        """Return what a document would break by an import, without what is private in it."""
        after = {**current, **self._stamps, **patch}
        for name in ["_id", *[name for name, value in after.items() if value is ABSENT]]:
            after.pop(name, None)
        if not self.schema.violations(after):
            return []
        found = self.schema.added({name: value for name, value in current.items() if name != "_id"}, after)
        return list(privacy(self._mapping).violations(found, [(after, Side.INSIDE)]))

    def over(self, inward: Translator) -> Over:
        """Return what an outside record makes of a document as it is."""

        def over(record: Record, current: Record) -> tuple[Record, list[Violation]]:
            made, _, violations = inward(record, current)
            return made, violations or self.schema.violations(made)

        return over


def make_merger(
    mapping: Mapping, inward: Translator, outside: Endpoint[Any], *, recreate: bool, taken: Taken
) -> Merger:
    """Return what decides between both sides. taken: what a person decides now."""
    outward = compile_mapping(mapping, Direction.OUTBOUND)
    owned, parts, documents = mapping.owned_paths(Side.INSIDE), units(mapping), _Documents(mapping)

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
        over=documents.over(inward) if inward.looks_back else None,
        misfits=documents.misfits,
        keeper=make_keeper(mapping, parts, inward),
        lacking=lacking(sources(mapping, parts)),
        deleted=mapping.deleted_when,
        recreate=recreate,
        echo=mapping.echo,
        rank=outside.rank if isinstance(outside, Ordered) else natural,
    )
