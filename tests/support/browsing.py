"""A browser without a window: it keeps cookies, follows the token in, and sends what a form has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from etl.logs import make_log
from etl.web.server import make_app
from etl.web.site import Loaded
from etl.web.site import Site as Shown
from tests.support.html_page import Reader
from tests.support.site import Site

PORT = 8420
HOST = f"http://127.0.0.1:{PORT}"


@dataclass(frozen=True)
class Browser:
    """Somebody who looks at a site."""

    shown: Shown
    client: FlaskClient

    def opens(self, path: str, host: str = HOST) -> TestResponse:
        return self.client.get(path, base_url=host)

    def enters(self) -> Browser:
        """Open the address that `etl serve` prints."""
        entered = self.opens(self.shown.address.removeprefix(HOST))
        assert (entered.status_code, entered.location) == (302, "/")
        return self

    def reads(self, path: str) -> str:
        """Return the text of a page."""
        page = self.opens(path)
        assert page.status_code == 200, page.text
        return Reader(page.text).text

    def sends(self, path: str, fields: dict[str, Any], csrf: str | None = None, **headers: str) -> TestResponse:
        """Send a form as the page at `/conflicts` would, or with another `csrf`."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.opens("/playground").text)
        token = found[1] if found and csrf is None else csrf
        given = {**fields, **({"csrf": token} if token else {})}
        return self.client.post(path, data=given, base_url=HOST, headers=headers)

    def decides(self, path: str, **fields: Any) -> str:
        """Send a form, and return what the page says then."""
        done = self.sends(path, fields)
        assert done.status_code == 303, done.text
        return self.reads(done.location)


def browser(site: Site, *, edits: bool = True) -> Browser:
    """Return somebody who has not entered yet."""
    shown = Shown(Loaded(site.mapping.file), site.settings, make_log("error", "text", lambda text: text), PORT, edits)
    return Browser(shown, make_app(shown).test_client())
