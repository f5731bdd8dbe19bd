"""The doctor: everything that a run needs is examined in two seconds, and nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from etl.app.examining.installation import examine_settings
from etl.app.examining.machine import examine_machine
from etl.app.examining.proofs import examine_mapping, examine_overlaps
from etl.diagnosis import Check, ok, told
from etl.errors import SettingsError
from etl.settings import Settings, load_settings


def doctor(file: Path, others: Sequence[Path] = ()) -> list[Check]:
    """Examine what a run of a mapping needs. others: mappings that are run beside it."""
    checks = list(examine_machine())
    mapping, found = examine_mapping(file)
    settings: Settings | None = None
    try:
        settings = load_settings()
        checks += examine_settings(settings)
    except SettingsError as error:
        checks += told("settings", error, error.exit_code)
    checks += found
    if mapping is None or settings is None:
        checks.append(ok("the rest", "folders and MongoDB are looked at once the settings and the mapping can be read"))
        return checks
    from etl.app.examining.database import examine_database  # noqa: PLC0415 - pymongo is slow to import
    from etl.app.examining.folders import examine_folders  # noqa: PLC0415

    checks += examine_overlaps(mapping, others)
    checks += examine_folders(mapping, settings)
    checks += examine_database(mapping, settings)
    return checks
