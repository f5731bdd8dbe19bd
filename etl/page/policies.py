"""The policies of a mapping in words: who wins a conflict, what is sent back, what counts as deleted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import assert_never

from etl.mapping.model import Drift, Mapping, Newest
from etl.mapping.paths import format_path
from etl.mapping.rules.conditions import Pattern, accepted_text
from etl.mapping.rules.selection import named
from etl.mapping.terms import Keep, OnDrift, Winner
from etl.page.model import Block, Code, Inline, Paragraph, Row, Table
from etl.page.values import literal, matches
from etl.page.words import Placed, converted, label


def conflict_policies(mapping: Mapping, rules: Iterable[Placed]) -> tuple[Block, ...]:
    """Return who wins a conflict, then the rules in which somebody else does."""
    conflicts = mapping.conflicts
    own = [(placed, placed.rule.wins) for placed in rules if placed.rule.wins not in {None, conflicts.wins}]
    said: Inline = (f"Where both systems changed a value, {_who(mapping, conflicts.wins)}.",)
    if conflicts.newest and Winner.NEWEST in {conflicts.wins, *(wins for _, wins in own)}:
        said = (*said, *_newest(mapping, conflicts.newest))
    rows = tuple(Row((label(placed), (_who(mapping, wins),))) for placed, wins in own if wins)
    return (Paragraph(said), Table((("rule",), ("in a conflict",)), rows)) if rows else (Paragraph(said),)


def _who(mapping: Mapping, winner: Winner) -> str:
    match winner:
        case Winner.OUTSIDE:
            return f"{mapping.outside.name} wins"
        case Winner.INSIDE:
            return f"{mapping.inside.name} wins"
        case Winner.NEWEST:
            return "the newest wins"
        case Winner.REVIEW:
            return "a person decides"
        case _:
            assert_never(winner)


def _newest(mapping: Mapping, newest: Newest) -> Inline:
    seconds = newest.tolerance / timedelta(seconds=1)
    unless = f"are within {seconds:g} second{'' if seconds == 1 else 's'}" if seconds else "are equal"
    return (
        " The newest is the one whose record has the later date: ",
        Code(format_path(newest.outside.path)),
        f" of {mapping.outside.name}, ",
        Code(format_path(newest.inside.path)),
        f" of {mapping.inside.name}. Where the two {unless}, or one is absent, a person decides.",
    )


def no_echo(mapping: Mapping) -> Iterator[Inline]:
    """Yield what is not sent back, if the mapping says so."""
    if not mapping.echo:
        yield (f"What {mapping.outside.name} has already, as this mapping writes it, is not sent back to it.",)


def text_form(mapping: Mapping) -> Iterator[Inline]:
    """Yield the form of the texts of the outside, if the mapping says so."""
    if mapping.text_form is not None:
        first = f"Every text of {mapping.outside.name} is read and written so, before and after what its rule says: "
        yield (first, *converted(mapping.text_form, mapping), ".")


def kept(mapping: Mapping) -> Iterator[Inline]:
    """Yield what goes back as it came, if the mapping says so."""
    if mapping.keep is not Keep.NOTHING:
        outside, inside = mapping.outside.name, mapping.inside.name
        rest = ", with all the fields that no rule writes" if mapping.keep is Keep.WHOLE else ""
        yield (f"A value goes back to {outside} in the form in which it came, while {inside} has what it means{rest}.",)


def drift(mapping: Mapping) -> Iterator[Inline]:
    """Yield what becomes of fields that vanish, if the mapping says so."""
    policy, usual = mapping.drift, Drift()
    if policy == usual:
        return
    said = {
        OnDrift.STOP: "the run stops before it writes",
        OnDrift.WARN: "a run says so, and goes on",
        OnDrift.IGNORE: "nobody looks for them",
    }[policy.then]
    share = "" if policy.share == usual.share else f" for more than {float(policy.share):.0%} of the work orders"
    yield (f"Where fields vanish{share} from what {mapping.outside.name} delivers, {said}.",)


def selection(mapping: Mapping) -> Iterator[Inline]:
    """Yield which outside records are imported, if the mapping says so."""
    if mapping.import_when:
        said = _asked(mapping.import_when)
        yield (f"A record of {mapping.outside.name} is imported only while ", *said, "; any other one is skipped.")
    if mapping.tombstone is not None:
        said = _asked(mapping.tombstone.asked)
        yield (f"A record of {mapping.outside.name} says that there is none any more where ", *said, ".")


def _asked(pattern: Pattern) -> Inline:
    asked = [(Code(named(field)), accepted_text(accepted)) for field, accepted in pattern]
    return tuple(piece for name, text in asked for piece in (" and ", name, f" is {text}"))[1:]


def scope(mapping: Mapping) -> Iterator[Inline]:
    """Yield which documents of the collection are this mapping's, if it says so."""
    if mapping.mongodb.scope:
        values = [(Code(format_path((name,))), literal(value)) for name, value in mapping.mongodb.scope.items()]
        said = tuple(piece for name, value in values for piece in (" and ", name, " is ", value))[1:]
        yield ("Of the documents of the collection only those are meant in which ", *said, ".")


def deletion(mapping: Mapping) -> Iterator[Inline]:
    """Yield which records count as deleted, if the mapping says so."""
    if mapping.deleted_when:
        said = matches(mapping.deleted_when, format_path)
        yield (f"A record of {mapping.inside.name} counts as deleted where ", *said, ".")
