"""Which names of a folder a pattern matches, in which order, and what is there beside them."""

from __future__ import annotations

import fnmatch
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from etl.record import printable
from etl.transfer.deliveries import natural

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a pattern matches, in natural order. doubt: what others it may have been meant for, "" if none."""

    matching: Sequence[str]
    doubt: str = ""


def match_names(names: Sequence[str], glob: str) -> Names:
    """Return which names a glob matches.

    As in a shell, * does not match the dot of a hidden file: editors and archivers leave such behind.
    """
    visible = [name for name in names if name[0] != "." or glob[0] == "."]
    matching = sorted(fnmatch.filter(visible, glob), key=natural)
    others = sorted(set(visible).difference(matching), key=natural)
    near = [name for name in others if fnmatch.fnmatchcase(_plain(name), _plain(glob))]
    if near:
        verb = "differs" if len(near) == 1 else "differ"
        return Names(matching, f"{_few(near)} {verb} from {glob} in capitals, blanks or accents, and so is not read")
    if others and not matching:
        return Names(matching, f"no file matches {glob}; what is there: {_few(others)}")
    return Names(matching)


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(printable, names[:_SHOWN])) + more


def _plain(name: str) -> str:
    """Return what is left of a name where capitals, blanks around it and forms of accents do not count."""
    return unicodedata.normalize("NFC", name).casefold().strip()
