"""A record of which no rule rejects anything, like one of which some do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from tests.generated.values import Record
from tests.generated.words.base import Word
from tests.generated.words.scene import MANY


def mended(words: Sequence[Word], side: str, base: Record, accepts: Callable[[Record], bool]) -> Record:
    """Return a record like another one, of which no rule rejects anything, as far as one can be found."""
    made = base
    for word in words:
        tried = (record for record in (made, *islice(word.trials(side, made), MANY)) if accepts(record))
        made = next((record for record in tried if not any(True for _ in word.translate(side, record, {}))), made)
    return made
