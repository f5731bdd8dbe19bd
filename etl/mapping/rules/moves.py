"""Moves: one value goes from a field of the source to a field of the target. That is most of what a mapping does.

Most moves go from one top-level name to another. A run of those is one loop with nothing between the two records; any
other move goes through a reader and a writer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from etl.mapping.codecs import CodecError
from etl.mapping.paths import format_path, only_name
from etl.mapping.rules.access import Step, reader, source_name, writer
from etl.mapping.terms import Field
from etl.record import ABSENT, Absent, Record, Scalar, Violation

Convert: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Move:
    """One value on its way. convert: the function of its codec, None where it has none."""

    source: Field
    target: Field
    convert: Convert | None = None


_Named: TypeAlias = tuple[str, str, Convert | None, Scalar | Absent]
"""A move between top-level names: from, to, convert, and what is written for an absent value."""


def fuse(parts: Iterable[Move | Step]) -> Iterator[Step]:
    """Yield the steps that do all parts in order: one for every run of moves between names, one for each other part."""
    run: list[_Named] = []
    for part in parts:
        named = _named(part) if isinstance(part, Move) else None
        if named is not None:
            run.append(named)
            continue
        if run:
            yield _move_names(tuple(run))
            run.clear()
        yield _move(part) if isinstance(part, Move) else part
    if run:
        yield _move_names(tuple(run))


def _named(move: Move) -> _Named | None:
    is_plain = not (move.target.has_form or move.target.others or move.target.stand_in)
    source, target = source_name(move.source), only_name(move.target.path) if is_plain else None
    if source is None or target is None:
        return None
    return source, target, move.convert, move.target.when_absent


def _move_names(run: Sequence[_Named]) -> Step:
    def step(record: Record, _last: Record, into: Record, violations: list[Violation]) -> None:
        read = record.get
        for source, target, convert, when_absent in run:
            value = read(source)
            if value is None:
                if when_absent is not ABSENT:
                    into[target] = when_absent
            elif convert is None:
                into[target] = value
            else:
                try:
                    into[target] = convert(value)
                except CodecError as error:
                    violations.append(Violation(format_path((source,)), "form", str(error)))

    return step


def _move(move: Move) -> Step:
    read, write, path, convert = reader(move.source), writer(move.target), format_path(move.source.path), move.convert

    def step(record: Record, _last: Record, into: Record, violations: list[Violation]) -> None:
        value = read(record)
        try:
            write(into, value if value is ABSENT or convert is None else convert(value))
        except CodecError as error:
            violations.append(Violation(path, "form", str(error)))

    return step
