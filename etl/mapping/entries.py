"""What a mapping says of the files that records go out in: their names, what they carry, and what stands around it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from etl.mapping.paths import Path, get, parse_path
from etl.mapping.templates import IDENTITY, TEMPLATE, braced
from etl.mapping.terms import Occasion, Position
from etl.record import ABSENT, Record, shown

RECORD: Final = "$record"
"""In an envelope: the record as it is sent."""

RECORDS: Final = "$records"
"""In an envelope of a file of many records: the list of all of them."""

FIELDS: Final = "$fields"
"""In an envelope: the list of the names that the record has as it is sent."""

WORDS: Final = frozenset({RECORD, RECORDS, FIELDS})

KNOWN: Final = frozenset({Occasion.CREATE, Occasion.UPDATE})
"""When an entry is written that does not say it."""

_DEVICE: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\.|\Z)", re.IGNORECASE
)
"""What Windows takes for a device, whatever the ending."""

Words: TypeAlias = Table[str, Any]
Fill: TypeAlias = Callable[[Words, Record], Any]


def is_reserved(name: str) -> bool:
    """Return whether some system takes a file name for a device."""
    return _DEVICE.match(name) is not None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands around a record, or around all those of a file: any JSON, with words and {paths} in its texts."""

    value: Any

    @property
    def words(self) -> frozenset[str]:
        """The words that stand in it."""
        return frozenset(text for text in _texts(self.value) if text in WORDS)

    @property
    def named(self) -> tuple[str, ...]:
        """The texts in braces, each once."""
        return tuple(dict.fromkeys(named for text in _texts(self.value) for named in braced(text)))

    def compiled(self) -> Fill:
        """Return a function from what the words stand for, and an outside record, to what is written.

        A text that is nothing but one {path} becomes the value that stands there, with its type; where there is none,
        what would hold it leaves it out. The function raises ValueError where a longer text cannot have a value.
        """
        return _compile(self.value)


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the outside says which key it has given to a record that was sent in this entry.

    file: its name, called after the document. keys: where in its document the parts of the key stand that it gives.
    """

    file: str
    keys: tuple[Path, ...]
    where: Position = field(default=Position(1, 1), compare=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that a record goes out in.

    file: its name. occasions: when it is written. only: inside paths that name the rules that it carries; without:
    those that name the rules that it does not carry. Where it has neither, it carries all that no other one has then.
    around: what stands around the record. always: it is written whatever has changed. named: the outside paths in its
    name, each as it is written there. answer: where its key comes, of a creation; None where that comes as a record.
    """

    file: str
    occasions: frozenset[Occasion] = KNOWN
    only: tuple[Path, ...] = ()
    without: tuple[Path, ...] = ()
    around: Envelope | None = None
    always: bool = False
    named: tuple[tuple[str, Path], ...] = ()
    where: Position = field(default=Position(1, 1), compare=False)
    answer: Answer | None = None

    @property
    def takes_rest(self) -> bool:
        """Whether it carries all the rules that no other entry has."""
        return not (self.only or self.without)

    @property
    def has_identity(self) -> bool:
        """Whether it is called after the document."""
        return IDENTITY in braced(self.file)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _compile(value: Any) -> Fill:
    match value:
        case dict():
            members = [(name, _compile(inner)) for name, inner in value.items()]
            return lambda words, record: {n: v for n, fill in members if (v := fill(words, record)) is not ABSENT}
        case list():
            elements = [_compile(inner) for inner in value]
            return lambda words, record: [v for fill in elements if (v := fill(words, record)) is not ABSENT]
        case str() if value in WORDS:
            return lambda words, _: words[value]
        case str() if TEMPLATE.search(value):
            return _text(value)
        case _:
            return lambda _words, _record: value


def _text(text: str) -> Fill:
    pieces = TEMPLATE.split(text)
    paths = [parse_path(named) for named in pieces[1::2]]
    if pieces[0] == pieces[-1] == "" and len(paths) == 1:
        return lambda _, record: get(record, paths[0])

    def fill(_words: Words, record: Record) -> str:
        made = pieces[0]
        for path, named, after in zip(paths, pieces[1::2], pieces[2::2], strict=True):
            value = get(record, path)
            if value is ABSENT or value is None or isinstance(value, dict | list):
                what = "has no value" if value is ABSENT else f"is {shown(value)}"
                raise ValueError(f"{named} {what}, and the text {shown(text)} around the record needs one")
            made += (value if isinstance(value, str) else json.dumps(value, allow_nan=False)) + after
        return made

    return fill
