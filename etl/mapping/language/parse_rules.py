"""The entries of `rules:` become typed rules; what is wrong becomes findings, all of them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from etl.mapping.codecs import DATE, Codec
from etl.mapping.expressions.expression import ExpressionError, plain_path
from etl.mapping.language.document import Place
from etl.mapping.language.parse_codecs import with_defaults
from etl.mapping.language.parse_fields import FieldParser, did_you_mean, parse_lossy
from etl.mapping.language.parse_groups import filled, is_group, part_of
from etl.mapping.language.parse_tables import TableParser
from etl.mapping.language.parse_text_form import forms_read, lossy_of, read_in_form
from etl.mapping.language.said_words import with_said
from etl.mapping.language.sharing import Sharing
from etl.mapping.language.ways import Ways
from etl.mapping.language.words import ASSIGNED, KINDS, MATCH, MODIFIERS, NAMES_TAKEN, RULE
from etl.mapping.paths import Path
from etl.mapping.rules.computed import Computed, Source, parse_source
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import Each
from etl.mapping.rules.first import First, taking
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.table import Table
from etl.mapping.terms import Direction, Field, Side, When
from etl.record import ABSENT

_TOP: Final = 2
"""The steps to a rule that stands in no list."""


class RuleParser(FieldParser):
    """Parses rules against two systems, adding findings to the document."""

    @property
    def ways(self) -> Ways:
        """What knows in which direction fields outside let a rule go."""
        return Ways(self.document, self.systems[Side.OUTSIDE].name, self.use)

    def rules(self, entries: list[Any], place: Place) -> tuple[Rule, ...]:
        """Parse a list of rules."""
        parsed = (self.rule(entry, (*place, index)) for index, entry in enumerate(entries))
        names = {side: self.systems[side].name for side in Side}
        return Sharing(self.document, names, self._is_there).shared([rule for rule in parsed if rule is not None])

    def _is_there(self, rule: Rule) -> bool:
        """Return whether what a rule writes inside is always there, by the schema."""
        return all(self.said(Side.INSIDE, path).always for path in rule.paths(Side.INSIDE))

    def rule(self, entry: dict[str, Any], place: Place) -> Rule | None:
        """Parse one rule; None, with a finding, where it is none."""
        defaults = self.codecs.defaults(entry.get("as"))
        named = entry["as"] if "lossy" in defaults and "lossy" not in entry else ""
        said, entry = entry, with_defaults(entry, defaults)
        kinds = [word for word in KINDS if word in entry]
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
        form, fields = self.systems[Side.OUTSIDE].form, (*rule.fields(Side.OUTSIDE), *rule.passes(Direction.INBOUND))
        lossy = lossy_of(parse_lossy(entry.get("lossy"), named), form, rule.codec, fields)
        rule = replace(with_said(rule, said, self.nulls), lossy=lossy, wins=wins, way=self.ways.way(rule))
        if isinstance(rule, Each) and rule.way is not None:
            rule = replace(rule, rules=self.ways.of_elements(rule))
        rule = replace(rule, once=self._once(rule, entry, place), sent=self._when(rule, entry, place))
        if "wins" in entry:
            self._check_wins(rule, place)
        return rule

    def _check_wins(self, rule: Rule, place: Place) -> None:
        """Refuse `wins:` in a rule whose values are never in conflict."""
        if len(place) > _TOP:
            message, fix = "inside each", "write it in the rule of the list, which is one value"
        elif rule.key:
            message, fix = "with key: true", "remove it: a record with another key is another record"
        elif rule.once:
            message, fix = "with write: once", "remove it: what is there already is not written again"
        elif not rule.written(Side.INSIDE):
            message, fix = "with a rule that writes outside only", "remove it: a file is written whole"
        else:
            return
        self.document.find((*place, "wins"), "E193", f"wins does not go {message}", fix, key=True)

    def _parse(self, kind: str, entry: dict[str, Any], place: Place) -> Rule | None:
        match kind:
            case "from":
                return self._computed(entry, place)
            case "flags" | "values" | "cases":
                return self._table(kind, entry, place)
            case "each":
                return self._each(entry, place)
            case _:
                return self._copy(entry, place)

    def _table(self, kind: str, entry: dict[str, Any], place: Place) -> Table | None:
        codec = self.codec(entry, place)
        if codec is not None and (codec.parts > 1 or DATE in (codec.makes, codec.items)):
            what = f"joins {codec.parts} fields" if codec.parts > 1 else "makes dates"
            message = f"codec {codec.name} {what}, and as of a table is for each of its outside fields"
            self.document.find((*place, "as"), "E114", message, "name one that makes a plain value of one field")
            return None
        if codec is None and "as" in entry:
            return None  # said already
        parser = copy.copy(self)
        parser.converts = codec
        table = TableParser(parser).table(kind, entry, place)
        return table and replace(table, codec=codec)

    def _words_fit(self, entry: dict[str, Any], kind: str, place: Place) -> bool:
        allowed = {kind, "lossy", "wins", *KINDS[kind], *MODIFIERS, *self.sides}
        wrong = [word for word in entry if word not in allowed]
        for word in wrong:
            if word in RULE:
                message, fix = f"{word} does not go with {'two names' if kind == 'copy' else kind}", f"remove {word}"
            else:
                message, fix = f"unknown key {word}", did_you_mean(word, {*RULE, *self.sides})
            self.document.find((*place, word), "E010", message, fix, key=True)
        return not wrong

    def _names_fit(self, entry: dict[str, Any], kind: str, place: Place) -> bool:
        named = [name for name in self.sides if name in entry]
        wanted = NAMES_TAKEN.get(kind, 2)
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
        inside, said = self.one_field(Side.INSIDE, entry, place), entry[outside_name]
        outside = self._outside(said, entry, place)
        is_first = isinstance(said, dict)
        if not isinstance(said, str) and entry.get("key"):
            self.document.find((*place, "key"), "E140", "a key is one field of each system", "make one rule per field")
            return None
        codec = self.codec(entry, place)
        if codec is not None and codec.members and len(outside) == 1 and not is_first:
            outside = [one and replace(one, path=(*one.path, name)) for one in outside for name in codec.members]
        count = 1 if is_first else len(outside)
        named = [field.path for field in outside[:count] if field is not None]
        every = [field.path for field in outside if field is not None]
        whole = self._in_form(codec, every, is_key=bool(entry.get("key")))
        codec = self.fitted(whole or codec, entry, named, None if inside is None else inside.path, place)
        if (codec.parts if codec else 1) != count and not (codec is None and "as" in entry):
            name = f"codec {codec.name} joins {codec.parts}" if codec else "a rule without a codec takes 1"
            fix = 'name a codec that joins them, such as as: {datetime: {format: ["%Y-%m-%d", "%H:%M"]}}'
            self.document.find((*place, outside_name), "E101", f"{name}, here are {count} fields", fix)
            return None
        if inside is None or any(field is None for field in outside):
            return None
        is_blank, by_codec = codec is not None and codec.blank, whole is not None
        fields = tuple(
            replace(one, blank=is_blank or one.blank, by_codec=by_codec) for one in outside if one is not None
        )
        codec = codec if codec is None or by_codec else read_in_form(codec, fields)
        where = self.document.position(place)
        if is_first:
            schema = self.schemas.get(Side.OUTSIDE)
            return self._keyed(First(where, fields, inside, codec, takes=taking(schema)), entry, place)
        return self._keyed(Copy(where, fields, inside, codec), entry, place)

    def _keyed(self, rule: Copy, entry: dict[str, Any], place: Place) -> Copy | None:
        """Return a rule that knows what it has to do with which record is which."""
        said = entry.get("key", False)
        if said not in (ASSIGNED, MATCH):
            return replace(rule, key=bool(said))
        if len(place) > _TOP:
            fix = "write key: true: an element has its key wherever it is made"
            self.document.find((*place, "key"), "E140", f"key: {said} does not go inside each", fix, key=True)
            return None
        if said == MATCH:
            return replace(rule, match=True)
        # what has no key yet is sent without one, not with what else is written for an absent value
        fields = tuple(replace(field, when_absent=ABSENT, stand_in=()) for field in rule.outside)
        return replace(rule, outside=fields, key=True, assigned=True)

    def _outside(self, paths: Any, entry: dict[str, Any], place: Place) -> list[Field | None]:
        """Return the outside fields of a rule: one, several that a codec joins, or the first of which is taken."""
        at = (*place, self.systems[Side.OUTSIDE].name)
        if isinstance(paths, dict):
            paths, at = paths["first"], (*at, "first")
        if not isinstance(paths, list):
            return [self.field(Side.OUTSIDE, paths, at, entry)]
        return [self.field(Side.OUTSIDE, text, (*at, index), entry) for index, text in enumerate(paths)]

    def _computed(self, entry: dict[str, Any], place: Place) -> Computed | None:
        side = self.named_side(entry)
        target = self.one_field(side, entry, place)
        path = None if target is None else target.path
        outside = [path] if path is not None and side is Side.OUTSIDE else []
        codec = self.codec(entry, place)
        read = plain_path(entry["from"]) if isinstance(entry["from"], str) else None
        ends = [] if read is None else outside if side is Side.OUTSIDE else [read]
        whole = self._in_form(codec, ends)
        codec = self.fitted(whole or codec, entry, outside, path if side is Side.INSIDE else None, place)
        blank = codec is not None and codec.blank and side is Side.INSIDE
        source = self._source(entry, place, Field((), blank=blank, by_codec=whole is not None))
        if target is None or source is None:
            return None
        target = replace(target, by_codec=whole is not None and side is Side.OUTSIDE)
        return Computed(self.document.position(place), side, target, source, codec)

    def _in_form(self, codec: Codec | None, outside: list[Path], *, is_key: bool = False) -> Codec | None:
        """Return the codec of a rule with what the outside says of its texts; None where that is no part of it."""
        form = self.systems[Side.OUTSIDE].form
        return None if form is None else form.joined(codec, self.said_of(outside), is_key=is_key)

    def _source(self, entry: dict[str, Any], place: Place, means: Field) -> Source | None:
        at, said = (*place, "from"), entry["from"]
        text = said if isinstance(said, str) else f"`{json.dumps(said, ensure_ascii=False)}`"
        side = self.named_side(entry).other
        try:
            path, where = plain_path(text), self.document.position(at)
            nulls = (self.listed_nulls if path is None else self.nulls)(side, entry)
            formed = self.formed(side, replace(means, path=path or (), nulls=nulls, where=where))
            means = replace(means, nulls=nulls, blank=means.blank or (path is not None and formed.blank))
            forms = forms_read(self.systems[side].form, text, lambda one: self.formed(side, Field(one)).form)
            return parse_source(text, where, replace(means, form=formed.form), forms)
        except ExpressionError as error:
            self.document.find(at, "E113", f"not a usable JMESPath expression: {error}", error.fix)
            return None

    def _each(self, entry: dict[str, Any], place: Place) -> Each | None:
        outside, inside = (self.one_field(side, entry, place) for side in self.systems)
        if outside is None or inside is None:
            return None
        if (form := self.systems[Side.OUTSIDE].form) is not None:
            outside = form.holding(outside)
        each = Each(self.document.position(place), outside, inside, ())
        each = replace(each, is_group=is_group(self.schemas, each))
        below = self._below(each)
        rules = below.rules(entry["each"], (*place, "each"))
        for index, rule in enumerate(entry["each"]):
            if "write" in rule:
                at = (*place, "each", index, "write")
                self.document.find(at, "E101", "write does not go inside each", "remove write", key=True)
        for rule in rules:
            if rule.key and not all(isinstance(step, str) for step in self._steps(rule)):
                fix = "name a field of the element itself"
                self.document.find_at(rule.where, "E140", "a key is one field of an element", fix)
        return replace(each, rules=rules, fills=() if each.is_group else filled(below.schemas, each))

    @staticmethod
    def _steps(rule: Rule) -> Iterable[object]:
        paths = [path for side in Side for path in rule.paths(side)]
        return [step for path in paths for step in (path or (0,))]

    def _below(self, each: Each) -> RuleParser:
        """Return what parses the rules for the elements of two lists, or for the fields of a group."""
        below = copy.copy(self)
        below.above = (*self.above, *each.element(Side.OUTSIDE))
        below.schemas = {side: schema for side in Side if (schema := part_of(self.schemas, each, side)) is not None}
        return below

    def _once(self, rule: Rule, entry: dict[str, Any], place: Place) -> bool:
        said = entry.get("write")
        is_inside = isinstance(said, str) or (said is not None and self.systems[Side.INSIDE].name in said)
        if is_inside and not rule.written(Side.INSIDE):
            name = self.systems[Side.OUTSIDE].name
            message, fix = "write: once is for the inside system", f"write: {{{name}: once}} for what is sent once"
            self.document.find((*place, "write"), "E101", message, fix, key=True)
        return is_inside

    def _when(self, rule: Rule, entry: dict[str, Any], place: Place) -> When:
        """Return when a rule is sent. Keys and constants always are, unless a rule says that it is sent once."""
        said, name = entry.get("write"), self.systems[Side.OUTSIDE].name
        self.check_systems(said, (*place, "write"))
        is_once = isinstance(said, dict) and name in said
        word = "write" if is_once else "send"
        if (is_once or "send" in entry) and not rule.goes(Direction.OUTBOUND):
            message, fix = f"{word} does not go with a rule that sends nothing", f"remove {word}"
            self.document.find((*place, word), "E101", message, fix, key=True)
        if is_once:
            return When.CREATION
        is_constant = isinstance(rule, Computed) and not rule.source.names
        default = self.document.value["outside"].get("send", When.ALWAYS.value)
        if rule.key or is_constant or (len(place) > _TOP) or not rule.goes(Direction.OUTBOUND):
            return When.ALWAYS
        return When(entry.get("send", default))
