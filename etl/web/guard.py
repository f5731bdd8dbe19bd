"""Who may look, and who may change something: asked before every answer, whatever it is about."""

from __future__ import annotations

import secrets
from typing import Final

from flask import Flask, Response, abort, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from etl.web.site import Site

MOST: Final = 4_000_000
"""So many bytes a browser may send at once: a mapping and a record."""

CSRF: Final = "csrf"
_IN: Final = "in"
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# no referrer at all would make a browser send the origin of our own forms as null
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def guard(app: Flask, site: Site) -> None:
    """Let in who has opened the address with the token; from them, take only what a page of this site has sent."""
    app.secret_key = site.key
    app.config.update(
        SESSION_COOKIE_NAME=f"etl_{site.port}",
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_HTTPONLY=True,
        MAX_CONTENT_LENGTH=MOST,
        MAX_FORM_MEMORY_SIZE=MOST,
    )

    @app.before_request
    def ask() -> AnyResponse | None:
        if request.host not in site.hosts:
            abort(403, "this site answers on this machine alone, under the address that etl serve printed")
        if request.method == "GET" and (token := request.args.get("token")) is not None:
            return _let_in(site, token)
        if not session.get(_IN):
            abort(403, "open the address that etl serve printed, with its token")
        if request.method not in {"GET", "HEAD"}:
            _ask_for_origin(site)
        return None

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.update(_HEADERS)
        return response


def _let_in(site: Site, token: str) -> AnyResponse:
    if not secrets.compare_digest(token.encode(), site.token.encode()):
        abort(403, "this is not the token of the etl serve that runs now; open the address that it printed")
    session.clear()
    session[_IN] = True
    session[CSRF] = secrets.token_urlsafe(24)
    return redirect(url_for("pages.overview"))


def _ask_for_origin(site: Site) -> None:
    """Take nothing that another page has sent: not even one of this machine, on another port."""
    origin = request.headers.get("Origin")
    if origin is not None and origin not in {f"http://{host}" for host in site.hosts}:
        abort(403, "a page of another site has sent this; nothing was done")
    given = request.headers.get("X-CSRF-Token") or request.form.get(CSRF, "")
    if not secrets.compare_digest(given.encode(), str(session.get(CSRF, "")).encode()):
        abort(403, "this page was opened before etl serve started anew; open it again")
