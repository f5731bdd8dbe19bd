"""Names and texts with {paths} in braces: what they are made of, and whether two of them can come to the same name."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Container, Iterator, Sequence
from typing import Final, TypeAlias

TEMPLATE: Final = re.compile(r"\{([^{}]*)\}")
"""What stands in braces."""

RUN: Final = "run"
"""In the name of a file of many records: when the run started."""

PART: Final = "part"
"""In the name of a file of many records: which file of the run it is."""

IDENTITY: Final = "$id"
"""In the name of a file that makes a record: what the inside itself calls the document."""

DIGITS: Final = "-0123456789"
ESCAPED: Final = string.ascii_letters + string.digits + "-_.%"

Fits: TypeAlias = Callable[[str], bool]

Step: TypeAlias = tuple[str, bool]
"""The characters that may stand at a place of a name, and whether any number of them may."""


def braced(template: str) -> list[str]:
    """Return what stands in braces, in order."""
    return TEMPLATE.findall(template)


def steps_of(template: str, whole: Container[str] = (), plain: Callable[[str], str] = str) -> Iterator[Step]:
    """Yield what may stand in a name that is made of a template, place by place.

    whole: what is a whole number of what stands in braces. plain: makes of what stands around it what is compared.
    """
    for index, piece in enumerate(TEMPLATE.split(template)):
        if index % 2 == 0:
            yield from ((character, False) for character in plain(piece))
        elif piece in (RUN, PART):
            yield DIGITS + "TZ", True
        else:
            yield DIGITS if piece in whole else ESCAPED, True


def can_meet(wanted: Sequence[tuple[Fits, bool]], given: Sequence[Step]) -> bool:
    """Return whether some name fits both: wanted, which characters each place takes, and whether any number of them."""
    waiting, seen = [(0, 0)], {(0, 0)}
    while waiting:
        at, place = waiting.pop()
        if at == len(wanted) and place == len(given):
            return True
        for state in _following(wanted, given, at, place):
            if state not in seen:
                seen.add(state)
                waiting.append(state)
    return False


def _following(
    wanted: Sequence[tuple[Fits, bool]], given: Sequence[Step], at: int, place: int
) -> list[tuple[int, int]]:
    """Return where both go on: by passing over what may be empty, or by a character that both have."""
    states = []
    if at < len(wanted) and wanted[at][1]:
        states.append((at + 1, place))
    if place < len(given) and given[place][1]:
        states.append((at, place + 1))
    if at < len(wanted) and place < len(given) and any(map(wanted[at][0], given[place][0])):
        states.append((at + (not wanted[at][1]), place + (not given[place][1])))
    return states


def can_be_one(one: str, other: str, whole: Container[str]) -> bool:
    """Return whether a name of one template may be a name of the other, where capitals and small letters are alike."""
    both = [[(chars.casefold(), many) for chars, many in steps_of(template, whole)] for template in (one, other)]
    return can_meet([(chars.__contains__, many) for chars, many in both[0]], both[1])
