"""Sending: over the web by itself, everything else by a library that knows the chats. It never takes long.

What cannot be delivered is said, and costs no run anything else.
"""

from __future__ import annotations

import json
import logging
import threading
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

from etl.alarms.wanted import is_web
from etl.errors import SettingsError
from etl.version import __version__

SECONDS: Final = 10.0
"""So long one delivery may take."""

_LATE: Final = "it took longer than {:g} seconds"
_AGENT: Final = f"tracos-etl/{__version__}"


class NotDeliveredError(Exception):
    """Something was not delivered. Its text says why, and nothing of the URL."""


def within(seconds: float, work: Callable[[], object]) -> None:
    """Do work that may hang, and wait for it no longer than so many seconds.

    Raises:
        NotDeliveredError: when it has not ended by then, or has failed.

    """
    failed: list[NotDeliveredError] = []

    def run() -> None:
        try:
            work()
        except NotDeliveredError as error:
            failed.append(error)
        except Exception as error:  # noqa: BLE001 - whatever a library raises, it costs no run anything
            failed.append(NotDeliveredError(type(error).__name__))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise NotDeliveredError(_LATE.format(seconds))
    if failed:
        raise failed[0]


def check_chats(urls: tuple[str, ...]) -> None:
    """Make sure that the library is there which knows the URLs that are not of the web, and that it knows them.

    Raises:
        SettingsError: when it does not.

    """
    chats = [url for url in urls if not is_web(url)]
    if not chats:
        return
    apprise = _apprise()
    for url in chats:
        if not apprise.Apprise().add(url):
            scheme = url.partition("://")[0]
            raise SettingsError(
                f"NOTIFY_URL has a URL with {scheme}:// that says nothing to apprise: look up its form at "
                "https://appriseit.com/services"
            )


def _apprise() -> Any:
    try:
        import apprise  # noqa: PLC0415 - only where somebody wants it
    except ImportError:
        raise SettingsError(
            "NOTIFY_URL has a URL of something else than the web, which takes the extra notify: "
            "pip install 'tracos-etl[notify]'"
        ) from None
    log = logging.getLogger("apprise")
    log.handlers, log.propagate = [logging.NullHandler()], False  # its messages hold URLs
    return apprise


def notify(url: str, title: str, fields: dict[str, Any]) -> None:
    """Send a message: as JSON over the web, else as its text.

    Raises:
        NotDeliveredError: when it does not arrive in time.

    """
    if is_web(url):
        body = json.dumps(fields, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace")
        within(SECONDS, lambda: _request(url, body))
        return
    within(SECONDS, lambda: _chat(url, title, str(fields["text"])))


def _chat(url: str, title: str, text: str) -> None:
    chat = _apprise().Apprise()
    if not chat.add(url) or not chat.notify(body=text, title=title):
        raise NotDeliveredError("the service did not take it")


def ping(url: str, what: str) -> None:
    """Tell a heartbeat of a start ("start"), an end ("") or a failure ("fail").

    Raises:
        NotDeliveredError: when that does not arrive in time.

    """
    parts = urlsplit(url)
    path = f"{parts.path.rstrip('/')}/{what}" if what else parts.path
    within(SECONDS, lambda: _request(urlunsplit(parts._replace(path=path)), None))


def _request(url: str, body: bytes | None) -> None:
    import urllib.error  # noqa: PLC0415 - only where somebody wants it
    import urllib.request  # noqa: PLC0415

    class Staying(urllib.request.HTTPRedirectHandler):
        """A message goes where it was sent, or nowhere: elsewhere it would arrive without its body."""

        def redirect_request(self, request: Any, *rest: Any) -> Any:
            return None if request.data is not None else super().redirect_request(request, *rest)

    parts = urlsplit(url)
    headers = {"User-Agent": _AGENT, **({"Content-Type": "application/json; charset=utf-8"} if body else {})}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    request = urllib.request.Request(bare, body, headers)  # noqa: S310 - http(s) alone comes here
    try:
        with urllib.request.build_opener(Staying).open(request, timeout=SECONDS) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:
        error.close()
        raise NotDeliveredError(f"the answer was {error.code}") from None
    except urllib.error.URLError as error:
        raise NotDeliveredError(_why(error.reason)) from None
    except OSError as error:
        raise NotDeliveredError(_why(error)) from None


def _why(error: object) -> str:
    """Return why something was not delivered, in words that hold nothing of the URL."""
    if isinstance(error, TimeoutError):
        return _LATE.format(SECONDS)
    return str(getattr(error, "strerror", None) or type(error).__name__)
