"""Around: what a document says of its records, as far as the mapping asks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from etl.endpoints.files.content import BrokenFileError
from etl.endpoints.files.json_window import Window
from etl.endpoints.files.text import Text
from etl.mapping.paths import Path, StepOf, put
from etl.record import Record, shown
from etl.strict_json import loads

_Tree: TypeAlias = dict[StepOf, "_Tree"]
"""The steps to what is asked; where one ends there is nothing below it."""


class Around:
    """Picks what is asked of a document. asked: the paths, of which none leads through another one."""

    def __init__(self, asked: Sequence[Path]) -> None:
        self._tree: _Tree = {}
        for path in asked:
            node = self._tree
            for step in path:
                node = node.setdefault(step, {})

    def of_document(self, window: Window, text: Text) -> Record:
        """Return what is asked of a document that is read, to its end, whatever lies in it.

        Raises:
            BrokenFileError, OSError, EndpointError: when it cannot be read on.

        """
        if why := text.strange_start(window.begin()):
            raise BrokenFileError(why)
        found: Record = {}
        for path, value in self._values(window, text, self._tree, ()):
            put(found, path, value)
        window.end("the document")
        return found

    def _values(self, window: Window, text: Text, node: _Tree, at: Path) -> Iterator[tuple[Path, Any]]:
        """Move over the next value, and yield what is asked in it."""
        if at and not node:
            raw = window.value()
            try:
                yield at, loads(text.as_utf8(raw))
            except ValueError as error:
                raise BrokenFileError(f"{shown(at[-1])} of the document: {error}") from None
            return
        start = window.peek()
        if start == "{":
            seen: set[str] = set()
            for raw in window.members():
                name = str(loads(text.as_utf8(raw)))
                if name in node and name in seen:
                    raise window.broken(f"{shown(name)} is there twice; keep one of them")
                seen.add(name)
                yield from self._below(window, text, node, (*at, name))
        elif start == "[":
            for number in window.elements():
                yield from self._below(window, text, node, (*at, number))
        else:
            window.skip()

    def _below(self, window: Window, text: Text, node: _Tree, at: Path) -> Iterator[tuple[Path, Any]]:
        if at[-1] in node:
            yield from self._values(window, text, node[at[-1]], at)
        else:
            window.skip()
