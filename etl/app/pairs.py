"""Two full systems meet: what belongs together, and giving inside records their keys."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Final

from etl.app.opening import Access, open_session
from etl.app.pipelines import preparer
from etl.app.runs import BATCH_SIZE
from etl.errors import KeyTextError
from etl.mapping.language.parse_fields import did_you_mean
from etl.mapping.model import Mapping
from etl.mapping.paths import Path, format_path, get
from etl.mapping.schemas.shapes import Schema
from etl.mapping.terms import Direction, Side
from etl.record import ABSENT, Key, is_key, printable
from etl.settings import Settings
from etl.transfer.answers import key_parts
from etl.transfer.births import with_key
from etl.transfer.loop import Route
from etl.transfer.pairing import GIVEN, Inside, Pair, Pairing, differing, match_of, paired

if TYPE_CHECKING:
    from etl.app.session import Session
    from etl.logs import Log

_WHOLE: Final = re.compile("-?[0-9]{1,19}")

IDENTITY: Final = "_id"
"""The column of a cross-reference that names documents by their `_id`."""


@dataclass(frozen=True, slots=True)
class References:
    """A cross-reference. path: the inside field by which it names records; () for `_id`. names: by keys."""

    path: Path
    names: dict[Key, str]


@dataclass(frozen=True, slots=True)
class Pairs:
    """What belongs together.

    rejected: how many outside records were. given: how many inside ones got their keys. refused: which did not, and
    why.
    """

    pairs: list[Pair]
    rejected: int = 0
    given: int = 0
    refused: tuple[tuple[str, str], ...] = ()


def pair(
    mapping: Mapping,
    settings: Settings,
    log: Log,
    match: Sequence[str] = (),
    keys: FilePath | None = None,
    *,
    take: bool = False,
) -> Pairs:
    """Return which inside record is which outside one.

    match: inside paths that find records, instead of the mapping's. keys: a cross-reference. take: give the inside
    records that are paired, and have none, their keys.

    Raises: as `run`, but for LockedError where nothing is taken; KeyTextError where a path or a file cannot be.
    """
    paths = _match(mapping, match)
    references = References((), {}) if keys is None else _read_references(mapping, keys)
    outside = [rule.outside[0].path for rule in mapping.keys]
    with open_session(mapping, settings, log, Access(reading=not take)) as session:
        pairing = Pairing(session.inside_writer, session.merger.units, paths, outside)
        route = Route(session.outside_reader.batches, pairing.compare, pairing.apply)
        moved = route.transfer(preparer(mapping, Direction.INBOUND), batch_size=BATCH_SIZE)
        rejected = sum(bool(result.violations) for results in moved for result in results)
        inside, named = _inside(session, paths, references)
        found = Pairs(list(paired(pairing, inside.values(), named)), rejected)
        return _finished(session, found, pairing, inside, take=take)


def _match(mapping: Mapping, texts: Sequence[str]) -> list[Path]:
    known = {format_path(path): path for path in mapping.owned_paths(Side.INSIDE)}
    for text in texts:
        if text not in known:
            raise KeyTextError(
                f"no rule writes {printable(text)} of {mapping.inside.name}; {did_you_mean(text, known)}"
            )
    return [known[text] for text in texts] or [rule.inside.path for rule in mapping.matches]


def _inside(
    session: Session, match: Sequence[Path], references: References
) -> tuple[dict[str, Inside], dict[Key, str]]:
    """Return all inside records by what they are called, and the references to them by that."""
    records, key_paths = session.inside_writer, session.mapping.key_paths
    found: dict[str, Inside] = {}
    called: dict[str, str] = {}
    for record in records.every([*match, *([references.path] if references.path else [])]):
        unkeyed = records.unkeyed_of(record)
        identity, key = records.identity_text(unkeyed), tuple(get(record, path) for path in key_paths)
        found[identity] = Inside(identity, key if is_key(key) else (), match_of(record, match), unkeyed)
        value = get(record, references.path) if references.path else identity
        if value not in (ABSENT, None):
            called[str(value)] = "" if str(value) in called else identity  # two of one name are named by nobody
    return found, {key: called.get(name, "") for key, name in references.names.items()}


def _finished(session: Session, found: Pairs, pairing: Pairing, inside: dict[str, Inside], *, take: bool) -> Pairs:
    """Return pairs with what differs in each; give those that have none their keys, where they are to be taken."""
    records, key_paths = session.inside_writer, session.mapping.key_paths
    made = {pair.identity: pair for pair in found.pairs if pair.how in GIVEN}
    refused: list[tuple[str, str]] = []
    names = list(made)
    for group in (names[at : at + BATCH_SIZE] for at in range(0, len(names), BATCH_SIZE)):
        by_unkeyed = {inside[identity].unkeyed: identity for identity in group}
        there = records.unkeyed(by_unkeyed)
        for unkeyed, record in there.items():
            one = made[by_unkeyed[unkeyed]]
            differs = differing(session.merger.units, pairing.targets[one.key], record)
            made[one.identity] = replace(one, differs=differs)
        if take:
            patches = {
                unkeyed: (record, with_key(record, key_paths, made[by_unkeyed[unkeyed]].key, {}))
                for unkeyed, record in there.items()
            }
            refused += [(by_unkeyed[key], why.message) for key, why in records.give(patches).items()]
    pairs = [made.get(pair.identity, pair) if pair.how in GIVEN else pair for pair in found.pairs]
    return replace(found, pairs=pairs, given=len(made) - len(refused) if take else 0, refused=tuple(refused))


def _read_references(mapping: Mapping, file: FilePath) -> References:
    """Read a CSV file whose columns are the outside fields of the key and an inside field, or `_id`.

    Raises:
        KeyTextError: saying what is wrong, and where.

    """
    try:
        rows = list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or error
        raise KeyTextError(f"{file} cannot be read as CSV in UTF-8: {why}") from None
    columns = [format_path(rule.outside[0].path) for rule in mapping.keys]
    header = list(rows[0]) if rows else []
    inside = {format_path(path): path for path in mapping.owned_paths(Side.INSIDE)} | {IDENTITY: ()}
    if missing := [column for column in columns if column not in header]:
        raise KeyTextError(f"{file} has no column {', '.join(missing)}, the key of {mapping.outside.name}; write one")
    by = next((name for name in header if name in inside and name not in columns), None)
    if by is None:
        raise KeyTextError(
            f"{file} has no column that names documents; write one called {IDENTITY}, or an inside field"
        )
    shape = Schema(mapping.outside.schema).shape
    is_text = [bool(shape(rule.outside[0].path).types & {"string"}) for rule in mapping.keys]
    names: dict[Key, str] = {}
    for number, row in enumerate(rows, 2):
        cells = [row[column] or "" for column in columns]
        if row[by] and all(cells):
            names[_key(mapping, list(zip(cells, is_text, strict=True)), f"{file}:{number}")] = row[by]
    return References(inside[by], names)


def _key(mapping: Mapping, cells: Sequence[tuple[str, bool]], place: str) -> Key:
    """Return the inside key of a row."""
    said: list[Any] = []
    for cell, is_text in cells:
        if not (is_text or _WHOLE.fullmatch(cell)):
            raise KeyTextError(f"{place}: expected a whole number as key, found {printable(cell)}")
        said.append(cell if is_text else int(cell))
    parts, why = key_parts(mapping.keys, said)
    if why:
        raise KeyTextError(f"{place}: {why}")
    return tuple(parts[path] for path in mapping.key_paths)
