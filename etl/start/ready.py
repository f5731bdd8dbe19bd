"""The mappings that come with the engine, each with all that it needs, to start a folder from.

Such a mapping is a file `mappings/<name>.yaml`, or a folder `mappings/<name>` with one mapping in it, its samples in
`samples`. What it names outside of its folder, such as a schema that several share, is found by its name in the text.
Everything keeps its place, so what a mapping says of other files holds wherever it is copied to. The page of an
integration comes as well.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from etl.mapping.language.document import read_document
from etl.shipped import INTEGRATIONS, MAPPINGS, mappings_in, root

SAMPLES: Final = "samples"

_LINK: Final = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]*)\)")


@dataclass(frozen=True, slots=True)
class Ready:
    """One that comes with the engine. file: the mapping. folder: where it lies with what is its own, if it does."""

    name: str
    file: Path
    folder: Path | None

    def files(self) -> dict[PurePosixPath, bytes]:
        """Return all that it needs, by where it lies: its own files but the samples, and those that it names."""
        own = _below(self.folder) if self.folder else []
        named = set(_named(self.file))
        files = {_place(file): file.read_bytes() for file in sorted({self.file, *own, *named} - set(self._samples()))}
        page = root() / INTEGRATIONS / f"{self.name}.md"
        return files | ({_place(page): _page(page, files)} if page.is_file() else {})

    def samples(self) -> dict[str, bytes]:
        """Return the records of the outside that it brings, as files of the inbound folder."""
        return {file.name: file.read_bytes() for file in self._samples()}

    @property
    def place(self) -> PurePosixPath:
        """Where its mapping lies."""
        return _place(self.file)

    def _samples(self) -> list[Path]:
        return _below(self.folder / SAMPLES) if self.folder else []


def ready() -> dict[str, Ready]:
    """Return the mappings that come with the engine, by name."""
    base = root() / MAPPINGS
    found: dict[str, Ready] = {}
    for file in mappings_in(base):
        folder = None if file.parent == base else file.parent
        name = file.stem if folder is None else folder.name
        if name not in found or file.stem == name:
            found[name] = Ready(name, file, folder)
    return found


def _below(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc")


def _page(page: Path, files: Collection[PurePosixPath]) -> bytes:
    """Return the page of a mapping, in which no link leads to what does not come with it."""

    def linked(link: re.Match[str]) -> str:
        target = link["target"].partition("#")[0]
        is_there = "://" in target or not target or _place((page.parent / target).resolve()) in files
        return link[0] if is_there else link["text"]

    return _LINK.sub(linked, page.read_text("utf-8")).encode()


def _place(file: Path) -> PurePosixPath:
    return PurePosixPath(file.relative_to(root()).as_posix())


def _named(file: Path) -> Iterator[Path]:
    """Yield the files of the engine that a mapping names, and those that these name."""
    waiting, seen = [file], {file}
    while waiting:
        mapping = waiting.pop()
        for text in _texts(read_document(mapping).value):
            name = text.partition("#")[0]
            other = (mapping.parent / name).resolve() if name and "\n" not in name else mapping
            if other in seen or not other.is_relative_to(root()) or not other.is_file():
                continue
            seen.add(other)
            yield other
            if other.suffix == file.suffix:
                waiting.append(other)


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict | list):
            waiting.extend(one.values() if isinstance(one, dict) else one)
