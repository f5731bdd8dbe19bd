"""The entries of `rules:` become typed rules; what is wrong becomes findings, all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from etl.mapping.expressions.expression import ExpressionError, compile_expression, names_read
from etl.mapping.fields import is_key, is_once, written_paths
from etl.mapping.language.document import Place
from etl.mapping.language.parse_fields import MODIFIERS, FieldParser, accepted, did_you_mean
from etl.mapping.model import Case, Cases, Copy, Derive, Each, Flags, Pair, Rule, Values
from etl.mapping.terms import Field, Side
from etl.record import ABSENT, Scalar, shown

_KINDS: Final[dict[str, set[str]]] = {
    "from": {"as", "write"},
    "flags": {"otherwise"},
    "values": {"otherwise", "write"},
    "cases": {"otherwise"},
    "each": set(),
    "copy": {"as", "key", "write"},
}
RULE_WORDS: Final = frozenset(_KINDS) - {"copy"} | MODIFIERS | {"as", "key", "write", "otherwise"} | {"lossy", "wins"}

_TOP: Final = 2
"""The steps to a rule that stands in no list."""


class RuleParser(FieldParser):
    """Parses rules against two systems, adding findings to the document."""

    def rules(self, entries: list[Any], place: Place) -> tuple[Rule, ...]:
        """Parse a list of rules."""
        parsed = (self.rule(entry, (*place, index)) for index, entry in enumerate(entries))
        return tuple(rule for rule in parsed if rule is not None)

    def rule(self, entry: dict[str, Any], place: Place) -> Rule | None:
        """Parse one rule; None, with a finding, where it is none."""
        kinds = [word for word in _KINDS if word in entry]
        if len(kinds) > 1:
            fix = "make two rules of it"
            self.document.find((*place, kinds[1]), "E101", f"{kinds[1]} does not go with {kinds[0]}", fix, key=True)
            return None
        kind = kinds[0] if kinds else "copy"
        if not self._words_fit(entry, kind, place) or not self._names_fit(entry, kind, place):
            return None
        for word in MODIFIERS:
            self.check_systems(entry.get(word), (*place, word))
        wins = self.winner(entry, place)
        rule = self._parse(kind, entry, place)
        if rule is None:
            return None
        if "wins" in entry:
            self._check_wins(rule, place)
        return replace(rule, lossy=entry.get("lossy"), wins=wins)

    def _check_wins(self, rule: Rule, place: Place) -> None:
        """Refuse `wins:` in a rule whose values are never in conflict."""
        if len(place) > _TOP:
            message, fix = "inside each", "write it in the rule of the list, which is one value"
        elif is_key(rule):
            message, fix = "with key: true", "remove it: a record with another key is another record"
        elif is_once(rule):
            message, fix = "with write: once", "remove it: what is there already is not written again"
        elif not written_paths(rule, Side.INSIDE):
            message, fix = "with a rule that writes outside only", "remove it: a file is written whole"
        else:
            return
        self.document.find((*place, "wins"), "E193", f"wins does not go {message}", fix, key=True)

    def _parse(self, kind: str, entry: dict[str, Any], place: Place) -> Rule | None:
        match kind:
            case "from":
                return self._derive(entry, place)
            case "flags":
                return self._flags(entry, place)
            case "values":
                return self._values(entry, place)
            case "cases":
                return self._cases(entry, place)
            case "each":
                return self._each(entry, place)
            case _:
                return self._copy(entry, place)

    def _words_fit(self, entry: dict[str, Any], kind: str, place: Place) -> bool:
        allowed = {kind, "lossy", "wins"} | _KINDS[kind] | MODIFIERS | set(self.sides)
        wrong = [word for word in entry if word not in allowed]
        for word in wrong:
            if word in RULE_WORDS:
                message, fix = f"{word} does not go with {'two names' if kind == 'copy' else kind}", f"remove {word}"
            else:
                message, fix = f"unknown key {word}", did_you_mean(word, RULE_WORDS | set(self.sides))
            self.document.find((*place, word), "E010", message, fix, key=True)
        return not wrong

    def _names_fit(self, entry: dict[str, Any], kind: str, place: Place) -> bool:
        named = [name for name in self.sides if name in entry]
        wanted = {"from": 1, "flags": 1, "cases": 0}.get(kind, 2)
        if len(named) == wanted:
            return True
        outside, inside = self.sides
        fix = {
            0: "name paths inside the cases only",
            1: f"name the path of {outside} or of {inside}",
            2: f"name the paths of {outside} and {inside}, or one of them and from:",
        }[wanted]
        what = kind if kind != "copy" else "this rule"
        self.document.find(place, "E101", f"{what} takes {wanted} system names, here are {len(named)}", fix)
        return False

    def _copy(self, entry: dict[str, Any], place: Place) -> Copy | None:
        outside_name = self.systems[Side.OUTSIDE].name
        codec = self.codec(entry, place)
        paths = entry[outside_name]
        several = isinstance(paths, list)
        places = [(*place, outside_name, i) for i in range(len(paths))] if several else [(*place, outside_name)]
        outside = [
            self.field(Side.OUTSIDE, text, at, entry)
            for text, at in zip(paths if several else [paths], places, strict=True)
        ]
        inside = self.one_field(Side.INSIDE, entry, place)
        if several and entry.get("key"):
            self.document.find((*place, "key"), "E140", "a key is one field of each system", "make one rule per field")
            return None
        if (codec.parts if codec else 1) != len(outside) and not (codec is None and "as" in entry):
            name = f"codec {codec.name} joins {codec.parts}" if codec else "a rule without a codec takes 1"
            fix = 'name a codec that joins them, such as as: {datetime: {format: ["%Y-%m-%d", "%H:%M"]}}'
            self.document.find((*place, outside_name), "E101", f"{name}, here are {len(outside)} fields", fix)
            return None
        if inside is None or any(field is None for field in outside):
            return None
        fields = tuple(field for field in outside if field is not None)
        where = self.document.position(place)
        return Copy(where, fields, inside, codec, bool(entry.get("key")), self._once(entry, Side.INSIDE, place))

    def _derive(self, entry: dict[str, Any], place: Place) -> Derive | None:
        side = self._named_side(entry)
        target = self.one_field(side, entry, place)
        codec = self.codec(entry, place)
        try:
            compute = compile_expression(entry["from"])
        except ExpressionError as error:
            self.document.find(
                (*place, "from"), "E113", f"not a usable JMESPath expression: {error}", "see https://jmespath.org"
            )
            return None
        if target is None:
            return None
        once = self._once(entry, side, place)
        text = entry["from"]
        where, source_where = self.document.position(place), self.document.position((*place, "from"))
        return Derive(where, side, target, text, source_where, names_read(text), compute, codec, once)

    def _flags(self, entry: dict[str, Any], place: Place) -> Flags | None:
        side = self._named_side(entry)
        value = self.one_field(side, entry, place)
        flags: list[tuple[Field, Scalar]] = []
        for index, line in enumerate(entry["flags"]):
            at = (*place, "flags", index)
            if not self._both_named(line, at):
                continue
            name = self.systems[side.other].name
            flag = self.field(side.other, line[name], (*at, name), entry)
            if flag is not None:
                flags.append((flag, line[self.systems[side].name]))
        otherwise = entry.get("otherwise", ABSENT)
        if isinstance(otherwise, dict):
            self.document.find((*place, "otherwise"), "E011", "otherwise of flags is a value", "write otherwise: VALUE")
            return None
        return Flags(self.document.position(place), side, value, tuple(flags), otherwise) if value else None

    def _values(self, entry: dict[str, Any], place: Place) -> Values | None:
        outside, inside = (self.one_field(side, entry, place) for side in self.systems)
        one, other = self.sides
        pairs = tuple(
            Pair(accepted(line[one]), accepted(line[other]), self.document.position((*place, "values", index)))
            for index, line in enumerate(entry["values"])
            if self._both_named(line, (*place, "values", index))
        )
        otherwise = {
            side: value for side, value in self._otherwise(entry, place).items() if self._is_scalar(value, place)
        }
        if outside is None or inside is None:
            return None
        where, once = self.document.position(place), self._once(entry, Side.INSIDE, place)
        return Values(where, outside, inside, pairs, otherwise, once)

    def _cases(self, entry: dict[str, Any], place: Place) -> Cases | None:
        cases = []
        for index, line in enumerate(entry["cases"]):
            at = (*place, "cases", index)
            if self._both_named(line, at):
                one, other = (self.pattern(side, line[name], (*at, name), entry) for name, side in self.sides.items())
                cases.append(Case(one, other, self.document.position(at)))
        otherwise = {
            side: self.pattern(side, value, (*place, "otherwise", self.systems[side].name), entry)
            for side, value in self._otherwise(entry, place).items()
        }
        return Cases(self.document.position(place), tuple(cases), otherwise)

    def _each(self, entry: dict[str, Any], place: Place) -> Each | None:
        outside, inside = (self.one_field(side, entry, place) for side in self.systems)
        rules = self.rules(entry["each"], (*place, "each"))
        for index, rule in enumerate(entry["each"]):
            for word in ("key", "write"):
                if word in rule:
                    at = (*place, "each", index, word)
                    self.document.find(at, "E101", f"{word} does not go inside each", f"remove {word}", key=True)
        if outside is None or inside is None:
            return None
        return Each(self.document.position(place), outside, inside, rules)

    def _named_side(self, entry: dict[str, Any]) -> Side:
        return next(side for name, side in self.sides.items() if name in entry)

    def _both_named(self, line: dict[str, Any], place: Place) -> bool:
        self.check_systems(line, place)
        return set(line) == set(self.sides)

    def _otherwise(self, entry: dict[str, Any], place: Place) -> dict[Side, Any]:
        value = entry.get("otherwise", {})
        at = (*place, "otherwise")
        if not isinstance(value, dict):
            self.document.find(
                at, "E011", "otherwise of a table is by system", f"write otherwise: {{{list(self.sides)[1]}: …}}"
            )
            return {}
        self.check_systems(value, at)
        return {self.sides[name]: item for name, item in value.items() if name in self.sides}

    def _is_scalar(self, value: Any, place: Place) -> bool:
        if isinstance(value, dict | list):
            self.document.find(
                (*place, "otherwise"), "E011", f"expected a value, found {shown(value)}", "write one value"
            )
            return False
        return True

    def _once(self, entry: dict[str, Any], side: Side, place: Place) -> bool:
        if "write" in entry and side is Side.OUTSIDE:
            fix = "remove it: a file is written whole"
            self.document.find((*place, "write"), "E101", "write: once is for the inside system", fix, key=True)
        return "write" in entry
