"""Kept: how the outside values of rules lie in a record, to be remembered, told apart, and laid there again."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, Final, TypeAlias

import orjson

from etl.mapping.codecs import Codec
from etl.mapping.paths import Path, get, is_empty, put, remove, take_away
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.kinds import Rule
from etl.mapping.terms import Direction, Keep, Side, Use
from etl.record import ABSENT, Record, json_form

Cell: TypeAlias = Sequence[Any]
"""How a value lies in a record: [] where there is none, [value], or [value, length] where null, another single value or
an object or list without it, taken as empty, stands on its way, at the first so many steps of its path."""

_MARK_BYTES: Final = 8
_NO_PART: Final = frozenset({"where", "lossy", "wins", "sent", "rank", "said"})
"""What a rule says beside what it does."""


@dataclass(frozen=True)
class Lying:
    """Outside paths whose values are looked at as they lie there."""

    paths: tuple[Path, ...]

    @cached_property
    def mark(self) -> bytes:
        """8 bytes that tell what is remembered of it from anything else."""
        return _mark_of(repr(self.paths))

    def lying(self, record: Record, paths: Sequence[Path] | None = None) -> bytes:
        """Return how its values lie in an outside record, as JSON: whatever the order of names. paths: only those."""
        cells = [self._cell(record, path) for path in (self.paths if paths is None else paths)]
        return orjson.dumps(cells, default=json_form, option=orjson.OPT_SORT_KEYS)

    def _cell(self, record: Record, path: Path) -> Cell:
        value = get(record, path)
        if value is not ABSENT:
            return [self._looked_at(path, value)]
        for length in range(len(path) - 1, 0, -1):
            above = get(record, path[:length])
            if above is not ABSENT:
                if isinstance(above, dict | list):
                    return [type(above)(), length] if is_empty(above, path[length - 1]) else []
                return [above, length]
        return []

    def _looked_at(self, path: Path, value: Any) -> Any:
        del path
        return value

    def changed(self, came: Record, back: Record) -> tuple[Path, ...]:
        """Return the paths whose values do not lie as they did; what was empty there, others may have filled."""
        differing = [path for path in self.paths if self.lying(came, [path]) != self.lying(back, [path])]
        return tuple(path for path in differing if not _is_filled(path, came, back))

    def lay(self, record: Record, lying: bytes, paths: Sequence[Path] | None = None) -> None:
        """Let its values lie in a record as they did. paths: as those that `lying` was asked of."""
        for path, cell in zip(self.paths if paths is None else paths, orjson.loads(lying), strict=True):
            match cell:
                case [value]:
                    put(record, path, value)
                case [value, length]:
                    take_away(record, path, length)
                    there = get(record, path[:length])
                    is_single = not isinstance(value, dict | list)  # then it is that, and nothing in which others are
                    if not isinstance(there, dict | list) or (is_single and not there):
                        put(record, path[:length], value)
                case _:
                    take_away(record, path)
                    _make_way(record, path)


def _is_filled(path: Path, came: Record, back: Record) -> bool:
    """Return whether there was no value at a path, nor is one, and what stands above it now is not empty."""
    if get(came, path) is not ABSENT or get(back, path) is not ABSENT:
        return False
    above = [value for length in range(1, len(path)) if (value := get(back, path[:length])) is not ABSENT]
    return bool(above) and all(isinstance(value, dict | list) and value for value in above)


def _make_way(record: Record, path: Path) -> None:
    """Remove what stands above a path for an absent value."""
    for length in range(len(path) - 1, 0, -1):
        if (above := get(record, path[:length])) is not ABSENT:
            return None if isinstance(above, dict | list) else remove(record, path[:length])
    return None


@dataclass(frozen=True)
class Held(Lying):
    """A rule whose outside values are remembered. whole: of a list, or a group, also what no rule maps."""

    rule: Rule
    whole: bool = False

    @cached_property
    def mark(self) -> bytes:
        """8 bytes that tell what the rule does from anything else, wherever it stands."""
        return _mark_of(repr([*_parts(self.rule), self.whole and bool(self.rule.inner)]))

    @cached_property
    def _whole_paths(self) -> frozenset[Path]:
        """The paths of which all is remembered: of any other, what the rule's own rules map."""
        is_whole = self.whole or not self.rule.inner
        return frozenset(self.paths if is_whole else self.rule.looks_back(Direction.OUTBOUND))

    def _looked_at(self, path: Path, value: Any) -> Any:
        return value if path in self._whole_paths else _mapped(self.rule, value)


def _held(rule: Rule, *, whole: bool) -> Held:
    named = (field.path for field in rule.fields(Side.OUTSIDE) if field.use is not Use.WRITE)
    return Held(tuple(dict.fromkeys((*named, *rule.looks_back(Direction.OUTBOUND)))), rule, whole)


def _mark_of(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=_MARK_BYTES).digest()


def _mapped(rule: Rule, value: Any) -> Any:
    """Return of a list, or of a group, what the rules of its elements write or read."""
    paths = [(inner, path) for inner in rule.inner for path in _outside_paths(inner)]
    if not all(path for _, path in paths):
        return value
    if isinstance(value, dict):
        return _of_element(paths, value)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return value
    return [_of_element(paths, item) for item in value]


def _of_element(paths: Iterable[tuple[Rule, Path]], element: Record) -> Record:
    """Return what rules have of an element."""
    made: Record = {}
    for inner, path in paths:
        if (found := get(element, path)) is not ABSENT:
            put(made, path, _mapped(inner, found) if inner.inner else found)
    return made


def _outside_paths(rule: Rule) -> Iterable[Path]:
    """Return the outside fields of a rule, and what it reads: of an expression that is a path, no more than that."""
    passed = rule.passes(Direction.INBOUND) if isinstance(rule, Computed) else ()
    read = [field.path for field in passed] or rule.reads(Side.OUTSIDE)
    return dict.fromkeys((*(field.path for field in rule.fields(Side.OUTSIDE)), *read))


def _parts(value: Any) -> Iterator[Any]:
    """Yield what a rule, or a part of it, says of what it does, by name; what is as usual says nothing."""
    yield type(value).__name__
    for field in dataclasses.fields(value):
        part = getattr(value, field.name)
        usual = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
        if field.name not in _NO_PART and not callable(part) and part != usual:
            yield field.name
            yield _plain(part)


def _plain(part: Any) -> Any:
    if isinstance(part, Enum):
        return part.value
    if isinstance(part, Codec):
        return [part.name, _plain(part.options), _plain(part.steps)]
    if dataclasses.is_dataclass(part):
        return [*_parts(part)]
    if isinstance(part, dict):
        return sorted((str(name), _plain(value)) for name, value in part.items())
    if isinstance(part, frozenset):
        return sorted(map(repr, part))
    return [*map(_plain, part)] if isinstance(part, tuple | list) else part


def held_of(rules: Sequence[Rule], keep: Keep) -> tuple[Held, ...]:
    """Return the rules whose outside values are to be known when they write: those that look back, or all that keep."""
    return tuple(
        _held(rule, whole=keep is Keep.WHOLE)
        for rule in rules
        if rule.only is None and not rule.key and (keep is not Keep.NOTHING or rule.looks_back(Direction.OUTBOUND))
    )
