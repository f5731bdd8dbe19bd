"""What a mapping says of conflicts and of deletions becomes typed; what is wrong becomes findings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from etl.mapping.codecs import Codec
from etl.mapping.language.document import Place
from etl.mapping.language.parse_fields import FieldParser, did_you_mean
from etl.mapping.language.words import known_words
from etl.mapping.model import Conflicts, Newest, Tombstone
from etl.mapping.paths import format_path
from etl.mapping.rules.conditions import Pattern, written_first
from etl.mapping.terms import Field, Side, Winner

KEY: Final = "$key"
"""In `deleted_when` of the outside: where a part of the key stands."""

_TOMBSTONE: Final[Place] = ("outside", "deleted_when")
_CONFLICTS: Final[Place] = ("conflicts",)
_NEWEST: Final[Place] = ("conflicts", "newest")


def parse_conflicts(parser: FieldParser) -> Conflicts:
    """Parse `conflicts:`; without it every conflict waits for a person."""
    entry = parser.document.value.get("conflicts", {})
    if "newest" not in entry:
        _check_no_newest(parser, entry)
    newest = _newest(parser, entry["newest"]) if "newest" in entry else None
    return Conflicts(parser.winner(entry, _CONFLICTS) or Winner.REVIEW, newest)


def parse_deleted_when(parser: FieldParser) -> Pattern:
    """Parse `deleted_when:` of the inside system."""
    entry = parser.document.value["inside"].get("deleted_when", {})
    return parser.pattern(Side.INSIDE, entry, ("inside", "deleted_when"), {})


def parse_import_when(parser: FieldParser) -> Pattern:
    """Parse `import_when:` of the outside system; without it all its records are imported."""
    entry = parser.document.value["outside"].get("import_when", {})
    return parser.pattern(Side.OUTSIDE, entry, ("outside", "import_when"), {})


def parse_tombstone(parser: FieldParser) -> Tombstone | None:
    """Parse `deleted_when:` of the outside system; without it no record says that there is none any more."""
    document, place = parser.document, _TOMBSTONE
    entry = dict(document.value["outside"].get("deleted_when", {}))
    if not entry:
        return None
    keys = {text: entry.pop(text) for text, cell in list(entry.items()) if cell == KEY}
    asked = parser.pattern(Side.OUTSIDE, entry, place, {})
    fields = [parser.named(Side.OUTSIDE, text, (*place, text), {}) for text in keys]
    if not entry:
        document.find(place, "E012", f"only {KEY} is said", "say by which values a deletion is known", key=True)
    written = document.value["inside"].get("deleted_when")
    if written is None:
        message = "deleted_when of outside deletes records, and nothing says what these become inside"
        fix = "add deleted_when: to inside, such as {status: deleted}"
        document.find(place, "E012", message, fix, key=True)
    for field, accepted in parse_deleted_when(parser) if written else ():
        if not written_first(accepted):
            message = f"{format_path(field.path)} gets no value by which a record counts as deleted"
            document.find_at(field.where, "E013", message, "write the value first that a deletion writes")
    return Tombstone(asked, tuple(replace(field, by_codec=True) for field in fields if field is not None))


def _check_no_newest(parser: FieldParser, conflicts: dict[str, Any]) -> None:
    """Refuse `wins: newest` where no dates are named."""
    rules: list[tuple[Place, dict[str, Any]]] = [
        (("rules", index), rule) for index, rule in enumerate(parser.document.value["rules"])
    ]
    dates = ", ".join(f"{name}: …" for name in parser.sides)
    for place, entry in [(_CONFLICTS, conflicts), *rules]:
        if entry.get("wins") == Winner.NEWEST.value:
            fix = f"write newest: {{{dates}}} below conflicts:"
            parser.document.find((*place, "wins"), "E191", "the mapping names no dates to compare", fix)


def _newest(parser: FieldParser, entry: dict[str, Any]) -> Newest | None:
    document = parser.document
    known = known_words("newest", *parser.sides)
    for word in entry:
        if word not in known:
            document.find((*_NEWEST, word), "E010", f"unknown key {word}", did_you_mean(word, known), key=True)
    for name in parser.sides:
        if name not in entry:
            document.find(_NEWEST, "E012", f"newest has no date of {name}", f"add {name}: and the path of its date")
    outside, inside = (
        parser.field(side, entry[name], (*_NEWEST, name), {}) if name in entry else None
        for name, side in parser.sides.items()
    )
    codec = _codec(parser, entry, outside)
    if codec is None or outside is None or inside is None:
        return None
    return Newest(outside, inside, codec, timedelta(seconds=entry.get("tolerance", 0)), document.position(_NEWEST))


def _codec(parser: FieldParser, entry: dict[str, Any], outside: Field | None) -> Codec | None:
    codec = parser.codec({"as": "datetime"} | entry, _NEWEST)
    codec = parser.fitted(codec, {}, [] if outside is None else [outside.path], None, _NEWEST)
    if codec is None or (codec.makes_date and codec.parts == 1):
        return codec
    what = f"joins {codec.parts} fields" if codec.makes_date else "makes no date"
    message = f"newest compares one date of each system, and codec {codec.name} {what}"
    parser.document.find((*_NEWEST, "as"), "E192", message, "name a codec for a date in one field, such as datetime")
    return None
