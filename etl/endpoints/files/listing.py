"""Which names of a folder a pattern matches, in which order, and what is there beside them."""

from __future__ import annotations

import fnmatch
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from etl.endpoints.files.marks import OWN
from etl.record import printable
from etl.transfer.deliveries import natural

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a pattern matches, in their order. doubt: what others it may have been meant for, "" if none."""

    matching: Sequence[str]
    doubt: str = ""


def match_names(names: Sequence[str], glob: str, sort: Callable[[Iterable[str]], list[str]]) -> Names:
    """Return which names a glob matches, as they are sorted.

    As in a shell, * does not match the dot of a hidden file: editors and archivers leave such behind.
    """
    visible = [name for name in names if not name.startswith(OWN) and (name[0] != "." or glob[0] == ".")]
    matching = sort(fnmatch.filter(visible, glob))
    others = sorted(set(visible).difference(matching), key=natural)
    near = [name for name in others if fnmatch.fnmatchcase(_plain(name), _plain(glob))]
    if near:
        verb = "differs" if len(near) == 1 else "differ"
        return Names(matching, f"{few(near)} {verb} from {glob} in capitals, blanks or accents, and so is not read")
    if others and not matching:
        return Names(matching, f"no file matches {glob}; what is there: {few(others)}")
    return Names(matching)


def few(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(printable, names[:_SHOWN])) + more


def _plain(name: str) -> str:
    """Return what is left of a name where capitals, blanks around it and forms of accents do not count."""
    return unicodedata.normalize("NFC", name).casefold().strip()
