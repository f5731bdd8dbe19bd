"""What a mapping asks of records becomes conditions; what is wrong becomes findings."""

from __future__ import annotations

from typing import Any, Final

from etl.mapping.language.document import Place
from etl.mapping.language.parse_fields import FieldParser, accepted
from etl.mapping.rules.conditions import Accepted, Condition, Pattern
from etl.mapping.terms import Side

_NOT: Final = "not"


def parse_import_when(parser: FieldParser) -> Pattern:
    """Parse `import_when:` of the outside system; without it all its records are imported."""
    entry = parser.document.value["outside"].get("import_when", {})
    return parse_conditions(parser, Side.OUTSIDE, entry, ("outside", "import_when"))


def parse_conditions(parser: FieldParser, side: Side, entry: dict[str, Any], place: Place) -> Pattern:
    """Parse fields with what each is asked."""
    fields = ((parser.field(side, text, (*place, text), {}, key=True), cell) for text, cell in entry.items())
    return tuple((field, _accepted(cell)) for field, cell in fields if field is not None)


def _accepted(cell: Any) -> Accepted:
    """Return what is accepted: a list of which one has to hold, or one."""
    return tuple(
        Condition(excluded=accepted(term[_NOT])) if isinstance(term, dict) else term for term in accepted(cell)
    )
