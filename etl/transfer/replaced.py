"""Before-images: what a run replaces, kept before it writes, so that a bad run can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from etl.mapping.equality import same
from etl.record import ABSENT, Key, Record
from etl.transfer.decision import Detail, details_of
from etl.transfer.model import Change


@dataclass(frozen=True, slots=True)
class Replaced:
    """What an import replaced in an inside record.

    identity: tells the record from another one of its key. fingerprint: of the outside record that was imported.
    before, after: top-level fields as they were, and as they were written; a field that was or became absent is in one
    of them alone. before is None where the run made the record; then after is empty.
    """

    key: Key
    identity: Any
    fingerprint: bytes
    before: Record | None
    after: Record

    @property
    def names(self) -> list[str]:
        """The top-level fields that were written."""
        return sorted({*(self.before or {}), *self.after})

    def differing(self, record: Record) -> list[str]:
        """Return the fields that a record does not have any more as they were written."""
        return _differing(self.names, record, self.after)

    def is_as_before(self, record: Record) -> bool:
        """Return whether a record has what it had before."""
        return self.before is not None and not _differing(self.names, record, self.before)


class ReplacedStore(Protocol):
    """Where before-images are kept."""

    def keep(self, images: Sequence[Replaced]) -> None:
        """Keep what this run is about to replace; beyond the limit of size, nothing more.

        Raises:
            LeaseLostError: when a later run has begun.

        """
        ...


def images(
    creations: Sequence[Change[Detail]],
    updates: Sequence[Change[Detail]],
    keyed: Callable[[Record, Key], Record],
    identity: Callable[[Record], Any],
) -> list[Replaced]:
    """Return what these changes replace. A change that writes nothing but stamps replaces nothing.

    keyed: returns a record that has its key, which stays. identity: returns what tells a record from another one of
    its key.
    """
    made = [
        Replaced(key, detail.identity, detail.agreement.fingerprint, None, {})
        for key, detail in details_of(creations).items()
    ]
    for key, detail in details_of(updates).items():
        current = detail.current or {}
        there = keyed(current, key) if detail.unkeyed else current
        patch = detail.decision.patch
        after = {name: value for name, value in patch.items() if not same(value, there.get(name, ABSENT))}
        if after:
            before = {name: there[name] for name in after if name in there}
            written = {name: value for name, value in after.items() if value is not ABSENT}
            made.append(Replaced(key, identity(current), detail.agreement.fingerprint, before, written))
    return made


def fold(images: Iterable[Replaced], found: MutableMapping[Key, Replaced]) -> None:
    """Put one image a key into `found`, of images in the order in which they were kept: from the first to the last.

    Where a later one does not go on from where an earlier one has ended, the earlier one was not written, or somebody
    has edited the record in between: what is kept then is what the later one has replaced.
    """
    for image in images:
        earlier = found.get(image.key)
        found[image.key] = image if earlier is None else _joined(earlier, image)


def _joined(earlier: Replaced, later: Replaced) -> Replaced:
    if later.before is None or not same(earlier.identity, later.identity):
        return later
    if earlier.before is None:
        return Replaced(later.key, later.identity, later.fingerprint, None, {})
    before: Record = {}
    after: Record = {}
    for name in sorted({*earlier.names, *later.names}):
        is_later = name in later.before or name in later.after
        goes_on = not is_later or same(earlier.after.get(name, ABSENT), later.before.get(name, ABSENT))
        first = earlier.before if goes_on and name in earlier.names else later.before
        last = later.after if is_later else earlier.after
        before |= {name: first[name]} if name in first else {}
        after |= {name: last[name]} if name in last else {}
    return Replaced(later.key, later.identity, later.fingerprint, before, after)


def _differing(names: Iterable[str], record: Record, wanted: Record) -> list[str]:
    return [name for name in names if not same(record.get(name, ABSENT), wanted.get(name, ABSENT))]
