"""A shelf: what a plan or an undo has of every record, in a file once that is much, and whole when it is asked for."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterable, Iterator, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Final, Generic, TypeVar
from weakref import finalize

from etl.errors import EndpointError
from etl.record import Key
from etl.transfer.batches import OverfullError, Room, within_room

V = TypeVar("V")

_IN_MEMORY: Final = 1024 * 1024
"""So many bytes stay in memory."""

_MEMOIZED: Final = b"\x94"
"""What pickle writes behind every text, list and object."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something lies. values: how many it has, at most."""

    start: int
    length: int
    values: int


class Shelf(MutableMapping[Key, V], Generic[V]):
    """Things by key, each as it was when it was put there, whatever kinds of values it has.

    What does not fit into some memory goes to a file without a name, which nobody else can open, and which is gone with
    the process.
    """

    def __init__(self) -> None:
        self._places: dict[Key, _Place] = {}
        self._file = SpooledTemporaryFile[bytes](max_size=_IN_MEMORY)
        finalize(self, _close, self._file)
        self._end = 0

    def __setitem__(self, key: Key, thing: V) -> None:
        data = pickle.dumps(thing, pickle.HIGHEST_PROTOCOL)
        try:
            self._file.seek(self._end)
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            raise EndpointError(
                f"what is too much for memory goes into a temporary file, and that cannot be written: "
                f"{error.strerror or error}; let TMPDIR be a folder with more room"
            ) from None
        self._places[key] = _Place(self._end, len(data), data.count(_MEMOIZED))
        self._end += len(data)

    def __getitem__(self, key: Key) -> V:
        return self._at(self._places[key])

    def __delitem__(self, key: Key) -> None:
        del self._places[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def some(self, keys: Collection[Key]) -> dict[Key, V]:
        """Return what there is of these keys.

        Raises:
            OverfullError: when there is not room for it at once.

        """
        places = [(key, place) for key in keys if (place := self._places.get(key)) is not None]
        each = (((key, self._at(place)), place.length, place.values) for key, place in places)
        found = within_room(each, len(places))
        if found is None:
            raise OverfullError
        return dict(found)

    def batches(self, keys: Iterable[Key], size: int) -> Iterator[list[tuple[Key, V]]]:
        """Yield what there is of these keys, at most `size` at a time, and fewer where they are large."""
        batch: list[tuple[Key, V]] = []
        room = Room(size)
        for key in keys:
            batch.append((key, self[key]))
            if not self.takes(room, key):
                yield batch
                batch, room = [], Room(size)
        if batch:
            yield batch

    def takes(self, room: Room, key: Key) -> bool:
        """Take in what there is of a key; return whether there is room for another one."""
        place = self._places[key]
        return room.take(place.length, place.values)

    def _at(self, place: _Place) -> V:
        self._file.seek(place.start)
        thing: V = pickle.loads(self._file.read(place.length))  # noqa: S301 - nobody else can write there
        return thing


def _close(file: SpooledTemporaryFile[bytes]) -> None:
    with suppress(OSError):  # what could not be written by then is not
        file.close()
