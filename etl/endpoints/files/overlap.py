"""Whether a run would read what it wrote: one folder for both directions, and a name that both may have."""

from __future__ import annotations

import fnmatch
import os
import posixpath
import re
from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Any, Final

from etl.endpoints.files.location import Location, Url
from etl.endpoints.files.remote import CACHES, file_systems, local_path
from etl.errors import SettingsError
from etl.mapping.model import Mapping
from etl.mapping.schemas.shapes import Schema
from etl.mapping.templates import Fits, can_meet, steps_of

_WHOLE: Final = frozenset({"integer", "number"})
_SECRETS: Final = ("username", "user", "password")

_PIECE: Final = re.compile(r"\*|\?|\[!?\]?[^]]*\]|.", re.DOTALL)


def refuse_overlap(mapping: Mapping, inbound: Location, outbound: Location, beside: Sequence[str] = ()) -> None:
    """Refuse folders where what is written would be read as what the client sends. beside: other names of what is.

    Raises:
        SettingsError: when both are one, and a name that may be written matches the pattern that is read.

    """
    files, whole = mapping.files, _whole_numbers(mapping)
    written = [*(entry.file for entry in files.entries), *([files.marker] if files.marker else []), *beside]
    name = next((file for file in written if can_match(files.inbound, file, whole)), None)
    if name is not None and is_one_folder(inbound, outbound):
        raise SettingsError(
            f"{inbound} is both the inbound and the outbound folder, and a file that is written as "
            f"{name} may match {files.inbound}, which is read: what goes out would come in again; "
            "set DATA_OUTBOUND_DIR to another folder, or give the mapping names that the pattern does not match"
        )


def is_one_folder(one: Location, other: Location) -> bool:
    """Return whether two locations are one folder, by whatever links, and however their URLs are written."""
    places = [_place(one), _place(other)]
    local = [place for place in places if isinstance(place, FilePath)]
    if len(local) == 1:
        return False
    if not local:
        return bool(places[0] == places[1])
    try:
        return os.path.samefile(*local)
    except OSError:  # one is not there yet
        return os.path.realpath(local[0]) == os.path.realpath(local[1])


def can_match(glob: str, template: str, whole: Sequence[str] = ()) -> bool:
    """Return whether a name that is made of a template may match a glob. whole: what is a whole number in the names."""
    return can_meet(_glob_steps(os.path.normcase(glob)), list(steps_of(template, whole, os.path.normcase)))


def _glob_steps(glob: str) -> list[tuple[Fits, bool]]:
    """Return, for each piece of a glob, which characters it takes, and whether it takes any number of them."""

    def fits(piece: str) -> Fits:
        matches = re.compile(fnmatch.translate(piece)).match
        return lambda character: matches(character) is not None

    return [((lambda _: True), True) if piece == "*" else (fits(piece), False) for piece in _PIECE.findall(glob)]


def _whole_numbers(mapping: Mapping) -> list[str]:
    schema = Schema(mapping.outside.schema)
    named = {text: path for entry in mapping.files.entries for text, path in entry.named}
    return [text for text, path in named.items() if schema.shape(path).types <= _WHOLE]


def _place(location: Location) -> FilePath | tuple[Any, ...]:
    """Return a folder of this machine as its path, one behind a URL as what tells it from all others."""
    if not isinstance(location, Url):
        return location
    kinds = list(zip(location.schemes, file_systems(location), location.value.split("::"), strict=True))
    if (path := local_path(location)) is not None:
        return path
    return tuple((kind, *_address(kind, link)) for scheme, kind, link in kinds if scheme not in CACHES)


def _address(kind: Any, link: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the path in a URL, and the host and the like, without who asks."""
    options = kind._get_kwargs_from_urls(link)
    path = posixpath.normpath("/" + str(kind._strip_protocol(link)).lstrip("/"))
    return path, sorted((name, str(value)) for name, value in options.items() if name not in _SECRETS)
