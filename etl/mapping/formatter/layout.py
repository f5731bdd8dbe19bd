"""A YAML file as its author wrote it: every node with its style and place, every comment with what it speaks of."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import yaml

Kind: TypeAlias = Literal["scalar", "alias", "map", "list"]

_COMMENT: Final = re.compile("#[^\n\u2028\u2029]*")


@dataclass(slots=True, eq=False)
class Entry:
    """A key and its value, or an element of a list.

    start, end: indexes into the text. above: the comments on lines of their own before it; "" is a blank line.
    beside: the comments at the end of its line, each with its column.
    """

    key: Node | None
    value: Node
    start: int
    above: list[str] = field(default_factory=list)
    beside: list[tuple[str, int]] = field(default_factory=list)

    @property
    def end(self) -> int:
        """Where the key and the value end."""
        return max(self.value.end, self.key.end if self.key else 0)

    def has_comments(self) -> bool:
        """Return whether a comment stands above or beside this entry itself."""
        return bool(self.beside) or any(self.above)


@dataclass(slots=True, eq=False)
class Node:
    """A value as written.

    text: a scalar's value, or an alias's name. raw: a scalar's source. style: a scalar's quote or block indicator.
    flow: braces or brackets. column: where the entries of a block start. role: what it is in a mapping, if it is known.
    head, tail: comments before the first entry of a file, and after the last entry of any block.
    """

    kind: Kind
    start: int
    end: int
    text: str = ""
    raw: str = ""
    style: str | None = None
    anchor: str | None = None
    flow: bool = False
    column: int = 0
    role: str = ""
    entries: list[Entry] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it, in the order of its entries."""
        yield self
        for entry in self.entries:
            if entry.key:
                yield entry.key
            yield from entry.value.walk()


def read_layout(text: str) -> Node:
    """Return the root of a text that is strict YAML, with all its comments and blank lines."""
    root = _Reader(text).root()
    for match in _comments(text, root):
        _attach(text, root, match.start(), match.group().rstrip())
    for node in root.walk():
        for entry in node.entries:
            if _is_after_blank(text, entry.start):
                entry.above.append("")
    return root


def read_comments(text: str) -> list[str]:
    """Return the comments of a text that is strict YAML, in their order."""
    return [match.group().rstrip() for match in _comments(text, _Reader(text).root())]


class _Reader:
    """Makes nodes of the parser's events."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.events: Iterator[Any] = yaml.parse(text, Loader=yaml.SafeLoader)
        tokens: Iterator[Any] = yaml.scan(text, Loader=yaml.SafeLoader)
        spans = [(type(token), token.start_mark.index, token.end_mark.index) for token in tokens]
        self.dashes = [start for kind, start, _ in spans if kind is yaml.BlockEntryToken]
        self.scalar_starts = {end: start for kind, start, end in spans if kind is yaml.ScalarToken}

    def root(self) -> Node:
        started = (yaml.StreamStartEvent, yaml.DocumentStartEvent)
        return self.node(next(event for event in self.events if not isinstance(event, started)))

    def node(self, event: Any) -> Node:
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, yaml.AliasEvent):
            return Node("alias", start, end, str(event.anchor))
        if isinstance(event, yaml.ScalarEvent):
            raw = self.text[self.scalar_starts.get(end, end) : end] if end > start else ""  # without the anchor
            return Node("scalar", start, end, event.value, raw, event.style, event.anchor)
        is_map = isinstance(event, yaml.MappingStartEvent)
        made = Node("map" if is_map else "list", start, end, anchor=event.anchor, flow=bool(event.flow_style))
        while not isinstance(event := next(self.events), yaml.CollectionEndEvent):
            made.entries.append(self.pair(event) if is_map else self.element(event, made))
        if made.entries:
            made.column = _column(self.text, made.entries[0].start)
            made.end = made.entries[-1].end
        if made.flow:
            ended: Any = event
            made.end = ended.end_mark.index
        return made

    def pair(self, event: Any) -> Entry:
        key = self.node(event)
        return Entry(key, self.node(next(self.events)), key.start)

    def element(self, event: Any, parent: Node) -> Entry:
        value = self.node(event)
        start = value.start if parent.flow else self.dashes[bisect_left(self.dashes, value.start) - 1]
        return Entry(None, value, start)


def _comments(text: str, root: Node) -> Iterator[re.Match[str]]:
    """Yield what starts with # outside of every scalar; the first line of a block scalar is outside."""
    place = 0
    for node in sorted((node for node in root.walk() if node.kind == "scalar"), key=lambda node: node.start):
        first_line = node.raw.partition("\n")[0] if node.style in {"|", ">"} else ""
        start = node.end - len(node.raw) + len(first_line)
        yield from _COMMENT.finditer(text, place, start)
        place = node.end
    yield from _COMMENT.finditer(text, place)


def _attach(text: str, root: Node, index: int, comment: str) -> None:
    before = text[:index].rstrip(" \t")
    if before and not before.endswith("\n"):
        owner = _entry_at(root, len(before.removesuffix(",").rstrip()) - 1)
        if owner:
            owner.beside.append((comment, _column(text, index)))
            return
    lines = _lines_for(text, root, index)
    if _is_after_blank(text, index):
        lines.append("")
    lines.append(comment)


def _lines_for(text: str, root: Node, index: int) -> list[str]:
    """Return the list that a comment on a line of its own belongs to."""
    column = _column(text, index)
    path = [root]
    following: list[Entry | None] = []
    while True:
        entries = path[-1].entries
        here = bisect_right(entries, index, key=lambda entry: entry.start)
        following.append(entries[here] if here < len(entries) else None)
        value = entries[here - 1].value if here else None
        if value is None or not value.entries or (value.flow and value.end <= index):
            break
        path.append(value)
    if value is not None and entries[here - 1].end > index:
        return entries[here - 1].above
    depth = next((depth for depth in reversed(range(len(path))) if following[depth]), -1)
    found = following[depth] if depth >= 0 else None
    if path[-1].flow:
        last = following[-1]
        return last.above if last else path[-1].tail
    if found and column <= _column(text, found.start):
        return found.above
    chosen = None if found else root
    for node in path[depth + 1 :]:
        if node.column <= column and (chosen is None or node.column > chosen.column):
            chosen = node
    if chosen:
        return chosen.tail
    return found.above if found else root.tail


def _entry_at(node: Node, index: int) -> Entry | None:
    """Return the innermost entry that holds the character at an index."""
    here = bisect_right(node.entries, index, key=lambda entry: entry.start)
    if not here or node.entries[here - 1].end <= index:
        return None
    return _entry_at(node.entries[here - 1].value, index) or node.entries[here - 1]


def _column(text: str, index: int) -> int:
    return index - text.rfind("\n", 0, index) - 1


def _is_after_blank(text: str, index: int) -> bool:
    """Return whether a place is the first of its line and the line before is blank."""
    start = text.rfind("\n", 0, index) + 1
    before = text.rfind("\n", 0, max(start - 1, 0)) + 1
    return start > 0 and not text[start:index].strip() and not text[before:start].strip()
