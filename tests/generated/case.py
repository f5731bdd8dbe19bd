"""A case: a mapping and its two schemas as plain objects, so that it can be written, changed and made smaller."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

Rule: TypeAlias = dict[str, Any]
Place: TypeAlias = tuple[int, ...]
"""Where a rule stands: (2,) is the third, (2, 0) the first of those that the third has for its elements."""

SIDES: Final = ("outside", "inside")
NAMES: Final = {"outside": "client", "inside": "tracos"}
SENT: Final = "sent.schema.json"
"""The file of the schema of what is sent."""
STAMP: Final = "isSynced"
"""The inside field that runs set."""
NESTED: Final = "each"
"""The word whose lines are rules themselves."""
TABLES: Final = ("flags", "values", "cases", NESTED)
"""The words of which the value has a line of the file for each of its lines."""


def table_of(rule: Rule) -> str | None:
    """Return the word of a rule whose value has a line of the file for each of its lines."""
    return next((word for word in TABLES if rule.get(word)), None)


@dataclass
class Case:
    """A mapping with its schemas. seed: the number that made it, 0 for one that was made smaller by hand.

    split: the number by which it stands in two files, of which one extends the other; None for one file. sent: the
    schema of what is sent, None where that of the outside is for both.
    """

    outside: dict[str, Any]
    inside: dict[str, Any]
    mapping: dict[str, Any]
    seed: int = 0
    split: int | None = None
    sent: dict[str, Any] | None = None
    places: dict[tuple[str, int], tuple[Place, int | None]] = field(default_factory=dict)
    """By written file and line: the rule that stands there, and the line of its table."""

    def schema(self, side: str) -> dict[str, Any]:
        return self.outside if side == "outside" else self.inside

    def system(self, side: str) -> dict[str, Any]:
        found: dict[str, Any] = self.mapping[side]
        return found

    def name(self, side: str) -> str:
        return str(self.system(side)["name"])

    @property
    def rows(self) -> bool:
        """Whether the files of the outside are CSV."""
        return bool(self.system("outside")["files"].get("format") == "csv")

    def inside_stamps(self) -> list[str]:
        """Return the fields that runs stamp inside."""
        mongodb = self.system("inside")["mongodb"]
        return [*mongodb.get("on_import", ()), *mongodb.get("on_export", ())]

    def rule(self, place: Place) -> Rule:
        rules = self.mapping["rules"]
        for index in place[:-1]:
            rules = rules[index][NESTED]
        found: Rule = rules[place[-1]]
        return found

    def copy(self) -> Case:
        outside, inside, mapping, sent = json.loads(json.dumps([self.outside, self.inside, self.mapping, self.sent]))
        return Case(outside, inside, mapping, self.seed, self.split, sent)

    def size(self) -> int:
        return len(json.dumps([self.outside, self.inside, self.mapping, self.sent])) + (self.split is not None)
