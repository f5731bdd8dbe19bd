"""The keys that a run has seen, in bounded memory.

The first keys are kept exactly, all later ones in a Bloom filter: it never forgets a key, and takes a new one for seen,
as calculated, once in a million at a million keys and once in a thousand at ten million. A mistake costs little: the
record is held until the end of the next runs, as one of several with its key.
"""

from __future__ import annotations

from typing import Final

from etl.record import Key

_EXACT: Final = 1 << 16
"""So many keys are kept exactly; they take about 5 MB."""
_BITS: Final = 1 << 28
_MASK: Final = _BITS - 1


def key_mark(key: Key | None) -> int:
    """Return 64 bits that tell one key from another in this process: of numbers, Python's hash takes -1 for -2."""
    return hash(repr(key))


class Seen:
    """The hashes of keys: at most `exact` in a set, then all in 32 MB."""

    def __init__(self, exact: int = _EXACT) -> None:
        self._exact = exact
        self._hashes: set[int] = set()
        self._filter = bytearray()

    def add(self, key: Key) -> bool:
        """Add a key; return whether it was there already."""
        mark = key_mark(key)
        if self._filter:
            return self._add(mark)
        before = len(self._hashes)
        self._hashes.add(mark)
        if len(self._hashes) > self._exact:
            self._filter = bytearray(_BITS // 8)
            for each in self._hashes:
                self._add(each)
            self._hashes.clear()
            return False
        return len(self._hashes) == before

    def _add(self, mark: int) -> bool:
        """Set the three bits of a hash; return whether all were set. Written out, since every record comes by."""
        bits, first, second = self._filter, mark & _MASK, (mark >> 28) & _MASK
        third = first ^ (mark >> 16) & _MASK
        one, two, three = first >> 3, second >> 3, third >> 3
        bit_one, bit_two, bit_three = 1 << (first & 7), 1 << (second & 7), 1 << (third & 7)
        if bits[one] & bit_one and bits[two] & bit_two and bits[three] & bit_three:
            return True
        bits[one] |= bit_one
        bits[two] |= bit_two
        bits[three] |= bit_three
        return False
