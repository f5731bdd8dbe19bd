"""Single records in memory: translated by the engine, by hand and by other tools, and checked against the schemas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jsonschema

from benchmarks import handwritten
from benchmarks.case import MAPPING, Case, Seconds, timed_on
from benchmarks.handwritten import Record
from benchmarks.lab import Lab, client_records
from benchmarks.peers import NAMES, peer
from etl.app import compile_pipeline
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.schemas.validation import RecordSchema
from etl.mapping.terms import Direction, Side

MANY = 20_000
FEW = 2_000
"""Records of a case: many, or few where the other side is slow."""

INBOUND, OUTBOUND = Direction.INBOUND, Direction.OUTBOUND

Translate = Callable[[Record], Any]


def records_of(side: Side, count: int) -> Sequence[Record]:
    """Return records as a source of that side gives them."""
    outside = client_records(count)
    if side is Side.OUTSIDE:
        return outside
    documents = [{**handwritten.to_tracos(record), "isSynced": False} for record in outside]
    return [{**document, "updatedAt": document["createdAt"]} for document in documents]


def compared(side: Side, count: int, one: Translate, other: Callable[[], Translate]) -> Callable[[Lab], Seconds]:
    """Compare two functions of one record. other: returns the second one, which may be slow to import."""

    def measure(_: Lab) -> Seconds:
        records, second = records_of(side, count), other()
        return timed_on(records, one), timed_on(records, second)

    return measure


def by_hand(direction: Direction) -> Translate:
    return handwritten.to_tracos if direction is INBOUND else handwritten.to_client


def by_hand_checked(direction: Direction) -> Translate:
    """Return the translation by hand with the checks that are made by hand, which are inbound only."""
    if direction is OUTBOUND:
        return handwritten.to_client

    def to_tracos(record: Record) -> Record:
        handwritten.check(record)
        return handwritten.to_tracos(record)

    return to_tracos


def by_peer(name: str, direction: Direction) -> Translate:
    module = peer(name)
    translate: Translate = module.to_tracos if direction is INBOUND else module.to_client
    return translate


def by_jsonschema(side: Side) -> Callable[[Record], list[Any]]:
    """Return a check that gives every error, of a record whose dates it makes text first where it has any."""
    validator = jsonschema.Draft202012Validator(MAPPING.system(side).schema)
    if side is Side.OUTSIDE:
        return lambda record: list(validator.iter_errors(record))
    return lambda record: list(validator.iter_errors(handwritten.with_texts(record)))


def check_same_translation(count: int = 200) -> None:
    """Assert that engine, script and peers make the same of the same records, and that all are valid."""
    for direction in Direction:
        translator, check = compile_mapping(MAPPING, direction), by_jsonschema(direction.source)
        peers = {name: by_peer(name, direction) for name in NAMES}
        for record in records_of(direction.source, count):
            assert not check(record), record
            expected = by_hand(direction)(record)
            made = {name: translate(record) for name, translate in peers.items()} | {"engine": translator(record)[0]}
            for name, result in made.items():
                assert result == expected, f"{name} makes {result}, the script {expected}"


def _translation(direction: Direction) -> Case:
    translator = compile_mapping(MAPPING, direction)
    measure = compared(direction.source, MANY, translator, lambda: by_hand(direction))
    return Case(f"translate_{direction.value}", "engine", "hand-written", measure, lambda _: MANY)


def _against(name: str, direction: Direction) -> Case:
    translator = compile_mapping(MAPPING, direction)
    measure = compared(direction.source, FEW, translator, lambda: by_peer(name, direction))
    return Case(f"translate_{direction.value}_{name}", "engine", NAMES[name], measure, lambda _: FEW)


def _checked(direction: Direction) -> Case:
    pipeline = compile_pipeline(MAPPING, direction)
    measure = compared(direction.source, MANY, pipeline, lambda: by_hand_checked(direction))
    return Case(f"check_and_translate_{direction.value}", "engine", "hand-written", measure, lambda _: MANY)


def _validation(side: Side) -> Case:
    schema = RecordSchema(MAPPING.system(side).schema, plain=side is Side.OUTSIDE)
    measure = compared(side, MANY, schema.violations, lambda: by_jsonschema(side))
    return Case(f"validate_{side.value}", "engine", "jsonschema", measure, lambda _: MANY)


TRANSLATIONS = (
    *map(_translation, Direction),
    *(_against(name, direction) for direction in Direction for name in NAMES),
    *map(_checked, Direction),
    *map(_validation, Side),
)
