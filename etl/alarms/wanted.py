"""What an installation wants to hear, and where. Every URL here is a secret: it is shown by its host alone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from etl.errors import SettingsError

_WEB: Final = ("http", "https")
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is alarmed. notify: URLs for messages. heartbeat: of one who hears of each start and end. metrics: a file."""

    notify: tuple[str, ...] = field(default=(), repr=False)
    heartbeat: str = field(default="", repr=False)
    metrics: Path | None = None
    otel: bool = False

    def redacted(self, text: str) -> str:
        """Return a text without these URLs."""
        for url in (*self.notify, self.heartbeat):
            text = text.replace(url, shown_url(url)) if url else text
        return text


def is_web(url: str) -> bool:
    """Return whether a URL is one of the web."""
    return url.partition("://")[0].lower() in _WEB


def shown_url(url: str) -> str:
    """Return what may be seen of a URL: its scheme, and the host of one of the web."""
    scheme = url.partition("://")[0]
    if scheme not in _WEB:
        return f"{scheme}://…"
    try:
        return f"{scheme}://{urlsplit(url).hostname or ''}/…"
    except ValueError:
        return f"{scheme}://…"


def check_notify(text: str, name: str = "NOTIFY_URL") -> None:
    """Raise SettingsError where one of several URLs is none."""
    for url in text.split():
        if not _URL.match(url) or (is_web(url) and not _has_host(url)):
            raise SettingsError(f"{name} has what is no URL; write one such as https://host/path or slack://a/b/c")


def check_heartbeat(text: str, name: str = "HEARTBEAT_URL") -> None:
    """Raise SettingsError where a text is no URL of the web."""
    if len(text.split()) != 1 or not is_web(text) or not _has_host(text):
        raise SettingsError(f"{name} is no URL of the web; write one such as https://hc-ping.com/UUID")


def check_metrics(text: str, name: str = "METRICS_FILE") -> None:
    """Raise SettingsError where a text is a URL: metrics are read from a file of this machine."""
    if "://" in text:
        raise SettingsError(f"{name} is a URL; write the name of a file of this machine, such as /var/lib/x/etl.prom")


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
