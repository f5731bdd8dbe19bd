"""Items without a record: what a file holds that cannot be read, and what is left of one."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from etl.endpoints.files.content import BrokenFileError, EndsEarlyError
from etl.record import Violation
from etl.transfer.dead_letter import REST
from etl.transfer.model import Item


@dataclass(slots=True)
class Unfinished(Item):
    """An item before whose end the file ended, as far as one can see: more of it may be on its way."""

    def as_broken(self) -> Item:
        """Return it as what is broken, with what can be read of it by now."""
        why = Violation("", "unfinished", "it may not be whole yet")
        return Item(self.origin, None, (why,), part_of=self.part_of, uncounted=self.uncounted, glimpse=self.legible)


def unfinished(item: Item) -> Unfinished:
    """Return an item as one of which more may be on its way."""
    return Unfinished(**{field.name: getattr(item, field.name) for field in fields(item)})


def reason(error: OSError | BrokenFileError | ValueError) -> str:
    """Return why something cannot be read, as a person says it."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def unreadable(origin: str, why: str, part_of: str = "", content: bytes | None = None) -> Item:
    """Return the item of something that cannot be read."""
    return Item(origin, None, (Violation("", "unreadable", f"cannot be read: {why}"),), None, content, part_of)


def unreadable_file(origin: str, why: str) -> Item:
    """Return the item of a file of many records none of which can be read."""
    return replace(unreadable(origin, why), uncounted=True)


def rest(origin: str, error: OSError | BrokenFileError, part_of: str) -> Item:
    """Return the item that stands for what is left of a file: what is at `origin`, and all that follows."""
    item = rest_for(origin, reason(error), part_of)
    return unfinished(item) if isinstance(error, EndsEarlyError) else item


def rest_for(origin: str, why: str, part_of: str) -> Item:
    """Return the item that stands for what is left of a file, for a reason in words."""
    violation = Violation("", REST, f"cannot be read, nor can what follows in the file: {why}")
    return Item(origin, None, (violation,), part_of=part_of, uncounted=True)
