"""Marker files: behind all the files that a run writes, one that says that they are there.

That a marker is owed is noted before the first of the files appears. So a run that dies owes it, and the next one
makes it, before it writes anything of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from etl.endpoints.files.folder import Folder
from etl.endpoints.files.writing import prepare, unfenced, write_files, written
from etl.errors import EndpointError
from etl.transfer.gathering import MarkerStore, Owed


class Markers:
    """The markers in one folder. store: where it is noted what is owed. fence: see `BatchFiles`."""

    def __init__(self, folder: Folder, store: MarkerStore, fence: Callable[[], None] = unfenced) -> None:
        self._folder = folder
        self._store = store
        self._fence = fence
        self._is_settled = False
        self._name = ""
        self._files: list[str] = []

    def begin(self, name: str) -> None:
        """Make what earlier runs owe, in a folder that is prepared. name: of this run's own."""
        self._settle()
        self._name = name

    def announce(self, files: Sequence[str]) -> None:
        """Note, before they appear, that there are these files as well."""
        self._files += files
        self._store.note(self._name, self._files)

    def conclude(self) -> None:
        """Say that all files of this run are there; where there are none, nothing."""
        if not self._is_settled and self._store.owed():
            prepare(self._folder, self._fence)
            self._settle()
        if self._files:
            self._make(self._name, self._files)
            self._store.settle()
            self._files = []

    def _settle(self) -> None:
        """Make the markers of runs that died: for those of their files that have appeared and are still there."""
        owed = [] if self._is_settled else self._store.owed()
        for one in owed:
            self._make_owed(one)
        if owed:
            self._store.settle(owed)
        self._is_settled = True

    def _make_owed(self, owed: Owed) -> None:
        there = [name for name in owed.files if self._folder.holds(name, b"") is not None]
        if there and self._folder.holds(owed.marker, b"") is None:
            self._make(owed.marker, there)

    def _make(self, name: str, files: Sequence[str]) -> None:
        content = "".join(f"{file}\n" for file in files).encode()
        with written(self._folder, self._fence, name):
            self._folder.flush([])  # the files come before it on the disk as well
        for why in write_files(self._folder, [(name, content)], self._fence).values():
            raise EndpointError(f"{self._folder}/{name} cannot be written: {why}; correct its name in the mapping")
        with written(self._folder, self._fence, name):
            self._folder.flush([])
