"""The header of a CSV file: which path each column is, as the mapping names it, and what is wrong where none fits."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from etl.mapping.model import Mapping
from etl.mapping.paths import Path, PathError, format_path, parse_path
from etl.mapping.places import plain
from etl.mapping.schemas.shapes import Schema
from etl.mapping.schemas.uses import use_at
from etl.mapping.terms import Direction, Use
from etl.record import printable, shown

_MAX_ELEMENTS: Final = 100
"""How long a list may be that columns make."""

_SHOWN: Final = 300
_DELIMITERS: Final = {",": '","', ";": '";"', "\t": '"\\t"', "|": '"|"'}
_UNSEEN: Final = {"Cf", "Cc", "Zs", "Mn"}


@dataclass(frozen=True, slots=True)
class Columns:
    """What a mapping says of columns.

    listed: the paths that the schema lists, in this order. mapped: those that rules read. needed: those without which
    every record is rejected. written: those that are written, None for all that are listed.
    """

    listed: tuple[Path, ...] = ()
    mapped: tuple[Path, ...] = ()
    needed: tuple[Path, ...] = ()
    written: tuple[Path, ...] | None = None

    def path_of(self, cell: str) -> Path:
        """Return the path that a column's name is; a name that is no path is that of one field.

        `total.cost` is the field of that name where the mapping has it, and no field `cost` in a `total`.
        """
        plain: Path = (cell.strip(),)
        parsed = _parsed(cell.strip())
        known = {*self.listed, *self.mapped}
        return plain if plain in known and parsed not in known else parsed

    def name_of(self, path: Path) -> str:
        """Return the name of a path's column."""
        plain = str(path[0])
        return plain if path == self.path_of(plain) else format_path(path)

    def read(self, cells: Sequence[str], delimiter: str, max_depth: int) -> list[Path]:
        """Return the path of every column of a header.

        Raises:
            ValueError: when there is none, it leads too far, two of them lie in each other's way, or one is missing
                without which nothing could be made of the file, with what is there instead.

        """
        paths: dict[Path, str] = {}
        above: set[Path] = set()
        for number, cell in enumerate(cells, 1):
            if not cell.strip():
                raise ValueError(f"column {number} has no name")
            path = self.path_of(cell)
            if len(path) > max_depth or any(isinstance(step, int) and step >= _MAX_ELEMENTS for step in path):
                raise ValueError(f"column {number}, {shown(cell)}, leads too deep, or too far into a list")
            parents = [path[:length] for length in range(1, len(path))]
            if path in paths or path in above or any(parent in paths for parent in parents):
                raise ValueError(f"column {number}, {shown(cell)}, is there already, or lies in another one")
            paths[path] = cell
            above.update(parents)
        self._refuse_missing(paths, delimiter)
        return list(paths)

    def _refuse_missing(self, paths: dict[Path, str], delimiter: str) -> None:
        missing = [path for path in (*self.needed, *self.mapped) if not any(_meet(path, found) for found in paths)]
        strange = {cell: path for path, cell in paths.items() if path not in self.listed and path not in self.mapped}
        near = {_plain(self.name_of(path)): self.name_of(path) for path in missing}
        for number, cell in enumerate(paths.values(), 1):
            if cell in strange and (name := near.get(_plain(cell))):
                raise ValueError(f"column {number}, {shown(cell)}, is not {name}: {_difference(cell, name)}")
        for path in missing:
            if path in self.needed:
                name, there = self.name_of(path), ", ".join(map(shown, paths.values()))
                fix = _fix(name, list(paths.values()), delimiter)
                raise ValueError(f"there is no column {name}; it has {there[:_SHOWN]}; {fix}")


def columns_of(mapping: Mapping) -> Columns:
    """Return what a mapping says of the columns of its CSV files."""
    schema = Schema(mapping.outside.schema)
    listed = schema.leaves()
    mapped = dict.fromkeys(path for rule in mapping.rules for path in rule.looks_at(Direction.INBOUND))
    keys = [path for rule in mapping.rules if rule.key for path in rule.looks_at(Direction.INBOUND)]
    required = [path for path in listed if schema.shape(path).required]
    asked = [field.path for field, _ in mapping.import_when if not field.is_around]
    needed = tuple(dict.fromkeys((*keys, *required, *asked)))
    sent = schema if mapping.outside.sent is None else Schema(mapping.outside.sent)
    written = [path for path in sent.leaves() if use_at(sent, path) is not Use.READ]
    return Columns(listed, tuple(mapped), needed, tuple(written))


def _parsed(text: str) -> Path:
    try:
        return plain(parse_path(text))
    except PathError:
        return (text,)


def _meet(one: Path, other: Path) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _plain(name: str) -> str:
    """Return what is left of a name where capitals, quotes, accents, and what cannot be seen do not count."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in letters if unicodedata.category(c) not in _UNSEEN and c not in "\"'\t\n")


def _difference(cell: str, name: str) -> str:
    unseen = [c for c in cell.strip() if c not in name and unicodedata.category(c) in _UNSEEN]
    if unseen:
        codes = ", ".join(f"U+{ord(c):04X}" for c in unseen)
        return f"it has a character that cannot be seen, {codes}; remove it"
    return "capitals, blanks, quotes and accents count; write it as the mapping does, or the mapping as the file"


def _fix(name: str, cells: list[str], delimiter: str) -> str:
    for other, text in _DELIMITERS.items():
        if other != delimiter and any(_plain(part) == _plain(name) for cell in cells for part in cell.split(other)):
            return f"its columns are separated by {text}: write csv: {{delimiter: {text}}}"
    if close := get_close_matches(name, cells, 1):
        return f"if {printable(close[0])} is that column, write the mapping as the file names it"
    return "name it in the first row, or name in the mapping what the file has"
