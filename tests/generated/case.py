"""A case: a mapping and its two schemas as plain objects, so that it can be written, changed and made smaller."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Final, TypeAlias

Rule: TypeAlias = dict[str, Any]
Place: TypeAlias = tuple[int, ...]
"""Where a rule stands: (2,) is the third, (2, 0) the first of those that the third has for its elements."""

SIDES: Final = ("outside", "inside")
NAMES: Final = {"outside": "client", "inside": "tracos"}
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
    """A mapping with its schemas. seed: the number that made it, 0 for one that was made smaller by hand."""

    outside: dict[str, Any]
    inside: dict[str, Any]
    mapping: dict[str, Any]
    seed: int = 0
    places: dict[int, tuple[Place, int | None]] = field(default_factory=dict)
    """By line of the written file: the rule that stands there, and the line of its table."""

    def schema(self, side: str) -> dict[str, Any]:
        return self.outside if side == "outside" else self.inside

    def system(self, side: str) -> dict[str, Any]:
        found: dict[str, Any] = self.mapping[side]
        return found

    def name(self, side: str) -> str:
        return str(self.system(side)["name"])

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
        outside, inside, mapping = json.loads(json.dumps([self.outside, self.inside, self.mapping]))
        return Case(outside, inside, mapping, self.seed)

    def write(self, folder: FilePath) -> FilePath:
        """Write the three files; return the mapping's, and remember which line of it has which rule."""
        for side in SIDES:
            (folder / f"{side}.schema.json").write_text(json.dumps(self.schema(side)), "utf-8")
        file = folder / "generated.yaml"
        file.write_text(self.text(), "utf-8")
        return file

    def text(self) -> str:
        """Return the mapping as YAML: a line for each rule and for each line of a table."""
        lines = [f"{key}: {_flow(value)}" for key, value in self.mapping.items() if key != "rules"]
        lines.append("rules:")
        self.places = {}
        for index, rule in enumerate(self.mapping["rules"]):
            self._rule((index,), rule, lines, "  - ", "")
        return "\n".join(lines) + "\n"

    def size(self) -> int:
        return len(json.dumps([self.outside, self.inside, self.mapping]))

    def _rule(self, place: Place, rule: Rule, lines: list[str], before: str, after: str) -> None:
        table = table_of(rule)
        plain = [f"{json.dumps(key)}: {_flow(value)}" for key, value in rule.items() if key != table]
        self.places[len(lines) + 1] = (place, None)
        if table is None:
            lines.append(f"{before}{{{', '.join(plain)}}}{after}")
            return
        indent = " " * (len(before) + 2)
        lines.append(f"{before}{{{', '.join([*plain, ''])}{json.dumps(table)}: [")
        for index, line in enumerate(rule[table]):
            if table == NESTED:
                self._rule((*place, index), line, lines, indent, ",")
            else:
                self.places[len(lines) + 1] = (place, index)
                lines.append(f"{indent}{_flow(line)},")
        lines.append(f"{indent}]}}{after}")


def _flow(value: Any) -> str:
    """Return a value in YAML's flow style; only names of the language and of systems stand without quotes."""
    return json.dumps(value)
