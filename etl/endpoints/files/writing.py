"""What all that writes files shares: what a change comes to, and how failures are told."""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from etl.endpoints.files.folder import Folder, Staged
from etl.endpoints.files.rejects import reason
from etl.errors import EndpointError
from etl.mapping.entries import FIELDS, RECORD, Entry
from etl.record import Record, Violation
from etl.transfer.model import Candidate, Change, Outcome
from etl.transfer.sending import Part

Encoded: TypeAlias = tuple[str, bytes]
"""The name of a file, and what stands in it."""

Sheets: TypeAlias = tuple[Encoded, ...]
"""The files of a record, in the order of the entries; of a file of many, the template of its name, and a part."""

Fill: TypeAlias = Callable[[Record, Record], Any]
"""Returns a record, as it is sent, in its envelope. The second one is the record as it is expected to be read."""

_OF_THE_NAME: Final = {errno.EISDIR, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.ELOOP}
"""What a file system says of one name; every other error is about the folder or the disk."""


def unfenced() -> None:
    """Let every write go on."""


def prepare(folder: Folder, fence: Callable[[], None] = unfenced) -> None:
    """Make a folder ready to be written to. fence: called before.

    Raises:
        EndpointError: when it cannot be.

    """
    fence()
    try:
        folder.prepare()
    except OSError as error:
        raise EndpointError(
            f"the outbound folder {folder} cannot be used: {reason(error)}; make it writable, or set DATA_OUTBOUND_DIR"
        ) from None


@contextmanager
def written(folder: Folder, fence: Callable[[], None] = unfenced, name: str = "") -> Iterator[None]:
    """Raise EndpointError for what goes wrong with a folder, or with one file in it.

    fence: has the first word, since a later run removes what an earlier one was about to rename.
    """
    try:
        yield
    except OSError as error:
        fence()
        raise EndpointError(_not_written(folder, name, error)) from None


def _not_written(folder: Folder, name: str, error: OSError) -> str:
    place = os.path.join(str(folder), name) if name else str(folder)
    return (
        f"{place} cannot be written: {reason(error)}; what was not written stays unsynced and goes out on the next run"
    )


@dataclass(frozen=True, slots=True)
class Announced:
    """What is said of files before they appear. say: called once all of a group are ready, right before the first.

    once: the names of those that must not appear twice: what is left of them, when it goes wrong, shows the next run
    that they have not.
    """

    say: Callable[[], None] = unfenced
    once: frozenset[str] = frozenset()


def write_files(
    folder: Folder,
    files: Sequence[Encoded],
    fence: Callable[[], None] = unfenced,
    announced: Announced = Announced(),
) -> dict[str, str]:
    """Write a group of files, each of which is whole or absent; return why those are refused whose name cannot be.

    fence: asked when all of the group is ready, right before it appears; what it raises stops the writing. An earlier
    run that has asked, and falls asleep before it is done, does no harm in a folder that is swept: the next one removes
    what is ready there before it looks at what has appeared. In one that is not, it is asked before each file.

    Raises:
        EndpointError: when the folder, or the disk, fails.

    """
    ready: deque[tuple[str, Staged]] = deque()
    try:
        for name, content in files:
            with written(folder, fence, name):
                ready.append((name, folder.stage(name, content)))
        return _appear(folder, ready, fence, announced)
    finally:
        for name, staged in ready:
            if name not in announced.once:
                staged.discard()


def _appear(
    folder: Folder, ready: deque[tuple[str, Staged]], fence: Callable[[], None], announced: Announced
) -> dict[str, str]:
    """Let files appear, and take out those that have; return why those are refused whose name cannot be."""
    why: dict[str, str] = {}
    if folder.is_swept and ready:
        fence()
    if ready:
        announced.say()
    while ready:
        if not folder.is_swept:
            fence()
        name, staged = ready[0]
        try:
            staged.appear()
        except OSError as error:
            if error.errno not in _OF_THE_NAME:
                fence()
                raise EndpointError(_not_written(folder, name, error)) from None
            why[name] = str(error.strerror)
            staged.discard()
        ready.popleft()
    return why


def refused(candidate: Candidate, why: str) -> Change[Sheets]:
    """Return what comes of a record that cannot be written."""
    return Change(candidate, Outcome.REJECTED, reasons=(Violation("", "file", why),))


def parts_of(candidate: Candidate, first: Entry) -> tuple[Part, ...]:
    """Return what goes out of a record in which file. first: the one in which a record goes that is sent as it is."""
    sending = candidate.sending
    if sending is None:
        return (Part(first, candidate.sent),)
    if sending.parts is not None:
        return sending.parts
    return (Part(first, sending.record, staying=sending.staying, is_due=sending.is_due),)


def filling(entry: Entry) -> Fill:
    """Return what puts a record into the envelope of an entry."""
    if entry.around is None:
        return lambda record, _: record
    fill = entry.around.compiled()
    return lambda record, expected: fill({RECORD: record, FIELDS: list(record)}, expected)
