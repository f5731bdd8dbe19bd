"""One way through a JSON document to where its records lie, however large it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from etl.endpoints.files.content import BrokenFileError
from etl.endpoints.files.json_window import Window
from etl.endpoints.files.places import place_of
from etl.endpoints.files.text import Text
from etl.mapping.paths import Path, StepOf, format_path
from etl.record import printable, shown
from etl.strict_json import loads

_LONGEST: Final = 60
_SHOWN: Final = 5
"""So many names of a document without records are shown."""


@dataclass(slots=True)
class _Node:
    """A step on the way to records. rank: of the path that ends here, the first one 0; None where none does."""

    rank: int | None = None
    below: dict[StepOf, _Node] = field(default_factory=dict)

    def ranks(self) -> set[int]:
        """Return the ranks of all paths that end here or further on."""
        own = set() if self.rank is None else {self.rank}
        return own.union(*(child.ranks() for child in self.below.values()))


class Walk:
    """One way through a document.

    wanted: the rank of the path that counts; None where that is to be found out. found: after a way on which nothing
    was taken, the rank of the path that counts; None where none is there. place: where it is, as records are called.
    """

    def __init__(self, window: Window, paths: Sequence[Path], text: Text, wanted: int | None = None) -> None:
        self._window = window
        self._text = text
        self._wanted = wanted
        self._open = set(range(len(paths)))
        """The ranks of the paths that may still come."""
        self._root = _Node()
        for rank, path in enumerate(paths):
            node = self._root
            for step in path:
                node = node.below.setdefault(step, _Node())
            node.rank = rank
        self._paths = paths
        self._names: list[str] = []
        self.found: int | None = None
        self.taken = False
        self.place = ""

    def records(self, *, listed: bool = False) -> Iterator[tuple[str, bytes]]:
        """Yield what lies where records do, each with its place. listed: the document is an array.

        Raises:
            BrokenFileError, OSError, EndpointError: when it cannot be read on.

        """
        if why := self._text.strange_start(self._window.begin()):
            raise BrokenFileError(why)
        if listed:
            self.place = place_of((), 0)
        found = self._window.peek()
        if found != "[" and (listed or found != "{"):
            raise self._window.unexpected("a JSON array" if listed else "an object or a list", found)
        yield from self._value(self._root, ())
        self._window.end("the document")

    def nothing(self) -> str:
        """Return why a document without records is refused."""
        names = [format_path(path) if path else "$" for path in self._paths]
        where = f"at {names[0]}" if len(names) == 1 else f"at any of {', '.join(names)}"
        has = ", ".join(self._names[:_SHOWN]) + (", …" if len(self._names) > _SHOWN else "")
        there = f"the document has {has}" if has else "the document has no field"
        return f"no object and no list is {where}: {there}; correct records in the mapping, or the file"

    def _value(self, node: _Node, path: Path) -> Iterator[tuple[str, bytes]]:
        """Move over the next value, and yield the records in it."""
        found = self._window.peek()
        for step, below in node.below.items():
            if found != ("{" if isinstance(step, str) else "["):
                self._open -= below.ranks()
        if node.rank is not None:
            self._open.discard(node.rank)
            if found in ("{", "[") and self._counts(node.rank):
                yield from self._take(path, found)
                return
        if not node.below or found not in ("{", "["):
            self._window.skip()
        else:
            yield from self._members(node, path) if found == "{" else self._elements(node, path)
        self._open -= node.ranks()

    def _members(self, node: _Node, path: Path) -> Iterator[tuple[str, bytes]]:
        seen: set[str] = set()
        for raw in self._window.members():
            name = self._name(raw)
            if not path and len(self._names) <= _SHOWN:
                self._names.append(printable(name[:_LONGEST]))
            below = node.below.get(name)
            if below is None:
                self._window.skip()
                continue
            if name in seen:
                raise self._window.broken(f"{shown(name)} is there twice; keep one of them")
            seen.add(name)
            yield from self._value(below, (*path, name))

    def _elements(self, node: _Node, path: Path) -> Iterator[tuple[str, bytes]]:
        for number in self._window.elements():
            if number in node.below:
                yield from self._value(node.below[number], (*path, number))
            else:
                self._window.skip()

    def _name(self, raw: bytes) -> str:
        try:
            return str(loads(self._text.as_utf8(raw)))
        except ValueError as error:
            raise BrokenFileError(f"a name {shown(raw.decode('latin-1'))}: {error}") from None

    def _counts(self, rank: int) -> bool:
        """Return whether what is there is where the records lie, as far as one can know by now."""
        if self._wanted is not None:
            if rank < self._wanted:
                raise BrokenFileError("it has changed while it was read")
            return rank == self._wanted
        if self.taken or (self.found is not None and self.found < rank):
            return False
        if any(other < rank for other in self._open):
            self.found = rank
            return False
        return True

    def _take(self, path: Path, found: str) -> Iterator[tuple[str, bytes]]:
        """Move over what lies where records do, and yield it; the last one once nothing is wrong behind it."""
        self.taken = True
        base = self.place = place_of(path)
        if found == "{":
            record = self._window.value()
            if not path:
                self._window.end("the document")
            yield base, record
        else:
            self.place = f"{base}[0]"
            for number, (record, goes_on) in enumerate(self._window.values(), 1):
                if not goes_on and not path:
                    self._window.end("the document")
                yield self.place, record
                self.place = f"{base}[{number}]"
        if path:
            self.place = ""
