"""The one way to write a mapping: order of keys, aligned columns, one form of quotes. Text in, text out.

Of a mapping that extends another one, the other one is read as well, for the names of the systems.

What formatting must keep is checked on every text that leaves here: its value, and the text of every comment.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from etl.errors import FormatterError, MappingError
from etl.mapping.formatter.layout import Node, read_comments, read_layout
from etl.mapping.formatter.write import write_layout
from etl.mapping.language.document import MAX_BYTES, parse_document
from etl.mapping.language.extends import extended
from etl.mapping.language.form import check_form
from etl.mapping.language.words import KEYS, PARTS, known_words
from etl.mapping.load import mapping_schema


def format_mapping(text: str, name: str) -> str:
    """Return the text of a mapping in its one form, with its value and its comments unchanged.

    name: of the file, for findings. Formatting twice is formatting once: format(format(x)) = format(x).

    Raises:
        MappingError: with every finding, when the text is not strict YAML or does not have the form of a mapping.
        FormatterError: when formatting would lose something.

    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n")
    document = parse_document(text, name)
    whole = extended(document)
    check_form(whole, mapping_schema())
    value = document.value
    names = whole.value["outside"]["name"], whole.value["inside"]["name"]
    order = {part: list(known_words(part, *names)) for part in KEYS}
    try:
        made = write_layout(_arranged(text, order))
        after = parse_document(made, name)
    except (MappingError, RecursionError) as error:
        raise FormatterError(_internal(name, str(error))) from None
    if _exact(after.value) != _exact(value):
        raise FormatterError(_internal(name, "its value would change"))
    if Counter(read_comments(made)) != Counter(read_comments(text)):
        raise FormatterError(_internal(name, "a comment would be lost"))
    if len(made.encode()) > MAX_BYTES:
        raise FormatterError(_internal(name, f"it would have more than {MAX_BYTES} bytes"))
    return made


def _exact(value: Any) -> str:
    """Return a text that tells 1 from 1.0 and from true."""
    return json.dumps(value, sort_keys=True)


def _internal(name: str, reason: str) -> str:
    return f"{name}: internal error: formatting is given up, {reason}; the file is as it was"


def _arranged(text: str, order: dict[str, list[str]]) -> Node:
    """Return the layout with its keys in order, unless an alias would come before its anchor."""
    root = read_layout(text)
    names = _anchored(root)
    _arrange(root, "root", order)
    if _anchored(root) == names:
        return root
    root = read_layout(text)
    _arrange(root, "root", {})
    return root


def _anchored(root: Node) -> list[str]:
    return [node.anchor or f"*{node.text}" for node in root.walk() if node.anchor or node.kind == "alias"]


def _arrange(node: Node, role: str, order: dict[str, list[str]]) -> None:
    node.role = role
    keys = order.get(role, []) if node.kind == "map" else []
    if role == "root" and node.entries:  # what the file starts with stays at its start, whichever key comes first
        opening, node.entries[0].above = node.entries[0].above, []
        node.head = opening
    node.entries.sort(key=lambda entry: keys.index(_key(entry.key)) if _key(entry.key) in keys else len(keys))
    for entry in node.entries:
        part = PARTS.get((role, _key(entry.key)), "")
        _arrange(entry.value, "line" if part == "table" and entry.value.kind != "list" else part, order)
        first = entry.value.entries[:1]
        if first and not entry.key and not entry.value.anchor:  # an element starts on the line of its first entry
            if entry.above[-1:] == first[0].above[:1] == [""]:
                entry.above.pop()
            entry.above += first[0].above
            first[0].above = []


def _key(key: Node | None) -> str:
    return key.text if key and key.kind == "scalar" else ""
