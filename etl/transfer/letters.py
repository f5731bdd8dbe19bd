"""Dead letters of one direction: what is kept of rejected records, and when that is cleared."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeAlias

from etl.record import Key, Record
from etl.transfer.dead_letter import REST, Novelty, Reading
from etl.transfer.deliveries import file_of
from etl.transfer.lying import Files
from etl.transfer.model import Item, Outcome, Result, Stage

_MAX_REASONS: Final = 1_000
MOST_OF_A_FILE: Final = 10_000
"""So many rejected records of one file have letters of their own in a run: a small file may hold millions of them."""

_THE_REST: Final = {
    "path": "",
    "code": REST,
    "message": "rejected, as others before it in the file; it stands for all that follow there, which have no letters",
}
_NEWS: Final = (Outcome.CREATED, Outcome.UPDATED)

Contents: TypeAlias = Callable[[Item], tuple[bytes | None, Any]]
"""Returns what is kept of an item: its bytes, None where there are none, and by what its reader finds it again."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """What is kept of a rejected record; as `DeadLetter` has it. reasons: path, code and message of each violation.

    reading: of the letter that is replayed; None where it is this run that has read it at its source.
    """

    origin: str
    key: Key
    stage: str
    reasons: Sequence[dict[str, str]]
    content: bytes | None
    hash: str
    document: Any
    file: str
    reading: Reading | None = None
    around: Record | None = None


class LetterStore(Protocol):
    """Where the dead letters of one direction are kept. What this run has kept, it does not clear."""

    def are_waiting(self) -> bool:
        """Return whether there are letters of earlier runs."""
        ...

    def keep(self, rejections: Sequence[Rejection]) -> Sequence[Novelty]:
        """Keep these, each once, however often it is rejected; return what each is to the runs before.

        Raises:
            EndpointError: when they cannot be kept.

        """
        ...

    def of_keys(self, keys: Sequence[Key]) -> dict[str, str]:
        """Return the earlier letters of these keys: the file of each, by its id."""
        ...

    def files(self) -> set[str]:
        """Return the files of the earlier letters."""
        ...

    def clear(self, ids: Sequence[str]) -> None:
        """Clear the earlier letters with these ids."""
        ...

    def clear_origins(self, origins: Sequence[str]) -> None:
        """Clear the earlier letters of these origins."""
        ...

    def clear_files(self, files: Sequence[str]) -> None:
        """Clear the earlier letters of these files."""
        ...

    def clear_unread(self, origins: Sequence[str]) -> None:
        """Clear what says that these origins could not be read."""
        ...


class FewOfAFile:
    """Counts the rejected records of each file of many. Called with results, it leaves out those beyond so many."""

    def __init__(self) -> None:
        self._rejected: Counter[str] = Counter()

    def __call__(self, results: Sequence[Result]) -> list[Result]:
        """Return results but for those that are rejected as so many others of their file were before."""
        return [r for r in results if r.outcome is not Outcome.REJECTED or self.number(r) <= MOST_OF_A_FILE]

    def number(self, result: Result) -> int:
        """Return which one of its file a rejected record is, from 1; 0 for one that stands alone."""
        file = result.item.part_of
        if file:
            self._rejected[file] += 1
        return self._rejected[file] if file else 0


class DeadLetters:
    """Keeps what a run rejects, and clears what went well.

    key_parts: how many a key has. files: what is known of the files of the records at the end. Only who has read a file
    to its end may say that what is kept of it is not rejected any more.
    """

    def __init__(self, store: LetterStore, contents: Contents, key_parts: int, files: Files) -> None:
        self._store = store
        self._contents = contents
        self._key_parts = key_parts
        self._files = files
        self._waiting: bool | None = None
        self._came_again: dict[str, str] = {}
        self._refused: set[str] = set()
        self._few = FewOfAFile()
        self._rest: dict[str, Novelty] = {}

    def update(self, results: Sequence[Result]) -> list[Result]:
        """Keep what was rejected; clear the letters of what was not. Return the results with their novelty.

        Raises:
            EndpointError: when they cannot be kept. Nothing of this batch is acknowledged then.

        """
        told: dict[int, Novelty] = {}
        if rejected := [result for result in results if result.outcome is Outcome.REJECTED]:
            self._are_waiting()  # those of this run are no earlier ones
            self._refused.update(file_of(result.item) for result in rejected)
            told = self._keep(rejected)
        if self._are_waiting():
            self._clear([result for result in results if result.outcome is not Outcome.REJECTED])
            if read := [result.item.origin for result in rejected if result.item.content is not None]:
                self._store.clear_unread(read)  # they have been read by now, and are rejected for another reason
        return [replace(r, novelty=told[id(r)]) if id(r) in told else r for r in results] if told else list(results)

    def _keep(self, rejected: Sequence[Result]) -> dict[int, Novelty]:
        """Keep what was rejected; return the novelty of each; what has no letter is as the one that stands for it."""
        kept = [(result, one) for result in rejected if (one := self._kept(result))]
        found = self._store.keep([one for _, one in kept]) if kept else ()
        told = {id(result): novelty for (result, _), novelty in zip(kept, found, strict=True)}
        self._rest |= {r.item.part_of: told[id(r)] for r, one in kept if one.reasons == [_THE_REST]}
        return {id(r): told[id(r)] if id(r) in told else self._rest[r.item.part_of] for r in rejected}

    def finish(self) -> None:
        """Clear the letters of files of which nothing is rejected any more, and those whose record came from elsewhere.

        Called when the whole source has been read. What lies in a file that this run has not read to its end may be
        rejected still.
        """
        if not self._are_waiting():
            return
        finished = set(self._files.finished())
        if finished and (accepted := self._store.files() & finished - self._refused):
            self._store.clear_files(sorted(accepted))
        if self._came_again:
            unread = set(self._files.lying()) - finished
            self._store.clear(sorted(id_ for id_, file in self._came_again.items() if file not in unread))

    def _are_waiting(self) -> bool:
        if self._waiting is None:
            self._waiting = self._store.are_waiting()
        return self._waiting

    def _kept(self, result: Result) -> Rejection | None:
        """Return what is kept of a rejected record; None where a letter that stands for others stands for it too."""
        which = self._few.number(result)
        if which > MOST_OF_A_FILE:
            return self._for_the_rest(result.item) if which == MOST_OF_A_FILE + 1 else None
        return self._rejection(result)

    def _for_the_rest(self, item: Item) -> Rejection:
        digest = hashlib.blake2b(_THE_REST["message"].encode(), digest_size=16).hexdigest()
        return Rejection(
            item.origin, (), Stage.READ.value, [_THE_REST], None, digest, None, file_of(item), _reading_of(item)
        )

    def _rejection(self, result: Result) -> Rejection:
        item, key = result.item, result.known_key
        content, document = self._contents(item)
        violations = result.violations[:_MAX_REASONS]
        reasons = [{"path": v.path, "code": v.code, "message": v.message} for v in violations]
        digest = hashlib.blake2b(repr(reasons).encode() if content is None else content, digest_size=16).hexdigest()
        if item.letter is not None and item.letter.origin == item.origin:
            digest = item.letter.hash  # the letter that is replayed, whatever it is rejected for now
        stage = result.stage.value if result.stage else ""
        known = key if len(key) == self._key_parts and item.record is not None else ()  # a glimpse may be wrong
        return Rejection(
            item.origin, known, stage, reasons, content, digest, document, file_of(item), _reading_of(item), item.around
        )

    def _clear(self, results: Sequence[Result]) -> None:
        """Clear the letters of these origins, and of what they are part of; of a replayed letter only itself."""
        replayed = [result.item.letter.id for result in results if result.item.letter is not None]
        if replayed:
            self._store.clear(replayed)
            return
        self._store.clear_origins(sorted({name for r in results for name in (r.item.origin, r.item.part_of)}))
        if keys := [r.candidate.key for r in results if r.candidate and r.outcome in _NEWS]:
            self._came_again.update(self._store.of_keys(keys))


def _reading_of(item: Item) -> Reading | None:
    return None if item.letter is None else item.letter.read_last
