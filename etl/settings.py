"""Settings: an exported variable, else the .env file, else what the mapping or the default says.

Each does what it says or is refused, all that are wrong at once; so is a name that only looks like one. An empty value
counts as a value. Of what may hold a secret nothing is shown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from etl.alarms.wanted import Wanted, check_heartbeat, check_metrics, check_notify
from etl.endpoints.files.limits import MAX_BYTES, MAX_DEPTH, MAX_VALUES
from etl.endpoints.files.location import Location, parse_location, without_secrets
from etl.endpoints.mongodb.uri import DECLINED, check_collection, check_database, check_index, database_of, redact
from etl.endpoints.mongodb.uri import EMBEDDED as BY_NAME
from etl.env_file import read_env_file
from etl.errors import SettingsError
from etl.limits import Limit, parse_limit
from etl.record import printable
from etl.setting_names import displayed, meant

DATABASE: Final = "tractian"
INBOUND: Final = "./data/inbound"
OUTBOUND: Final = "./data/outbound"
EMBEDDED: Final = "./data/db"
SECONDS: Final = 30
RUNS_DAYS: Final = 90
UNDO_DAYS: Final = 30
UNDO_BYTES: Final = 1024 * 1024 * 1024

_MAX_RECORD_BYTES: Final = 15_000_000
"""What MongoDB can hold, with some room for what a run adds."""

_MAX_RECORD_VALUES: Final = 200_000
"""What is read back from MongoDB, with some room for what a work order has beside it."""

_MAX_DEPTH: Final = 150
_DIGITS: Final = 20
_MAX_SECONDS: Final = 3600
_MAX_DAYS: Final = 3650
_MAX_UNDO_BYTES: Final = 1024**4
_VARIABLE: Final = re.compile(r"\$\{|(?:\A|[/\\])\$\w|%[A-Za-z_]\w*%")
_CUT_URL: Final = re.compile(r"[A-Za-z][\w+.-]+:/|[^/:]+:[^/]+@")
_QUOTES: Final = "'\"`"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation says.

    uri: None for the embedded MongoDB that is there, `embedded` for one that is made if need be. database: if not
    given, the one that the URI names, else `tractian`. collection: None for the mapping's own. index: the name of the
    unique index that a run makes, None for its own, `none` for no index. inbound, outbound: a folder of this machine,
    or a URL that fsspec opens. max_record_bytes, max_record_values, max_depth: of an inbound record. max_rejected,
    max_deleted: beyond them a run stops. lease_seconds: how long a run that died keeps others out. retry_seconds: how
    long a passing failure of MongoDB is waited for. runs_kept: for so many days the history has a run. undo_kept: for
    so many days a run can be undone. undo_bytes: so much is kept for that. letters_kept, conflicts_kept: for so many
    days a dead letter, and a conflict that is decided, is kept; None for ever. fail_on_known: known rejections and
    conflicts make a run end with exit code 1 as new ones do. rejects_csv: a file lists what an import rejects.
    alarms: who hears of it.
    """

    uri: str | None = field(default=None, repr=False)
    database: str = ""
    collection: str | None = None
    index: str | None = None
    inbound: Location = Path(INBOUND)
    outbound: Location = Path(OUTBOUND)
    embedded: Path = Path(EMBEDDED)
    max_record_bytes: int = MAX_BYTES
    max_record_values: int = MAX_VALUES
    max_depth: int = MAX_DEPTH
    max_rejected: Limit | None = None
    max_deleted: Limit | None = None
    lease_seconds: float = SECONDS
    retry_seconds: float = SECONDS
    runs_kept: int = RUNS_DAYS
    undo_kept: int = UNDO_DAYS
    undo_bytes: int = UNDO_BYTES
    letters_kept: int | None = None
    conflicts_kept: int | None = None
    fail_on_known: bool = False
    rejects_csv: bool = False
    alarms: Wanted = Wanted()

    def __post_init__(self) -> None:
        object.__setattr__(self, "database", self.database or database_of(self.uri or "") or DATABASE)

    def redacted(self, text: str) -> str:
        """Return a text without the secrets of these settings."""
        return self.alarms.redacted(without_secrets(redact(text, self.uri or ""), (self.inbound, self.outbound)))

    @property
    def declines_index(self) -> bool:
        """Whether no index is to be made."""
        return self.index == DECLINED

    @property
    def is_embedded(self) -> bool:
        """Whether the MongoDB is the embedded one."""
        return self.uri in (None, BY_NAME)


def load_settings(environment: Table[str, str] | None = None, env_file: Path = Path(".env")) -> Settings:
    """Read the settings; `environment` is the process's own if not given.

    Raises:
        SettingsError: with all values that cannot work, and all names that are meant for a setting and are none.

    """
    exported = os.environ if environment is None else environment
    reader = _Reader({**read_env_file(env_file), **exported})
    reader.problems += _misnamed(exported)
    settings = Settings(
        uri=reader.text(
            "MONGO_URI", "write one such as mongodb://localhost:27017, or unset it to use the embedded one"
        ),
        database=reader.text("MONGO_DATABASE", f"write a name, or unset it to use {DATABASE}", check_database) or "",
        collection=reader.text("MONGO_COLLECTION", "write a name, or unset it to use the mapping's", check_collection),
        index=reader.text("MONGO_INDEX", "write a name, none for no index, or unset it to use our own", check_index),
        inbound=reader.location("DATA_INBOUND_DIR", INBOUND),
        outbound=reader.location("DATA_OUTBOUND_DIR", OUTBOUND),
        max_record_bytes=reader.number("MAX_RECORD_BYTES", MAX_BYTES, _MAX_RECORD_BYTES),
        max_record_values=reader.number("MAX_RECORD_VALUES", MAX_VALUES, _MAX_RECORD_VALUES),
        max_depth=reader.number("MAX_DEPTH", MAX_DEPTH, _MAX_DEPTH),
        max_rejected=reader.limit("MAX_REJECTED"),
        max_deleted=reader.limit("MAX_DELETED"),
        lease_seconds=reader.number("LEASE_SECONDS", SECONDS, _MAX_SECONDS),
        retry_seconds=reader.number("RETRY_SECONDS", SECONDS, _MAX_SECONDS),
        runs_kept=reader.number("RUNS_KEPT", RUNS_DAYS, _MAX_DAYS),
        undo_kept=reader.number("UNDO_KEPT", UNDO_DAYS, _MAX_DAYS),
        undo_bytes=reader.number("UNDO_BYTES", UNDO_BYTES, _MAX_UNDO_BYTES),
        letters_kept=reader.days("LETTERS_KEPT"),
        conflicts_kept=reader.days("CONFLICTS_KEPT"),
        fail_on_known=reader.word("FAIL_ON", ("new", "all")) == "all",
        rejects_csv=reader.word("REJECTS_CSV", ("off", "on")) == "on",
        alarms=reader.alarms(),
    )
    reader.problems += _misplaced(settings)
    if reader.problems:
        raise SettingsError(*reader.problems)
    return settings


def _misnamed(exported: Table[str, str]) -> list[str]:
    """Return what is wrong with the names of exported variables; where the right name is exported too, nothing is."""
    named = [(name, setting) for name in sorted(exported) if (setting := meant(name)) and setting not in exported]
    return [
        f"{printable(name)} is exported, and there is no such setting: write {setting}; "
        f"or, if another program means it, export {setting} as well"
        for name, setting in named
    ]


def _misplaced(settings: Settings) -> list[str]:
    """Return what is wrong with folders: files, and those in which the embedded MongoDB keeps its data."""
    named = {"DATA_INBOUND_DIR": settings.inbound, "DATA_OUTBOUND_DIR": settings.outbound}
    places = {name: place for name, place in named.items() if isinstance(place, Path)}
    is_file = os.path.isfile  # which never raises
    files = [f"{name}: {place} is a file; name a folder" for name, place in places.items() if is_file(place)]
    if not settings.is_embedded:
        return files
    inside = [n for n, place in places.items() if place.resolve().is_relative_to(settings.embedded.resolve())]
    return files + [
        f"{name} is in {settings.embedded}, where the embedded MongoDB keeps its data; name another" for name in inside
    ]


class _Reader:
    """Reads values one by one, and collects what is wrong with them; the default stands for what is wrong."""

    def __init__(self, values: Table[str, str]) -> None:
        self._values = values
        self.problems: list[str] = []

    def text(self, name: str, fix: str, check: Callable[[str], None] = lambda _: None) -> str | None:
        """Return a value without the blanks around it, None if it is not set. check: raises SettingsError."""
        value = self._values.get(name)
        if value is None:
            return None
        text = value.strip()
        try:
            _check_text(name, text, fix)
            check(text)
        except SettingsError as error:
            self.problems += error.problems
            return None
        return text

    def number(self, name: str, default: int, most: int) -> int:
        """Return a whole number from 1 to `most`."""
        found = self._whole(name, most, f"write a whole number from 1 to {most}, or unset it to use {default}")
        return default if found is None else found

    def days(self, name: str) -> int | None:
        """Return a number of days, None for ever."""
        fix = f"write a whole number of days from 1 to {_MAX_DAYS}, or unset it to keep them for ever"
        return self._whole(name, _MAX_DAYS, fix)

    def _whole(self, name: str, most: int, fix: str) -> int | None:
        text = self.text(name, fix)
        if text is None:
            return None
        if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:_DIGITS]) <= most:
            self.problems.append(f"{name} is {displayed(text)}; {fix}")
            return None
        return int(text)

    def word(self, name: str, words: Sequence[str]) -> str:
        """Return one of some words, the first if none is set."""
        fix = f"write one of {', '.join(words)}, or unset it to use {words[0]}"
        text = self.text(name, fix)
        if text is None or text in words:
            return text or words[0]
        self.problems.append(f"{name} is {displayed(text)}; {fix}")
        return words[0]

    def limit(self, name: str) -> Limit | None:
        """Return a limit, None where there is none."""
        text = self.text(name, "write a number such as 100, a share such as 5%, or unset it to have no limit")
        try:
            return None if text is None else parse_limit(text)
        except ValueError as error:
            self.problems.append(f"{name} is {displayed(text or '')}; {error}, or unset it to have no limit")
        return None

    def alarms(self) -> Wanted:
        """Return who is alarmed."""
        notify = self.text("NOTIFY_URL", "write URLs with blanks between them, or unset it", check_notify)
        heartbeat = self.text("HEARTBEAT_URL", "write a URL, or unset it", check_heartbeat)
        metrics = self.text("METRICS_FILE", "write the name of a file, or unset it", check_metrics)
        otel = self.word("OPENTELEMETRY", ("off", "on")) == "on"
        return Wanted(tuple((notify or "").split()), heartbeat or "", Path(metrics) if metrics else None, otel)

    def location(self, name: str, default: str) -> Location:
        """Return a folder or a URL; ~ is the home of whom it names."""
        fix = f"write a folder, or a URL such as s3://bucket/folder, or unset it to use {default}"
        text = self.text(name, fix)
        try:
            return _location(text or default)
        except ValueError as error:
            self.problems.append(f"{name} {error}")
        return Path(default)


def _check_text(name: str, text: str, fix: str) -> None:
    if not text:
        raise SettingsError(f"{name} is empty; {fix}")
    if not text.isprintable():
        raise SettingsError(f"{name} holds a character that is not printable; {fix}")
    if text[0] in _QUOTES and text[0] == text[-1]:
        raise SettingsError(f"{name} is in quotes, which are a part of it here; write it without")


def _location(text: str) -> Location:
    found = parse_location(text)
    if not isinstance(found, Path):
        return found
    if _VARIABLE.search(text):
        raise ValueError("names a variable, and none is replaced here; write out what it stands for")
    if _CUT_URL.match(text):
        raise ValueError("is a URL without its ://; write it with that")
    try:
        return found.expanduser() if text.startswith("~") else found
    except RuntimeError:
        raise ValueError("begins with the home of somebody who is not known here; ./~NAME is a folder") from None
