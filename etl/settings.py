"""Settings: an exported variable, else the .env file, else what the mapping or the default says.

An empty value counts as a value, and gets a clear error where it cannot work.
"""

from __future__ import annotations

import os
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Final

from etl.errors import SettingsError

DATABASE: Final = "tractian"
INBOUND: Final = "./data/inbound"
OUTBOUND: Final = "./data/outbound"
EMBEDDED: Final = "./data/db"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation says. uri: None for the embedded MongoDB. collection: None for the mapping's own."""

    uri: str | None = field(default=None, repr=False)
    database: str = DATABASE
    collection: str | None = None
    inbound: Path = Path(INBOUND)
    outbound: Path = Path(OUTBOUND)
    embedded: Path = Path(EMBEDDED)


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
        inbound=Path(_get(values, "DATA_INBOUND_DIR", f"write a folder, or unset it to use {INBOUND}") or INBOUND),
        outbound=Path(_get(values, "DATA_OUTBOUND_DIR", f"write a folder, or unset it to use {OUTBOUND}") or OUTBOUND),
    )


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
