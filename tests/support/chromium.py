"""A real browser: headless Chromium, which must be there, and what it must not say of any page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FIX: Final = (
    "there is no Chromium here: apt-get install chromium (or another system's package, or playwright install "
    "chromium), or set CHROMIUM to where one is"
)
PHONE: Final = {"width": 390, "height": 844}
DESKTOP: Final = {"width": 1280, "height": 900}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium; fail, with the fix, where there is none."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - not where the other suites are collected

    with sync_playwright() as player:
        own = Path(player.chromium.executable_path)
        found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
        if found is None and not own.exists():
            pytest.fail(_FIX)
        # as root, as in a container, Chromium starts without its sandbox alone; these pages are our own
        arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        browser = player.chromium.launch(executable_path=found, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def looking(browser: Browser, **options: Any) -> Iterator[Page]:
    """Yield a window; at its end, Chromium must have had nothing to say of the pages in it."""
    said: list[str] = []
    context = browser.new_context(viewport=options.pop("viewport", DESKTOP), **options)
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    page.on(
        "requestfailed", lambda request: said.append(f"{request.url}: {request.failure}") if lost(request) else None
    )
    page.on("response", lambda answer: said.append(f"{answer.url}: {answer.status}") if answer.status >= 400 else None)
    try:
        yield page
    finally:
        context.close()
    assert said == []


def lost(request: Request) -> bool:
    """Return whether a request has failed, but for one that a page which was left had under way."""
    return request.failure != "net::ERR_ABORTED"


def keeps_nobody_out(page: Page) -> None:
    """axe-core finds nothing, and nothing is wider than the window."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - as above

    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], page.url
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{page.url} is {wider} pixels wider than the window"
