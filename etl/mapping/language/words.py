"""The words of the language: which keys stand where, in the order in which they are written.

One list serves the parser, its suggestions and the formatter. `OUTSIDE` and `INSIDE` stand for the systems' names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from etl.mapping.terms import Winner

OUTSIDE: Final = "OUTSIDE"
INSIDE: Final = "INSIDE"

WINNERS: Final = (Winner.NEWEST.value, Winner.REVIEW.value)
"""What `wins` takes beside the names of the systems."""

MODIFIERS: Final = ("nulls", "when_absent")
"""What any rule may say of absent values, by system."""

TABLES: Final = ("flags", "values", "cases")

CONDITIONS: Final = ("not", "has", "word")
"""What a pattern asks of a value, beside being one of some."""

ANY_VALUE: Final = "$any"
"""What a pattern says where it asks nothing."""

DOCUMENT: Final = "$"
"""In the place of a path: the document itself."""

ASSIGNED: Final = "assigned"
"""What `key` says of a part of the key that the outside gives."""

MATCH: Final = "match"
"""What `key` says of a rule that finds a record while it has no key."""

KINDS: Final[dict[str, tuple[str, ...]]] = {
    "from": ("as", "write", "send"),
    "flags": ("as", "otherwise", "send"),
    "values": ("as", "otherwise", "write", "send"),
    "cases": ("as", "otherwise", "send"),
    "each": ("send",),
    "copy": ("as", "key", "write", "send"),
}
"""The words that go with each kind of rule beside those of all rules; `copy` is a rule without a word of its own."""

NAMES_TAKEN: Final = {"from": 1, "flags": 1, "cases": 0}
"""How many systems a rule names, where that is not both."""

RULE: Final = ("from", "as", "key", "write", "send", "wins", *MODIFIERS, *TABLES, "each", "otherwise", "lossy")

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "root": ("mapping", "language", "extends", "outside", "inside", "codecs", "conflicts", "drop", "rules", "examples"),
    "outside": (
        *("name", "schema", "when_absent", "as", "nulls", "ignore"),
        *("echo", "keep", "drift", "delivery", "import_when", "deleted_when", "written", "send", "files"),
    ),
    "inside": ("name", "schema", "when_absent", "nulls", "ignore", "deleted_when", "mongodb"),
    "schema": ("inbound", "outbound"),
    "files": ("inbound", "outbound", "records_per_file", "marker", "format", "encoding", "records", "csv"),
    "drift": ("then", "share"),
    "delivery": ("every",),
    "pickup": ("match", "order", "quiet", "after", "complete"),
    "order": ("date",),
    "format": ("inbound", "outbound"),
    "encoding": ("inbound", "outbound"),
    "entry": ("file", "for", "only", "around", "answer"),
    "answer": ("file", "key"),
    "only": ("not",),
    "csv": ("delimiter", "encoding", "spreadsheet"),
    "mongodb": ("collection", "scope", "on_import", "export_when", "on_export"),
    "conflicts": ("wins", "newest"),
    "newest": (OUTSIDE, INSIDE, "as", "tolerance"),
    "rule": (OUTSIDE, INSIDE, *RULE),
    "line": ("file", OUTSIDE, INSIDE, "lossy", "delimiter", "encoding"),
    "otherwise": (OUTSIDE, INSIDE, "lossy"),
    "by_system": (OUTSIDE, INSIDE),
    "example": ("name", OUTSIDE, INSIDE, "direction", "rejects", "skips"),
}
"""The keys of every part, by what it is."""

PARTS: Final[dict[tuple[str, str], str]] = {
    ("root", "outside"): "outside",
    ("root", "inside"): "inside",
    ("root", "conflicts"): "conflicts",
    ("root", "rules"): "rules",
    ("root", "examples"): "examples",
    ("outside", "schema"): "schema",
    ("outside", "drift"): "drift",
    ("outside", "delivery"): "delivery",
    ("outside", "files"): "files",
    ("files", "inbound"): "pickup",
    ("pickup", "order"): "order",
    ("files", "format"): "format",
    ("files", "encoding"): "encoding",
    ("files", "csv"): "csv",
    ("files", "outbound"): "entries",
    ("entries", ""): "entry",
    ("entry", "only"): "only",
    ("entry", "answer"): "answer",
    ("inside", "mongodb"): "mongodb",
    ("conflicts", "newest"): "newest",
    ("rules", ""): "rule",
    **{("rule", word): "table" for word in TABLES},
    ("rule", "each"): "rules",
    **{("rule", word): "by_system" for word in MODIFIERS},
    ("rule", "otherwise"): "otherwise",
    ("table", ""): "line",
    ("examples", ""): "example",
}
"""What a value is, by what it stands in and under which key; an element of a list has the key ""."""


def part_at(place: Sequence[str | int]) -> str:
    """Return what the value at a place of a mapping is; "" for one that has no words of its own."""
    part = "root"
    for step in place:
        part = PARTS.get((part, "" if isinstance(step, int) else step), "")
    return part


def own_words(part: str) -> tuple[str, ...]:
    """Return the keys of a part without the names of the systems."""
    return tuple(word for word in KEYS[part] if word not in (OUTSIDE, INSIDE))


def known_words(part: str, outside: str, inside: str) -> tuple[str, ...]:
    """Return the keys of a part, in their order, with the names of the systems."""
    names = {OUTSIDE: outside, INSIDE: inside}
    return tuple(names.get(word, word) for word in KEYS[part])


RESERVED: Final = frozenset({*RULE, *own_words("line"), *own_words("example"), *own_words("newest"), *WINNERS})
"""What no system may be called, since it would stand where a name does."""
