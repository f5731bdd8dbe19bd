"""Text as HTML and SVG may have it."""

from __future__ import annotations

from html import escape

from etl.page.model import visible


def escaped(text: str) -> str:
    """Return text that is no markup, and whose invisible characters are seen."""
    return escape(visible(text))
