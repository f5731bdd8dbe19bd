"""The folders: whether they can be read and written, what the inbound pattern matches, and how much room there is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from etl.diagnosis import Check, Mark, fail, ok, told, warn
from etl.endpoints.files.listing import match_names
from etl.endpoints.files.location import Location, Url
from etl.endpoints.files.overlap import refuse_overlap
from etl.endpoints.files.remote import file_systems
from etl.errors import SettingsError
from etl.exit_codes import ExitCode
from etl.mapping.model import Mapping
from etl.settings import Settings

_LITTLE: Final = 1_000_000_000
_TOO_LITTLE: Final = 50_000_000
_READ: Final = os.R_OK | os.X_OK
_WRITE: Final = os.W_OK | os.X_OK


def examine_folders(mapping: Mapping, settings: Settings) -> Iterator[Check]:
    """Yield what is to be said of both folders, without making one."""
    folders = {"inbound": settings.inbound, "outbound": settings.outbound}
    checks = [check for subject, location in folders.items() for check in _each(subject, location, mapping)]
    if not any(check.mark is Mark.FAIL and isinstance(folders[check.subject], Url) for check in checks):
        yield from _overlap(mapping, settings)
    yield from checks


def _overlap(mapping: Mapping, settings: Settings) -> Iterator[Check]:
    try:
        refuse_overlap(mapping, settings.inbound, settings.outbound)
    except SettingsError as error:
        yield from told("folders", error, ExitCode.INVALID)


def _each(subject: str, location: Location, mapping: Mapping) -> Iterator[Check]:
    if not isinstance(location, Path):
        yield from _behind_url(subject, location)
    elif subject == "inbound":
        yield _inbound(location.absolute(), mapping.files.inbound)
    else:
        yield from _outbound(location.absolute())


def _behind_url(subject: str, url: Url) -> Iterator[Check]:
    try:
        file_systems(url)
    except SettingsError as error:
        yield from told(subject, error, ExitCode.INVALID)
    else:
        yield ok(subject, f"{url} is a URL, which is not looked at")


def _inbound(folder: Path, glob: str) -> Check:
    try:
        found = match_names([each.name for each in folder.iterdir()], glob, sorted)
    except OSError as error:
        fix = "create it, set DATA_INBOUND_DIR, or let whoever runs this read it"
        return fail("inbound", f"{folder} cannot be read: {error.strerror}", fix, ExitCode.FAILED)
    unread = next((name for name in found.matching[:1] if not os.access(folder / name, os.R_OK)), None)
    if unread is not None:
        fix = "let whoever runs this read the files"
        return fail("inbound", f"{folder / unread} cannot be read", fix, ExitCode.FAILED)
    if found.doubt:
        return warn("inbound", f"{folder}: {found.doubt}", "correct the names, or `inbound` under files in the mapping")
    if not found.matching:
        return warn("inbound", f"{folder} is empty", "see whether it is the right one")
    files = "1 file matches" if len(found.matching) == 1 else f"{len(found.matching):,} files match"
    return ok("inbound", f"{folder}: {files} {glob}")


def _outbound(folder: Path) -> Iterator[Check]:
    there = next(each for each in (folder, *folder.parents) if each.exists())
    fix = "let whoever runs this write there, or set DATA_OUTBOUND_DIR"
    if not there.is_dir():
        yield fail("outbound", f"{there} is no folder", fix, ExitCode.FAILED)
        return
    if not os.access(there, _WRITE):
        yield fail("outbound", f"{there} cannot be written to", fix, ExitCode.FAILED)
    else:
        yield ok("outbound", f"{folder} can be written to" if there == folder else f"{folder}: a run makes it")
    yield room("outbound", there)


def room(subject: str, folder: Path) -> Check:
    """Return how much room there is where a folder is."""
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:,.1f} GB are free at {folder}"
    if free < _TOO_LITTLE:
        return fail(subject, text, "make room", ExitCode.FAILED)
    return warn(subject, text, "make room") if free < _LITTLE else ok(subject, text)
