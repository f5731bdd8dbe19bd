"""The settings: each with its value and where it comes from, and names that are meant for one of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Mapping as Table
from pathlib import Path
from typing import Final

from etl.diagnosis import Check, ok, warn
from etl.endpoints.files.location import parse_location
from etl.endpoints.mongodb.uri import EMBEDDED, database_of, shown_uri
from etl.env_file import read_env_file
from etl.record import printable
from etl.setting_names import SETTINGS, displayed, meant
from etl.settings import Settings

ENV_FILE: Final = Path(".env")

_WITHOUT: Final = {
    "MONGO_URI": "the private one in data/db, if there is one",
    "MONGO_COLLECTION": "the mapping's",
    "MONGO_INDEX": "our own",
    "MAX_REJECTED": "no limit",
    "MAX_DELETED": "no limit",
    "LETTERS_KEPT": "for ever",
    "CONFLICTS_KEPT": "for ever",
    "NOTIFY_URL": "nobody",
    "HEARTBEAT_URL": "none",
    "METRICS_FILE": "none",
    "OPENTELEMETRY": "off",
    "FAIL_ON": "new",
}
"""What holds where a setting is not set that has no value of its own then."""


def examine_settings(settings: Settings, exported: Table[str, str] | None = None) -> Iterator[Check]:
    """Yield every setting with its value and its origin. exported: the process's own environment if not given.

    Raises: as `load_settings`, of what is wrong with the .env file.
    """
    exported = os.environ if exported is None else exported
    written = read_env_file(ENV_FILE)
    there = "is read" if ENV_FILE.is_file() else "is not there"
    yield ok(".env", f"{ENV_FILE.absolute()} {there}")
    for name in SETTINGS:
        origin = "exported" if name in exported else ".env" if name in written else ""
        value = exported.get(name, written.get(name))
        usual = f"{_usual(name, settings)}, {_why(name, settings)}"
        yield ok(name, usual if value is None else f"{_shown(name, value)}, {origin}")
    for name in sorted(exported):
        if setting := meant(name):
            text = f"{printable(name)} is exported, and is no setting; {setting} is exported as well, and counts"
            yield warn(printable(name), text, f"remove it, if {setting} was meant")


def _shown(name: str, value: str) -> str:
    """Return the value of a setting without its secrets; a folder with its whole path."""
    text = value.strip()
    if name == "MONGO_URI":
        return text if text == EMBEDDED else shown_uri(text)
    return _place(text) if name.startswith("DATA_") or name == "METRICS_FILE" else displayed(text)


def _usual(name: str, settings: Settings) -> str:
    """Return what holds where a setting is not set."""
    match name:
        case "MONGO_DATABASE":
            return settings.database
        case "DATA_INBOUND_DIR":
            return _place(str(settings.inbound))
        case "DATA_OUTBOUND_DIR":
            return _place(str(settings.outbound))
    value = getattr(settings, name.lower(), None)
    if isinstance(value, bool):
        return "on" if value else "off"
    return _WITHOUT[name] if value is None else str(value)


def _why(name: str, settings: Settings) -> str:
    """Return where a value comes from that nobody has set."""
    is_in_uri = name == "MONGO_DATABASE" and database_of(settings.uri or "")
    return "as MONGO_URI says" if is_in_uri else "as it is not set"


def _place(text: str) -> str:
    found = parse_location(text)
    return str(found.expanduser().absolute()) if isinstance(found, Path) else str(found)
