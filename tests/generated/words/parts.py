"""Members of a list and words of a text, that lines ask for: how they stand in a field, and in which form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.generated.values import MISSING, among, same
from tests.generated.words.codec import Codec, NotUnderstoodError, notations
from tests.generated.words.codecs import codec_of
from tests.generated.words.column import Column
from tests.generated.words.lists import separator_of

PARTS: Final = {"has": list, "word": str}
"""The words that ask for what is in a value, with the type of that."""

_VARIANTS: Final = 2
"""How many other forms of a member, and how many that are none of it, are tried."""


@dataclass(frozen=True)
class Parts:
    """How what is in a value stands there: in a list, as words of a text, or between separators of a text."""

    part: str = ""
    codec: Codec | None = None
    """The form of each; None where each is what lines name."""
    separator: str = ""

    @classmethod
    def of(cls, part: str, form: Any, codec: Codec) -> Parts:
        """Return how parts stand in a field whose table has an `as`. form: that, without names. codec: what it is."""
        steps = form if isinstance(form, list) else [form]
        separator = separator_of(steps[0])
        if not separator:
            return cls(part, codec)
        return cls(part, codec_of(steps[1:]) if steps[1:] else None, separator)

    def are_in(self, value: Any) -> bool:
        """Return whether a value is such that it has parts."""
        return isinstance(value, str if self.separator else PARTS[self.part])

    def found(self, value: Any) -> list[Any]:
        """Return the parts of a value as they stand there."""
        if not isinstance(value, str):
            return list(value)
        return value.split(self.separator) if self.separator and value else value.split()

    def changed(self, value: Any, left: Sequence[bool], added: Sequence[Any]) -> Any:
        """Return a value without some of its parts, and with others at its end. left: of each, whether it stays.

        A word goes with the blanks behind it, or as the last one with a blank before it; other blanks stay, unless no
        word is left.
        """
        if self.separator or not isinstance(value, str):
            stay = [one for one, stays in zip(self.found(value), left, strict=True) if stays]
            return self.joined([*stay, *added])
        text, until = "", 0
        for place, word in enumerate(re.finditer(r"\S+", value)):
            text += value[until : word.start()] + (word[0] if left[place] else "")
            until = word.end()
            if not left[place] and value[until:].strip():
                until += len(value[until:]) - len(value[until:].lstrip())
            elif not left[place]:
                text = text[:-1] if text[-1:].isspace() else text
        text = text + value[until:] if any(left) or not left else ""
        return " ".join([*([text] if text else []), *map(str, added)])

    def joined(self, found: Sequence[Any]) -> Any:
        """Return the value that has some parts."""
        if self.part == "has" and not self.separator:
            return list(found)
        return (self.separator or " ").join(map(str, found))

    def meaning(self, standing: Any) -> Any:
        """Return what a part is as lines have it; what is equal to nothing where the codec does not read it."""
        try:
            return standing if self.codec is None else self.codec.decode((standing,))
        except NotUnderstoodError:
            return object()

    def written(self, mark: Any) -> Any:
        """Return how a part is written that a line adds.

        Raises: NotUnderstoodError, where the codec does not write it.
        """
        return mark if self.codec is None else self.codec.encode(mark)[0]

    def is_made(self, mark: Any) -> bool:
        """Return whether a value has a part that a line names, once that is written."""
        try:
            found = self.found(self.joined([self.written(mark)]))
        except NotUnderstoodError:
            return False
        return len(found) == 1 and same(self.meaning(found[0]), mark)

    def is_there(self, mark: Any, column: Column | None) -> bool:
        """Return whether a value has a part that a line names, once it is written in the form of all texts."""
        if not self.is_made(mark):
            return False
        value = self.joined([self.written(mark)])
        if column is not None:
            value = column.read(column.write(value)) if column.writes(value) else MISSING
        return self.are_in(value) and any(same(self.meaning(one), mark) for one in self.found(value))

    def is_one(self, mark: Any, other: Parts, its: Any) -> bool:
        """Return whether what stands there for a part is, by another form, a part that is named there as well."""
        pairs = ((self, mark, other, its), (other, its, self, mark))
        return any(same(reads._meaning_of(writes, one), named) for writes, one, reads, named in pairs)

    def _meaning_of(self, other: Parts, mark: Any) -> Any:
        try:
            return self.meaning(other.written(mark))
        except NotUnderstoodError:
            return object()

    def forms(self, mark: Any) -> tuple[list[Any], list[Any]]:
        """Return how a part may stand in a value, as it is written first; and what looks like it and is another one."""
        if self.codec is None or not self.is_made(mark):
            return [mark], []
        first = self.written(mark)
        others = [*notations(first), *([f" {first}", f"{first} "] if isinstance(first, str) else []), *self.codec.odd]
        single = [one for one in others if len(self.found(self.joined([one]))) == 1 and not same(one, first)]
        same_one = [one for one in single if same(self.meaning(one), mark)]
        return [first, *same_one[:_VARIANTS]], [one for one in single if not among(one, same_one)][:_VARIANTS]
