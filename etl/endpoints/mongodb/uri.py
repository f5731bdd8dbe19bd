"""MongoDB URIs: whether one has the right form, how it is shown, and what of it is secret. Knows no driver."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from etl.errors import SettingsError

_SCHEMES: Final = ("mongodb://", "mongodb+srv://")
_CREDENTIALS: Final = re.compile(r"(mongodb(?:\+srv)?://)\S*@", re.IGNORECASE)
_SECRET_OPTIONS: Final = {"authmechanismproperties", "tlscertificatekeyfilepassword", "proxypassword"}
_SHORT: Final = 4
"""A secret shorter than this occurs in innocent words as well; the URI's own credentials hide it all the same."""


def check_uri(uri: str) -> None:
    """Refuse what MongoDB's drivers would misread, before they show parts of a password as a host.

    Raises:
        SettingsError: saying what would be right.

    """
    if not uri.startswith(_SCHEMES):
        raise SettingsError("MONGO_URI does not begin with mongodb:// or mongodb+srv://; write mongodb://HOST:27017")
    authority, _, rest = uri.partition("://")[2].partition("?")[0].partition("/")
    if "@" in rest or authority.count("@") > 1:
        raise SettingsError(
            "MONGO_URI has a / or @ in its user or password; percent-encode it: / is %2F, @ is %40, : is %3A"
        )


def shown_uri(uri: str) -> str:
    """Return a URI without credentials and options."""
    return _CREDENTIALS.sub(r"\1***@", uri.partition("?")[0])


def redact(text: str, uri: str = "") -> str:
    """Return `text` without the secrets of `uri`, and without the credentials of any MongoDB URI in it."""
    text = _CREDENTIALS.sub(r"\1***@", text)
    for secret in _secrets(uri):
        text = text.replace(secret, "***")
    return text


def _secrets(uri: str) -> list[str]:
    """Return what must not be shown, as written and decoded, the longest first."""
    address, _, options = uri.partition("://")[2].partition("?")
    user_info, at, _ = address.rpartition("@")
    found = [user_info.partition(":")[2]] if at else []
    for option in re.split("[&;]", options):
        name, _, value = option.partition("=")
        if name.lower() in _SECRET_OPTIONS:
            found.extend(part.rpartition(":")[2] for part in value.split(","))
    every = {form for secret in found for form in (secret, unquote(secret)) if len(form) >= _SHORT}
    return sorted(every, key=len, reverse=True)
