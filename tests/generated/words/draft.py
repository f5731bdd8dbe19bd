"""A mapping being made: fields of both schemas, and rules over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from tests.generated.builder import Builder, nullable
from tests.generated.case import SIDES
from tests.generated.schemas import Schema
from tests.generated.validator import Validator
from tests.generated.values import MISSING, Path, path_text
from tests.generated.words.scene import Spec


@dataclass
class Draft:
    """A mapping being made, or the rules for the elements of one of its lists."""

    rng: Random
    names: dict[str, str]
    specs: dict[str, Spec]
    builders: dict[str, Builder]
    rules: list[dict[str, Any]] = field(default_factory=list)
    element: bool = False
    group: bool = False
    """Whether the rules are for one object."""
    looks_back: bool = True
    """Whether rules may ask of what was there last: what elements of a list were, nobody knows."""
    counter: list[int] = field(default_factory=lambda: [0])

    def below(self, builders: dict[str, Builder], *, group: bool = False, looks_back: bool = False) -> Draft:
        """Return the beginning of the rules for the elements of a list, or for one object."""
        made = replace(self, builders=builders, rules=[], element=True, group=group, looks_back=looks_back)
        made.counter = self.counter
        return made

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def fresh(self, side: str, *, listed: bool = True) -> Path:
        """Return a path of a side that no rule has yet: a field, one of an object, or one of a list's first element."""
        self.counter[0] += 1
        name = f"{side[0]}{self.counter[0]}"
        form = self.rng.random()
        if form < 0.72:
            return (name,)
        if form < 0.78 and side == "outside":
            return (f"x:{name}",)
        if form < 0.95 or self.element or not listed:
            return (self.rng.choice(["asset", "site"]), name)
        return ("contacts", 0, name)

    def rule(self, raw: dict[str, Any]) -> None:
        self.rules.append(raw)

    def put(self, side: str, schema: Schema, *, required: bool, path: Path | None = None) -> Path:
        path = path or self.fresh(side)
        self.builders[side].put(path, schema, required=required)
        return path

    def presence(self) -> tuple[dict[str, bool], dict[str, bool]]:
        """Return where a value is required, and where it may be null: mostly so that the two fit."""
        form = self.rng.random()
        if form < 0.5:
            return dict.fromkeys(SIDES, True), dict.fromkeys(SIDES, False)
        nulls = {side: self.chance(0.4) for side in SIDES}
        if form < (0.98 if self.group else 0.9):
            return dict.fromkeys(SIDES, False), nulls
        return {side: self.chance(0.5) for side in SIDES}, nulls

    def options(
        self, schemas: dict[str, Schema], required: dict[str, bool], likely: Mapping[str, Sequence[Any]] | None = None
    ) -> dict[str, Any]:
        """Return `nulls` and `when_absent` of a rule, and make its schemas accept what they write; mostly.

        likely: by side, values that the field has, to mean absent all the same.
        """
        found: dict[str, dict[str, Any]] = {"nulls": {}, "when_absent": {}}
        for side in SIDES:
            name = self.names[side]
            if self.chance(0.1):
                usual = [["N/A"], ["", "N/A"], [0], ["0", 0, False]]
                found["nulls"][name] = self.rng.choice([*usual, *([item] for item in (likely or {}).get(side, ()))])
            written = self.specs[side].when_absent
            if self.chance(0.12):
                written = self.rng.choice([None, "", 0, False, MISSING])
                found["when_absent"][name] = "omit" if written is MISSING else written
            always = all(required.values()) and not self.group
            if written is MISSING or always or not self.chance(0.92):
                continue
            if written is None:
                schemas[side] = nullable(self.rng, schemas[side])
            elif not Validator(schemas[side], side).accepts(written):
                found["when_absent"][name] = "omit"
        return {word: words for word, words in found.items() if words}

    def pair(
        self, outside: Schema, inside: Schema, likely: Mapping[str, Sequence[Any]] | None = None
    ) -> dict[str, Any]:
        """Describe a field of each side, and return the beginning of a rule of the two."""
        required, nulls = self.presence()
        schemas = {"outside": outside, "inside": inside}
        for side in SIDES:
            if nulls[side]:
                schemas[side] = nullable(self.rng, schemas[side])
        options = self.options(schemas, required, likely)
        return {**self.lay(schemas, required), **options}

    def lay(self, schemas: dict[str, Schema], required: dict[str, bool]) -> dict[str, Any]:
        """Put a field into each schema; return the two paths by the names of the systems."""
        return {self.names[side]: path_text(self.put(side, schemas[side], required=required[side])) for side in SIDES}
