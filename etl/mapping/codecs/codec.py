"""What a codec is, and what it says of itself: checks, pages, messages, generated records and tests ask it here.

`decode` makes the inside form of an outside value, `encode` the outside form of an inside one. Both are strict: what
they do not understand raises CodecError and is never guessed. Inside, an instant is an aware UTC `datetime` with whole
milliseconds, since that is what BSON keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from etl.mapping.codecs.said import Said
from etl.mapping.equality import same
from etl.mapping.terms import Side
from etl.record import ABSENT, shown

DATE: Final = "date"
"""The form that is no type of JSON: inside, an instant is a date of BSON."""

TEXT: Final = frozenset({"string"})
INTEGER: Final = frozenset({"integer"})
NUMBER: Final = frozenset({"integer", "number"})


class CodecError(ValueError):
    """A value that a codec does not understand, or options that it does not take. fix: what options would be right."""

    def __init__(self, message: str, fix: str = "name a codec with options that it takes") -> None:
        super().__init__(message)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that a value comes back without.

    side: whose value. Outside it is a loss of form: the inside value stays what it was. Inside it is one of meaning:
    two inside values are written alike. what: words after "comes back without". types: the outside types whose values
    can have it, None for all that the codec reads. free: only text that people write has it; beside a codec that makes
    numbers, dates or truth values it is no loss. unless: it is certain of a field that no value of it has it.
    """

    side: Side
    what: str
    types: frozenset[str] | None = None
    free: bool = False
    unless: Callable[[Said], bool] = lambda _: False


@dataclass(frozen=True, slots=True)
class Form:
    """The types of JSON that a codec reads and writes in one outside field."""

    reads: frozenset[str] = TEXT
    writes: frozenset[str] = TEXT

    def reads_any(self, types: frozenset[str]) -> bool:
        """Return whether it understands values of one of these types."""
        return not self.reads.isdisjoint(types) or ("number" in types and "integer" in self.reads)


@dataclass(frozen=True, slots=True)
class Fields:
    """What schemas say of the fields between which a codec stands."""

    outside: tuple[Said, ...] = (Said(),)
    inside: Said = field(default_factory=Said)


@dataclass(frozen=True, slots=True)
class Codec:
    """One codec with its options applied, or several that are composed.

    makes: the form inside, a type of JSON or DATE. items: of a list, the form of its elements. reads, writes: the types
    of JSON that it takes and writes outside.
    schema_format: the `format` by which a JSON Schema describes the same text, if any.
    parts: how many outside values it joins into one; with more than one, `decode` takes and `encode` returns a list.
    forms: of those, the types of each, where they are not the same for all. missing: what each of them means where it
    is absent and others are not, None where it has to be there. members: of an object, the names of those values.
    fit: the same codec for fields of which a schema says more, where that makes a difference.
    losses: what does not come back. one_to_one: one outside value for each inside value and neither a date, so that it
    is fit for a key. hard: makes inside values that it may refuse to write. alike: makes of an outside value others
    that it may read as the same, or write as it. plain: of several inside values of one meaning the one that it makes.
    every: all outside values that it reads, () where they are not few.
    blank: text of nothing but blanks is no value outside. name, words, options: as its kind and the mapping have them.
    steps: of a composition, the codecs from the outside inwards. title: what the mapping calls it, if it has a name.
    """

    decode: Callable[[Any], Any]
    encode: Callable[[Any], Any]
    makes: str = DATE
    reads: frozenset[str] = TEXT
    writes: frozenset[str] = TEXT
    schema_format: str = ""
    parts: int = 1
    forms: tuple[Form, ...] = ()
    missing: tuple[Any, ...] = ()
    members: tuple[str, ...] = ()
    fit: Callable[[Fields], Codec] | None = None
    losses: tuple[Loss, ...] = ()
    hard: Callable[[], Sequence[Any]] = tuple
    alike: Callable[[Any], Sequence[Any]] = lambda _: ()
    plain: Callable[[Any], Any] = lambda value: value
    items: str = ""
    every: tuple[Any, ...] = ()
    blank: bool = False
    one_to_one: bool = False
    name: str = ""
    words: str = ""
    options: Table[str, Any] = field(default_factory=dict, compare=False)
    steps: tuple[Codec, ...] = ()
    title: str = ""

    @property
    def makes_date(self) -> bool:
        """Whether the inside form is a date."""
        return self.makes == DATE

    def form(self, index: int) -> Form:
        """Return the types of one of the outside fields."""
        return self.forms[index] if self.forms else Form(self.reads, self.writes)

    def fitted(self, fields: Fields) -> Codec:
        """Return the codec for fields of which a schema says something.

        Raises:
            CodecError: when it does not go with them.

        """
        if self.fit is None:
            return self._losing(fields)
        made = self.fit(fields)._losing(fields)
        named = self.steps[0] if len(self.steps) == 1 else self
        made = replace(made, name=named.name, words=named.words, options=named.options)
        if not self.steps:
            return made
        steps = made.steps or (made,)
        return replace(made, name=self.name, words=self.words, options=self.options, title=self.title, steps=steps)

    def _losing(self, fields: Fields) -> Codec:
        """Return the codec with those of its losses that the values of fields may have.

        Of several outside fields nobody asks which of them has what is lost.
        """
        said = {Side.OUTSIDE: fields.outside[0] if len(fields.outside) == self.parts == 1 else Said()}
        said[Side.INSIDE] = fields.inside
        left = [loss for loss in self.losses if not loss.unless(said[loss.side])]
        exact = {side for side in Side if any(loss.side is side for loss in left) and self._keeps(side, said)}
        left = [loss for loss in left if loss.side not in exact]
        return self if len(left) == len(self.losses) else replace(self, losses=tuple(left))

    def _keeps(self, side: Side, said: Table[Side, Said]) -> bool:
        """Return whether there are few values, and each comes back as it was that is not refused, nor means absent."""
        there, back = (self.decode, self.encode) if side is Side.OUTSIDE else (self.encode, self.decode)
        values, nulls = self._few(side, said[side]), said[side.other].nulls
        for value in values or ():
            try:
                made = there(value)
                if not same(back(made), value) and not any(same(made, null) for null in nulls):
                    return False
            except CodecError:
                continue
        return values is not None

    def _few(self, side: Side, said: Said) -> Sequence[Any] | None:
        """Return all values of one side that it converts; None where they are not few."""
        if side is Side.INSIDE and self.makes_date:
            return None
        listed = said.listed()
        if listed is None and side is Side.OUTSIDE and self.every:
            return [value for value in self.every if not any(same(value, null) for null in said.nulls)]
        return listed

    def reads_any(self, types: frozenset[str]) -> bool:
        """Return whether it understands values of one of these types."""
        return Form(self.reads).reads_any(types)

    def lost(self, side: Side, types: frozenset[str] | None = None) -> str:
        """Return what a value of one side comes back without, in words; "" for nothing. types: the outside ones."""
        every = (
            loss.what
            for loss in self.losses
            if loss.side is side and (types is None or loss.types is None or not loss.types.isdisjoint(types))
        )
        found = [*dict.fromkeys(every)]
        return ", and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


@dataclass(frozen=True, slots=True)
class Example:
    """What a codec does with a value: it reads `outside` as `inside`, and writes `back`, if that is another value."""

    outside: Any
    inside: Any
    back: Any = ABSENT
    options: Table[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value that a codec refuses, on its way to `side`. of: a part of the reason."""

    value: Any
    of: str
    side: Side = Side.INSIDE
    options: Table[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CodecKind:
    """A codec by its name.

    make: the codec for options. outside, inside: its two forms as the table of codecs in the documentation says them.
    words: what it converts, for pages, with {outside} and {inside} for the systems' names. options: each with what it
    means. names: what an option of any other name means, "" where there is none. examples, refused: what it does, which
    a test tries. bare: the option that is meant where a value stands in the place of options. usual: options for one
    that is advised, of a codec that has to have some.
    """

    name: str
    make: Callable[..., Codec]
    outside: str
    inside: str
    words: str
    examples: tuple[Example, ...]
    refused: tuple[Refusal, ...]
    options: Table[str, str] = field(default_factory=dict)
    bare: str = ""
    names: str = ""
    usual: Table[str, Any] = field(default_factory=dict)

    def __call__(self, options: Any) -> Codec:
        """Return the codec with these options, or with a value that stands in their place.

        Raises:
            CodecError: when it does not take them.

        """
        if not isinstance(options, dict):
            if not self.bare:
                known = f"the options {', '.join(self.options)}" if self.options else "none"
                raise CodecError(f"codec {self.name} takes options by name, {known}, not {shown(options)}")
            options = {self.bare: options}
        if not self.names and (unknown := sorted(set(options) - set(self.options))):
            known = f"its options are {', '.join(self.options)}" if self.options else "it has none"
            raise CodecError(f"codec {self.name} has no option {shown(unknown[0])}; {known}")
        return replace(self.make(**options), name=self.name, words=self.words, options=options)


def text_of(value: Any) -> str:
    """Return a value that is text.

    Raises:
        CodecError: when it is none.

    """
    if not isinstance(value, str):
        raise CodecError(f"expected text, found {shown(value)}")
    return value


def spelt(words: Sequence[str]) -> str:
    """Return words as one of which something has to be: `a, b or c`."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def instant_of(value: Any) -> datetime:
    """Return an inside date; one without a zone is in UTC.

    Raises:
        CodecError: when it is none.

    """
    if not isinstance(value, datetime):
        raise CodecError(f"expected a date, found {shown(value)}")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


def whole_milliseconds(instant: datetime) -> datetime:
    """Return an instant without what is finer than a millisecond."""
    beyond = instant.microsecond % 1000
    return instant.replace(microsecond=instant.microsecond - beyond) if beyond else instant
