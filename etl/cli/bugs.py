"""What is shown of a bug of the engine."""

from __future__ import annotations

import os
from pathlib import Path


def traceback_without_secrets(error: Exception) -> str:
    """Return the traceback of a bug, to be reported, without the secrets of the settings."""
    import traceback  # noqa: PLC0415 - see etl.cli

    from etl.alarms.wanted import Wanted  # noqa: PLC0415
    from etl.endpoints.files.location import Url  # noqa: PLC0415
    from etl.errors import EtlError  # noqa: PLC0415
    from etl.settings import Settings, load_settings  # noqa: PLC0415

    text = "".join(traceback.format_exception(error))
    try:
        settings = load_settings()
    except EtlError:
        given = _given()
        inbound, outbound = (Url(given.get(f"DATA_{way}_DIR", "")) for way in ("INBOUND", "OUTBOUND"))
        alarms = Wanted(tuple(given.get("NOTIFY_URL", "").split()), given.get("HEARTBEAT_URL", ""))
        settings = Settings(given.get("MONGO_URI", ""), inbound=inbound, outbound=outbound, alarms=alarms)
    return f"{settings.redacted(text)}This is a bug of etl; please report it with these lines."


def _given() -> dict[str, str]:
    """Return what is said of settings, right or wrong, as far as it can be read."""
    from etl.env_file import read_env_file  # noqa: PLC0415 - see etl.cli
    from etl.errors import EtlError  # noqa: PLC0415

    try:
        return {**read_env_file(Path(".env")), **os.environ}
    except EtlError:
        return dict(os.environ)
