"""Fields that several rules name: what a table asks of others, and which members or words of one belong to each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from etl.mapping.equality import distinct
from etl.mapping.language.document import Document
from etl.mapping.language.parse_text_form import table_form
from etl.mapping.paths import Path, format_path
from etl.mapping.rules.conditions import Accepted, Condition, laid_part, part_key, plain
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.lines import Line
from etl.mapping.rules.table import Table
from etl.mapping.terms import Direction, Others, Side, TextForm
from etl.record import Scalar, shown

_Named: TypeAlias = tuple[Side, Path]
_Part: TypeAlias = tuple[Scalar, TextForm | None]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a table shares. asked: what others write. joint: what others write other members or words of.

    after: those others, by their identities; of several that share one field, the last,
    which comes after those before it.
    """

    asked: set[_Named]
    joint: set[_Named] = field(default_factory=set)
    after: dict[int, Table] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sharing:
    """Lets tables know which of their fields other rules write, and these what belongs to tables.

    names: of the systems. is_there: whether what a rule writes inside is always there, by the schema.
    """

    document: Document
    names: dict[Side, str]
    is_there: Callable[[Rule], bool]

    def shared(self, rules: Sequence[Rule]) -> tuple[Rule, ...]:
        """Return rules of which tables know what others write, and after how many others they come."""
        tables = [rule for rule in rules if isinstance(rule, Table)]
        first: dict[_Named, Rule] = {
            (side, path): rule
            for rule in rules
            if not isinstance(rule, Table)
            for side in Side
            for path in rule.paths(side)
        }
        for table in tables:
            self._check_values(table, first)
        found = {id(table): _Found(_targets(table) & first.keys()) for table in tables}
        owned = {named: self._beside_list(named, tables, found) for named in first if named[0] is Side.OUTSIDE}
        for named in sorted({one for table in tables for one in _targets(table) - first.keys()}, key=repr):
            several = [table for table in tables if named in _targets(table)]
            if several[1:]:
                self._between(named, several, found)
        return tuple(
            self._told(rule, found) if isinstance(rule, Table) else self._passing(rule, owned) for rule in rules
        )

    def _beside_list(self, named: _Named, tables: Sequence[Table], found: dict[int, _Found]) -> Others | None:
        """Return what of a field belongs to tables, which come after the rule that writes it; None for nothing."""
        owners = [table for table in tables if named in _targets(table) and _parts(table, named)]
        for place, table in enumerate(owners):
            self._check_parts(named, table, owners[:place])
            found[id(table)].asked.discard(named)
            found[id(table)].joint.add(named)
            found[id(table)].after.update({id(before): before for before in owners[:place][-1:]})
        parts = dict.fromkeys((part, form) for table in owners for _, part, form in _parts(table, named))
        return Others(tuple(parts), _whole(owners[0], named)) if parts else None

    def _passing(self, rule: Rule, owned: dict[_Named, Others | None]) -> Rule:
        """Return a rule that leaves the members, or words, of its fields alone that belong to tables."""
        named = {path: parts for (_, path), parts in owned.items() if parts and path in rule.paths(Side.OUTSIDE)}
        if not named or rule.only is Direction.OUTBOUND:
            return rule
        others = {path: replace(parts, is_emptied=self.is_there(rule)) for path, parts in named.items()}
        match rule:
            case Copy():
                return replace(rule, outside=tuple(replace(one, others=others.get(one.path)) for one in rule.outside))
            case Each(is_group=False):
                return replace(rule, outside=replace(rule.outside, others=others.get(rule.outside.path)))
            case _:
                message = f"{format_path(next(iter(others)))} of {self.names[Side.OUTSIDE]} is written twice"
                fix = "let a rule of its own write it beside the table that names what is in it"
                self.document.find_at(rule.where, "E120", message, fix)
                return rule

    def _told(self, table: Table, found: dict[int, _Found]) -> Table:
        """Return a table that knows what others write."""
        one, rank = found[id(table)], _rank(table, found)
        if rank is None:
            message = "this table asks of what another one writes, and that one of what this one does"
            self.document.find_at(table.where, "E120", message, "let one of them write both fields")
        if not (one.asked or one.joint):
            return table
        return replace(table, shared=frozenset(one.asked), joint=frozenset(one.joint), rank=rank or 1)

    def _check_values(self, table: Table, first: dict[_Named, Rule]) -> None:
        """Refuse values of a field that another rule writes."""
        for side, path in sorted(_targets(table) & first.keys(), key=repr):
            for line, accepted in _cells(table, side, path):
                if any(one is not None for one in plain(accepted)):
                    name = f"{format_path(path)} of {self.names[side]}"
                    there = first[side, path].where.beside(line.where, self.document.file)
                    message = f"{name} is written twice, first on {there}"
                    fix = "let one rule write it; a table may ask for $any or {not: …} of it, and take it away by null"
                    self.document.find_at(line.where, "E120", message, fix)

    def _between(self, named: _Named, several: Sequence[Table], found: dict[int, _Found]) -> None:
        """Say of a field that several tables name which one writes it, and which only ask; or who has what of it."""
        with_values = [table for table in several if _has_values(table, named)]
        with_parts = [table for table in several if _parts(table, named)]
        if with_values[1:] or (with_values and with_parts) or (with_parts[1:] and named[0] is Side.INSIDE):
            return  # two rules write it, which is refused
        writers = with_values or with_parts or several[:1]
        for place, table in enumerate(writers[1:], 1):
            self._check_parts(named, table, writers[:place])
            found[id(table)].joint.add(named)
            found[id(table)].after[id(writers[place - 1])] = writers[place - 1]
        for table in several:
            if not any(table is writer for writer in writers):
                found[id(table)].asked.add(named)
                found[id(table)].after[id(writers[-1])] = writers[-1]

    def _check_parts(self, named: _Named, table: Table, before: Sequence[Table]) -> None:
        """Refuse a member, or a word, that a table before names as well, and members that are found in other ways."""
        name = f"{format_path(named[1])} of {self.names[named[0]]}"
        if before and _whole(table, named) != _whole(before[0], named):
            there = before[0].where.beside(table.where, self.document.file)
            message = f"{name} is taken apart in another way than by the table on {there}"
            self.document.find_at(table.where, "E120", message, "let both tables say split in the same way")
            return
        known = [found for one in before for found in _parts(one, named)]
        told = set()
        for line, part, form in _parts(table, named):
            first = next((one for one, other, of in known if _is_one((part, form), (other, of))), None)
            if first is not None and distinct(part) not in told:
                told.add(distinct(part))
                message = f"{shown(part)} in {name} is written twice"
                fix = "let one table name it: what tables add to one field, and take away, differs"
                there = first.where.beside(line.where, self.document.file)
                self.document.find_at(line.where, "E120", f"{message}, first on {there}", fix)


def _targets(table: Table) -> set[_Named]:
    return {(side, one.path) for side in Side for one in table.targets(Direction.towards(side))}


def _cells(table: Table, side: Side, path: Path) -> Iterator[tuple[Line, Accepted]]:
    """Yield what the lines that write a field say of it."""
    for line in table.lines:
        if line.decides(Direction.towards(side)):
            yield from ((line, accepted) for one, accepted in line.of(side) if one.path == path)


def _has_values(table: Table, named: _Named) -> bool:
    return any(one is not None for _, accepted in _cells(table, *named) for one in plain(accepted))


def _parts(table: Table, named: _Named) -> list[tuple[Line, Scalar, TextForm | None]]:
    """Return the members, or words, that a table names, each with its line, and the form in which it stands there."""
    return [
        (line, part, one.form)
        for line, accepted in _cells(table, *named)
        for one in accepted
        if isinstance(one, Condition) and one.parts is not None
        for part in (*one.has, *one.lacks)
    ]


def _whole(table: Table, named: _Named) -> TextForm | None:
    """Return what makes a list of the text in which the members stand that a table names, as rules have that text."""
    is_whole = any(field.path == named[1] and field.converted for field in table.fields(named[0]))
    if not is_whole or table.codec is None:
        return None
    return table_form((table.codec.steps or (table.codec,))[0], None, ())


def _is_one(one: _Part, other: _Part) -> bool:
    """Return whether what stands there for one part is, by its form, the other one too."""
    pairs = ((one, other), (other, one))
    return any(part_key(laid_part(*first), form) == distinct(part) for first, (part, form) in pairs)


def _rank(table: Table, found: dict[int, _Found], below: tuple[int, ...] = ()) -> int | None:
    """Return how late a table comes, 0 where it asks nothing of others; None where tables ask each other."""
    if id(table) in below:
        return None
    one = found[id(table)]
    before = [_rank(other, found, (*below, id(table))) for other in one.after.values()]
    if any(rank is None for rank in before):
        return None
    return 1 + max((rank or 0 for rank in before), default=0) if before or one.asked or one.joint else 0
