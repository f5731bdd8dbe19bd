"""What is shown of a bug of the engine."""

from __future__ import annotations

import os


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
        inbound, outbound = (Url(os.environ.get(f"DATA_{way}_DIR", "")) for way in ("INBOUND", "OUTBOUND"))
        alarms = Wanted(tuple(os.environ.get("NOTIFY_URL", "").split()), os.environ.get("HEARTBEAT_URL", ""))
        settings = Settings(os.environ.get("MONGO_URI", ""), inbound=inbound, outbound=outbound, alarms=alarms)
    return f"{settings.redacted(text)}This is a bug of etl; please report it with these lines."
