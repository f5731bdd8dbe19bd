"""Settings: an exported variable, else the .env file, else what the mapping or the default says.

An empty value counts as a value, and gets a clear error where it cannot work.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Final

from etl.endpoints.files.location import Location, parse_location
from etl.errors import SettingsError
from etl.record import shown

DATABASE: Final = "tractian"
INBOUND: Final = "./data/inbound"
OUTBOUND: Final = "./data/outbound"
EMBEDDED: Final = "./data/db"
RECORD_BYTES: Final = 4 * 1024 * 1024
DEPTH: Final = 100
SECONDS: Final = 30

_LIMIT: Final = re.compile(r"(?:(?P<number>[0-9]{1,9}(?:\.[0-9]{1,6})?)(?P<percent>%)|(?P<count>[0-9]{1,9}))\Z")
_ALL: Final = 100.0
_MAX_RECORD_BYTES: Final = 15_000_000
"""What MongoDB can hold, with some room for what a run adds."""

_MAX_DEPTH: Final = 150
_DIGITS: Final = 20
_MAX_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Limit:
    """How many records of a run may be of one kind: a number of them, or a share of those that were read."""

    most: float
    share: bool = False

    def is_exceeded(self, part: int, whole: int, *, ended: bool) -> bool:
        """Return whether `part` of `whole` records are too many; a share is judged once all were read."""
        return ended and part > self.most * whole if self.share else part > self.most

    def __str__(self) -> str:
        return f"{self.most * 100:g}%" if self.share else f"{self.most:g}"


def parse_limit(text: str) -> Limit:
    """Parse a limit: `100` records, or `5%` of them.

    Raises:
        ValueError: when it is neither.

    """
    match = _LIMIT.match(text.strip())
    if match is None or (match["percent"] and float(match["number"]) > _ALL):
        raise ValueError("write a number such as 100, or a share such as 5%")
    return Limit(float(match["number"]) / _ALL, share=True) if match["percent"] else Limit(int(match["count"]))


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation says.

    uri: None for the embedded MongoDB. collection: None for the mapping's own. inbound, outbound: a folder of this
    machine, or a URL that fsspec opens. max_record_bytes, max_depth: of an inbound record. max_rejected, max_deleted:
    beyond them a run stops. lease_seconds: how long a run that died keeps others out. retry_seconds: how long a passing
    failure of MongoDB is waited for.
    """

    uri: str | None = field(default=None, repr=False)
    database: str = DATABASE
    collection: str | None = None
    inbound: Location = Path(INBOUND)
    outbound: Location = Path(OUTBOUND)
    embedded: Path = Path(EMBEDDED)
    max_record_bytes: int = RECORD_BYTES
    max_depth: int = DEPTH
    max_rejected: Limit | None = None
    max_deleted: Limit | None = None
    lease_seconds: float = SECONDS
    retry_seconds: float = SECONDS


def load_settings(environment: Table[str, str] | None = None, env_file: Path = Path(".env")) -> Settings:
    """Read the settings; `environment` is the process's own if not given.

    Raises:
        SettingsError: when a value is empty where it cannot be, or the .env file cannot be read.

    """
    values = {**_read_env_file(env_file), **(os.environ if environment is None else environment)}
    return Settings(
        uri=_get(
            values, "MONGO_URI", "write one such as mongodb://localhost:27017, or unset it to use the embedded one"
        ),
        database=_get(values, "MONGO_DATABASE", f"write a name, or unset it to use {DATABASE}") or DATABASE,
        collection=_get(values, "MONGO_COLLECTION", "write a name, or unset it to use the mapping's"),
        inbound=_get_location(values, "DATA_INBOUND_DIR", INBOUND),
        outbound=_get_location(values, "DATA_OUTBOUND_DIR", OUTBOUND),
        max_record_bytes=_get_number(values, "MAX_RECORD_BYTES", RECORD_BYTES, _MAX_RECORD_BYTES),
        max_depth=_get_number(values, "MAX_DEPTH", DEPTH, _MAX_DEPTH),
        max_rejected=_get_limit(values, "MAX_REJECTED"),
        max_deleted=_get_limit(values, "MAX_DELETED"),
        lease_seconds=_get_number(values, "LEASE_SECONDS", SECONDS, _MAX_SECONDS),
        retry_seconds=_get_number(values, "RETRY_SECONDS", SECONDS, _MAX_SECONDS),
    )


def _get_number(values: Table[str, str], name: str, default: int, most: int) -> int:
    fix = f"write a whole number from 1 to {most}, or unset it to use {default}"
    text = _get(values, name, fix)
    if text is None:
        return default
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:_DIGITS]) <= most:
        raise SettingsError(f"{name} is {shown(text)}; {fix}")
    return int(text)


def _get_location(values: Table[str, str], name: str, default: str) -> Location:
    text = _get(values, name, f"write a folder, or a URL such as s3://bucket/folder, or unset it to use {default}")
    try:
        return parse_location(default if text is None else text)
    except ValueError as error:
        raise SettingsError(f"{name} {error}") from None


def _get_limit(values: Table[str, str], name: str) -> Limit | None:
    text = _get(values, name, "write a number such as 100, a share such as 5%, or unset it to have no limit")
    try:
        return None if text is None else parse_limit(text)
    except ValueError as error:
        raise SettingsError(f"{name} is {shown(text)}; {error}, or unset it to have no limit") from None


def _get(values: Table[str, str], name: str, fix: str) -> str | None:
    value = values.get(name)
    if value is not None and not value.strip():
        raise SettingsError(f"{name} is empty; {fix}")
    if value is not None and not value.isprintable():
        raise SettingsError(f"{name} holds a character that is not printable; {fix}")
    return value.strip() if name == "MONGO_URI" and value else value


def _read_env_file(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    from dotenv.parser import parse_stream  # noqa: PLC0415 - only where there is such a file

    try:
        bindings = list(parse_stream(StringIO(file.read_text("utf-8-sig"))))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}") from None
    for binding in bindings:
        if binding.error:
            raise SettingsError(f"{file}:{binding.original.line}: not NAME=VALUE, or a quote is not closed")
    return {binding.key: binding.value or "" for binding in bindings if binding.key is not None}
