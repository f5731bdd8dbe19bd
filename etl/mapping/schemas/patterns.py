"""Patterns of JSON Schema read backwards: texts that match one, and all of them where there are few.

Python reads the pattern, which is not quite JSON Schema's own reading: whoever asks judges the texts by the schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product
from re import _constants as word  # type: ignore[attr-defined]  # not public, but the one reader of patterns that there is
from re import _parser as reader  # type: ignore[attr-defined]  # as above
from string import digits
from typing import Any, Final

_CLASS: Final = re.compile(r"\\[pP]\{([^}]*)\}")
_PRINTABLE: Final = "aZ0 _-./@é\n!"
_CATEGORIES: Final = {
    word.CATEGORY_DIGIT: "07",
    word.CATEGORY_NOT_DIGIT: "a_",
    word.CATEGORY_SPACE: " \t",
    word.CATEGORY_NOT_SPACE: "a0",
    word.CATEGORY_WORD: "aZ0_",
    word.CATEGORY_NOT_WORD: " -",
}
_LONGER: Final = (0, 1, 2, 4, 9, 19, 39, 79, 159)
_VARIED: Final = 6
_RANGE: Final = 64
_MAX_TEXT: Final = 1_000
"""No text that is made is much longer, or repeats more."""


def matching(pattern: str) -> Iterator[str]:
    """Yield texts that are meant to match a pattern: short ones first, then such whose repeats are longer."""
    parsed = _parsed(pattern)
    if parsed is None:
        return
    seen: set[str] = set()
    starts, ends = (any(code == (word.AT, at) for code in parsed) for at in (word.AT_BEGINNING, word.AT_END))
    for more in _LONGER:
        for choice in range(_VARIED):
            around = "a" * more
            text = (
                f"{'' if starts else around}{_Writer(choice, more).text(parsed)}{'' if ends or not starts else around}"
            )
            if text not in seen:
                seen.add(text)
                yield text


def all_matching(pattern: str, limit: int) -> list[str] | None:
    """Return all texts that match a pattern from their beginning to their end; None where there may be more."""
    parsed = _parsed(pattern)
    ends = [] if parsed is None else [code for code in (parsed[0], parsed[-1]) if code[0] is word.AT]
    if parsed is None or [at for _, at in ends] != [word.AT_BEGINNING, word.AT_END]:
        return None
    found = list(islice(_all(parsed[1:-1], limit), limit + 1))
    texts = [text for text in found if text is not None]
    return texts if len(texts) == len(found) <= limit else None


def lengths(pattern: str) -> tuple[int, float]:
    """Return how long a text is at least and at most that matches a pattern somewhere."""
    parsed = _parsed(pattern)
    if not parsed:
        return 0, float("inf")
    low, high = reader.parse(_CLASS.sub(_letter, pattern)).getwidth()
    is_whole = [code for code, _ in (parsed[0], parsed[-1])] == [word.AT, word.AT] and [
        at for _, at in (parsed[0], parsed[-1])
    ] == [word.AT_BEGINNING, word.AT_END]
    return low, high if is_whole and high < word.MAXREPEAT else float("inf")


def letters(pattern: str) -> frozenset[str] | None:
    """Return all characters of the texts that match a pattern from beginning to end; None where they are not plain."""
    parsed = _parsed(pattern)
    ends = [] if parsed is None else [code for code in (parsed[0:1] + parsed[-1:]) if code[0] is word.AT]
    if parsed is None or [at for _, at in ends] != [word.AT_BEGINNING, word.AT_END] or _CLASS.search(pattern):
        return None
    found = [*_used(parsed[1:-1])]
    return None if None in found else frozenset("".join(one for one in found if one is not None))


def _used(codes: Iterable[Any]) -> Iterator[str | None]:
    """Yield the characters of each part of a sequence, None for a part of which they are not plain."""
    for code, value in codes:
        if code is word.LITERAL:
            yield chr(value)
        elif code is word.RANGE:
            yield "".join(map(chr, range(value[0], value[1] + 1))) if value[1] - value[0] <= _MAX_TEXT else None
        elif (code, value) == (word.CATEGORY, word.CATEGORY_DIGIT):
            yield digits
        elif code is word.IN:
            yield from _used(value)
        elif code is word.BRANCH:
            yield from (one for branch in value[1] for one in _used(branch))
        elif code in {word.MAX_REPEAT, word.MIN_REPEAT} or (code is word.SUBPATTERN and not any(value[1:3])):
            yield from _used(value[-1])
        else:
            yield None


def _parsed(pattern: str) -> list[Any] | None:
    try:
        return list(reader.parse(_CLASS.sub(_letter, pattern)))
    except (re.error, RecursionError, OverflowError):
        return None


def _letter(category: re.Match[str]) -> str:
    """Return a character of a class of Unicode, which Python does not know."""
    return {"Lu": "A", "N": "0", "Nd": "0", "Z": " ", "Zs": " ", "P": "-"}.get(category[1], "a")


class _Writer:
    """Writes one text. choice: which of several is taken. more: how often is repeated what may be repeated."""

    def __init__(self, choice: int, more: int) -> None:
        self._choice = choice
        self._more = more
        self._groups: dict[int, str] = {}
        self._steps = 0

    def text(self, codes: list[Any]) -> str:
        """Return text for a sequence."""
        return "".join(self._one(code, value) for code, value in codes)

    def _one(self, code: Any, value: Any) -> str:
        if code is word.LITERAL:
            return chr(value)
        if code is word.SUBPATTERN:
            self._groups[value[0]] = text = self.text(list(value[-1]))
            return text
        if code in {word.MAX_REPEAT, word.MIN_REPEAT, word.POSSESSIVE_REPEAT}:
            return self._repeated(*value)
        if code is word.BRANCH:
            return self.text(list(self._pick(value[1])))
        if code is word.GROUPREF:
            return self._groups.get(value, "")
        if code is word.ATOMIC_GROUP:
            return self.text(list(value))
        letters = _letters(code, value)
        return self._pick(letters) if letters else ""

    def _repeated(self, low: int, high: int, codes: Any) -> str:
        text = ""
        for _ in range(min(low + self._more, int(high))):
            text += self.text(list(codes))
            self._steps += 1
            if len(text) > _MAX_TEXT or self._steps > _MAX_TEXT:
                break
        return text

    def _pick(self, options: Any) -> Any:
        return options[self._choice % len(options)]


def _letters(code: Any, value: Any) -> str:
    """Return characters that a class, or a negated one, takes."""
    match code:
        case word.ANY:
            return _PRINTABLE.replace("\n", "")
        case word.NOT_LITERAL:
            return _PRINTABLE.replace(chr(value), "")
        case word.IN if value[0][0] is word.NEGATE:
            refused = "".join(_letters(*one) for one in value[1:])
            return "".join(letter for letter in _PRINTABLE if letter not in refused)
        case word.IN:
            return "".join(_letters(*one) for one in value)
        case word.RANGE:
            return "".join(map(chr, range(value[0], min(value[1], value[0] + _RANGE) + 1)))
        case word.CATEGORY:
            return _CATEGORIES.get(value, "")
        case word.LITERAL:
            return chr(value)
        case _:
            return ""


def _all(codes: list[Any], limit: int) -> Iterator[str | None]:
    """Yield all texts of a sequence; None in the place of those that are too many to tell."""
    if not codes:
        yield ""
        return
    (code, value), *following = codes
    for first in islice(_all_of_one(code, value, limit), limit + 1):
        for rest in _all(following, limit):
            yield _joined([first, rest])


def _all_of_one(code: Any, value: Any, limit: int) -> Iterator[str | None]:
    if code is word.LITERAL:
        yield chr(value)
    elif code is word.SUBPATTERN:
        yield from _all(list(value[-1]), limit)
    elif code is word.BRANCH:
        for branch in value[1]:
            yield from _all(list(branch), limit)
    elif code is word.MAX_REPEAT and int(value[1]) <= limit:
        repeated = list(islice(_all(list(value[2]), limit), limit + 1))
        for count in range(value[0], int(value[1]) + 1):
            for texts in product(repeated, repeat=count):
                yield _joined(texts)
    elif code is word.IN and all(one[0] in {word.LITERAL, word.RANGE} for one in value):
        yield from _letters(code, value)
    else:
        yield None


def _joined(texts: Sequence[str | None]) -> str | None:
    known = [text for text in texts if text is not None]
    return "".join(known) if len(known) == len(texts) and sum(map(len, known)) <= _MAX_TEXT else None
