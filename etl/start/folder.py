"""The files of a new folder: a mapping that comes with the engine, and what there is around one."""

from __future__ import annotations

import os
from collections.abc import Collection
from collections.abc import Mapping as Table
from pathlib import Path, PurePosixPath
from string import Template
from typing import Final, NamedTuple

from etl.errors import EndpointError
from etl.mapping.load import load_mapping
from etl.mapping.model import Mapping
from etl.sample import Sampler
from etl.sample_files import SampleFiles
from etl.shipped import EDITOR_SCHEMA, SCHEMAS, shipped_schema
from etl.start.ready import Ready

INBOUND: Final = PurePosixPath("data/inbound")

_TEMPLATES: Final = Path(__file__).parent / "templates"
_PLACES: Final = {
    "README.md": "README.md",
    "env": ".env",
    "gitignore": ".gitignore",
    "workflow.yml": ".github/workflows/mappings.yml",
}
_MADE: Final = 3
"""How many samples are made of a mapping that brings none."""

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_PRIVATE: Final = 0o600
_PLAIN: Final = 0o666


class Made(NamedTuple):
    """What became of the files of a folder: those that were written, and those that were there, as something else."""

    written: list[PurePosixPath]
    there: list[PurePosixPath]


def files_like(ready: Ready, version: str) -> dict[PurePosixPath, bytes]:
    """Return all files of a folder that starts from a mapping of the engine's own."""
    mapping = load_mapping(ready.file)
    samples = ready.samples() or _made_samples(mapping)
    return {
        **ready.files(),
        PurePosixPath(SCHEMAS, EDITOR_SCHEMA): shipped_schema(EDITOR_SCHEMA),
        **{INBOUND / name: content for name, content in samples.items()},
        **around(mapping.name, ready.place, version),
    }


def around(name: str, place: PurePosixPath, version: str) -> dict[PurePosixPath, bytes]:
    """Return what there is around a mapping: settings, a workflow that proves it, a page. place: of the mapping."""
    words = {"name": name, "mapping": str(place), "version": version}
    texts = {target: (_TEMPLATES / source).read_text("utf-8") for source, target in _PLACES.items()}
    return {PurePosixPath(target): Template(text).substitute(words).encode() for target, text in texts.items()}


def write_new(folder: Path, files: Table[PurePosixPath, bytes], new: Collection[PurePosixPath] = ()) -> Made:
    """Write files into a folder, made if need be; one that is there stays as it is. new: those that must not be there.

    Raises:
        EndpointError: when one cannot be written, or is there and must not be; then nothing was written.

    """
    made = Made([], [])
    for place in new:
        if os.path.lexists(folder / place):
            raise EndpointError(f"{folder / place} is there already, and stays as it is; choose another --name")
    for place, content in files.items():
        target = folder / place
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            rights = _PRIVATE if place.name == ".env" else _PLAIN
            with os.fdopen(os.open(target, _NEW, rights), "wb") as file:
                file.write(content)
        except FileExistsError:
            if not target.is_file():
                raise EndpointError(f"{target} cannot be written: something else is there") from None
            if target.read_bytes() != content:
                made.there.append(place)
        except OSError as error:
            raise EndpointError(f"{target} cannot be written: {error.strerror or error}") from None
        else:
            made.written.append(place)
    return made


def _made_samples(mapping: Mapping) -> dict[str, bytes]:
    samples = SampleFiles(mapping, Sampler(mapping))
    return {name: samples.content(name, numbers) for name, numbers in samples.names(_MADE)}
