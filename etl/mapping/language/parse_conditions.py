"""What a mapping asks of records becomes conditions; what is wrong becomes findings."""

from __future__ import annotations

from typing import Any, Final

from etl.mapping.language.document import Place
from etl.mapping.language.parse_fields import FieldParser, accepted
from etl.mapping.model import Tombstone
from etl.mapping.rules.conditions import Accepted, Condition, Pattern
from etl.mapping.terms import Side

_NOT: Final = "not"

KEY: Final = "$key"
"""In `deleted_when` of the outside: where a part of the key stands."""


def parse_import_when(parser: FieldParser) -> Pattern:
    """Parse `import_when:` of the outside system; without it all its records are imported."""
    entry = parser.document.value["outside"].get("import_when", {})
    return parse_conditions(parser, Side.OUTSIDE, entry, ("outside", "import_when"))


def parse_tombstone(parser: FieldParser) -> Tombstone | None:
    """Parse `deleted_when:` of the outside system; without it no record says that there is none any more."""
    system, place = parser.document.value["outside"], ("outside", "deleted_when")
    entry = dict(system.get("deleted_when", {}))
    keys = {text: entry.pop(text) for text, cell in list(entry.items()) if cell == KEY}
    asked = parse_conditions(parser, Side.OUTSIDE, entry, place)
    fields = [parser.field(Side.OUTSIDE, text, (*place, text), {}, key=True) for text in keys]
    if not (entry or keys):
        return None
    if not entry:
        parser.document.find(place, "E012", f"only {KEY} is said", "say by which values a deletion is known", key=True)
    if "deleted_when" not in parser.document.value["inside"]:
        message = "deleted_when of outside deletes records, and nothing says what these become inside"
        fix = "add deleted_when: to inside, such as {status: deleted}"
        parser.document.find(place, "E012", message, fix, key=True)
    return Tombstone(asked, tuple(field for field in fields if field is not None))


def parse_conditions(parser: FieldParser, side: Side, entry: dict[str, Any], place: Place) -> Pattern:
    """Parse fields with what each is asked."""
    fields = ((parser.field(side, text, (*place, text), {}, key=True), cell) for text, cell in entry.items())
    return tuple((field, _accepted(cell)) for field, cell in fields if field is not None)


def _accepted(cell: Any) -> Accepted:
    """Return what is accepted: a list of which one has to hold, or one."""
    return tuple(
        Condition(excluded=accepted(term[_NOT])) if isinstance(term, dict) else term for term in accepted(cell)
    )
