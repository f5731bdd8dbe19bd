"""The site as a server: its pages put together, and what is said where one fails."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, render_template, session
from waitress.server import create_server
from werkzeug.exceptions import HTTPException

from etl.errors import ConfigurationError, EndpointError, EtlError, LockedError
from etl.page.html import style_sheet
from etl.page.model import visible
from etl.version import __version__
from etl.web.decisions import decisions
from etl.web.guard import CSRF, guard
from etl.web.pages import pages, pretty
from etl.web.playground import playground
from etl.web.site import HOST, Site, belongs

if TYPE_CHECKING:
    from waitress.server import BaseWSGIServer, MultiSocketServer

_THREADS: Final = 4


def make_app(site: Site) -> Flask:
    """Return the site as an application."""
    app = Flask(__name__)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.finalize = lambda value: visible(value) if type(value) is str else value
    app.jinja_env.filters["pretty"] = pretty
    belongs(app, site)
    guard(app, site)
    app.register_blueprint(pages)
    app.register_blueprint(decisions)
    app.register_blueprint(playground)

    @app.get("/page.css")
    def page_css() -> Response:
        return Response(style_sheet(), mimetype="text/css")

    @app.context_processor
    def everywhere() -> dict[str, Any]:
        return {"site": site, "version": __version__, "csrf": session.get(CSRF, ""), "by": session.get("by", "")}

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> tuple[str, int]:
        return _said(error.description or error.name, error.code or 500)

    @app.errorhandler(EtlError)
    def tell(error: EtlError) -> tuple[str, int]:
        status = 409 if isinstance(error, LockedError) else 503 if isinstance(error, EndpointError) else 500
        return _said(site.settings.redacted(str(error)), 400 if isinstance(error, ConfigurationError) else status)

    @app.errorhandler(Exception)
    def confess(error: Exception) -> tuple[str, int]:
        site.log.error(site.settings.redacted("".join(traceback.format_exception(error))))
        return _said("This is a bug of etl; the messages of etl serve have the details.", 500)

    return app


def _said(message: str, status: int) -> tuple[str, int]:
    return render_template("said.html", message=message, status=status), status


def make_server(site: Site) -> BaseWSGIServer | MultiSocketServer:
    """Return what serves the site on this machine, and listens from now on.

    Raises:
        EndpointError: where something else listens at its port.

    """
    try:
        return create_server(make_app(site), host=HOST, port=site.port, threads=_THREADS, ident=None)
    except OSError as error:
        why = error.strerror or error
        raise EndpointError(f"port {site.port} of {HOST} cannot be used: {why}; say --port with another one") from None
