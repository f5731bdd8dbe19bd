"""The names of the settings, which other names are meant for one of them, and what of a value may be shown."""

from __future__ import annotations

import difflib
import re
import unicodedata
from typing import Final

from etl.record import shown

SETTINGS: Final = (
    "MONGO_URI",
    "MONGO_DATABASE",
    "MONGO_COLLECTION",
    "MONGO_INDEX",
    "DATA_INBOUND_DIR",
    "DATA_OUTBOUND_DIR",
    "MAX_REJECTED",
    "MAX_DELETED",
    "MAX_RECORD_BYTES",
    "MAX_RECORD_VALUES",
    "MAX_DEPTH",
    "LEASE_SECONDS",
    "RETRY_SECONDS",
    "RUNS_KEPT",
    "UNDO_KEPT",
    "UNDO_BYTES",
    "LETTERS_KEPT",
    "CONFLICTS_KEPT",
    "REJECTS_CSV",
    "NOTIFY_URL",
    "HEARTBEAT_URL",
    "METRICS_FILE",
    "OPENTELEMETRY",
    "FAIL_ON",
)

_SAME: Final = {
    **dict.fromkeys(("MONGODB",), "MONGO"),
    **dict.fromkeys(("URL", "DSN", "CONNECTION", "CONN"), "URI"),
    **dict.fromkeys(("DB", "DBNAME"), "DATABASE"),
    **dict.fromkeys(("COLL",), "COLLECTION"),
    **dict.fromkeys(("MAXIMUM",), "MAX"),
    **dict.fromkeys(("REJECT", "REJECTS", "REJECTION", "REJECTIONS"), "REJECTED"),
    **dict.fromkeys(("DELETE", "DELETES", "DELETION", "DELETIONS"), "DELETED"),
    **dict.fromkeys(("SIZE", "BYTE"), "BYTES"),
    **dict.fromkeys(("VALUE",), "VALUES"),
    **dict.fromkeys(("S", "SEC", "SECS", "SECOND"), "SECONDS"),
}
"""Words that people write for those of a setting."""

_OPTIONAL: Final = frozenset(
    {"ETL", "TRACOS", "ENV", "NAME", "STR", "STRING", "URI", "DATABASE"}
    | {"DATA", "DIR", "FOLDER", "PATH", "DIRECTORY", "RECORD", "RECORDS"}
)
"""Words that make no other name of one, and of which a setting's own are no more than a help to the reader."""

_NEEDED: Final = {
    setting: frozenset(_SAME.get(word, word) for word in setting.split("_"))
    - ({"DATA", "DIR"} if setting.endswith("_DIR") else set())
    for setting in SETTINGS
}
_NEAR: Final = 0.85
"""From this share of equal letters on, one name is taken for the other misspelt."""

_OURS: Final = frozenset({"ETL", "TRACOS", "KEEP", "OTEL", *(setting.split("_")[0] for setting in SETTINGS)})
_OF_OTHERS: Final = ("MONGO_INITDB_", "OTEL_")
"""How variables of the `mongo` container image and of OpenTelemetry begin, which may stand in the same file."""

_HARMLESS: Final = re.compile(r"[\w .,%+-]{1,12}\Z")


def meant(name: str) -> str | None:
    """Return the setting that somebody meant who wrote `name`; None if it is a setting, or is like none."""
    text = unicodedata.normalize("NFKC", name).upper()
    if name in SETTINGS:
        return None
    words = {_SAME.get(word, word) for word in re.split(r"[^A-Z0-9]+", text) if word}
    for setting, needed in _NEEDED.items():
        if needed <= words <= needed | _OPTIONAL:
            return setting
    return next(iter(difflib.get_close_matches(text, SETTINGS, 1, _NEAR)), None)


def looks_ours(name: str) -> bool:
    """Return whether a name in our own file can only be thought to be a setting."""
    first = re.split(r"[^A-Z0-9]+", name.upper(), maxsplit=1)[0]
    is_ours = first in _OURS or _SAME.get(first, first) in _OURS
    return not name.startswith(_OF_OTHERS) and (is_ours or meant(name) is not None)


def displayed(value: str) -> str:
    """Return the value of a setting for a message: whole where it is a short word or number, else nothing of it."""
    return shown(value) if _HARMLESS.match(value) else "a text that is not shown here (it may hold a secret)"
