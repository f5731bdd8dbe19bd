"""MongoDB URIs and names: whether one has the right form, how it is shown, what of it is secret. Knows no driver."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, unquote_plus

from etl.errors import SettingsError
from etl.setting_names import displayed

EMBEDDED: Final = "embedded"
"""What MONGO_URI is where the embedded MongoDB is asked for by name."""

DECLINED: Final = "none"
"""What MONGO_INDEX is where no index is to be made."""

_SCHEMES: Final = ("mongodb://", "mongodb+srv://")
_CREDENTIALS: Final = re.compile(r"(mongodb(?:\+srv)?://)\S*@", re.IGNORECASE)
_SECRET_OPTIONS: Final = {"authmechanismproperties", "tlscertificatekeyfilepassword", "proxypassword"}
_SHORT: Final = 4
"""A secret shorter than this occurs in innocent words as well; the URI's own credentials hide it all the same."""

OF_MONGODB: Final = frozenset({"admin", "config", "local"})
_NO_DATABASE: Final = re.compile(r"[\s/\\.\"'$*<>:|?@\0]")
_NO_COLLECTION: Final = re.compile(r"[$@\0]|\.\.|^\.|\.$|^system\.|://")
_NO_INDEX: Final = re.compile(r"[$*\"'`\0]|^_id_$|://")
_DATABASE_BYTES, _COLLECTION_BYTES, _INDEX_BYTES = 63, 190, 120


def check_uri(uri: str) -> None:
    """Refuse what MongoDB's drivers would misread, before they show parts of a password as a host.

    Raises:
        SettingsError: saying what would be right.

    """
    if not uri.startswith(_SCHEMES):
        raise SettingsError(
            "MONGO_URI does not begin with mongodb:// or mongodb+srv://; write mongodb://HOST:27017, "
            f"or {EMBEDDED} for the embedded MongoDB"
        )
    address, _, options = uri.partition("://")[2].partition("?")
    authority, _, path = address.partition("/")
    if "@" in path + options or authority.count("@") > 1:
        raise SettingsError(
            "MONGO_URI has a /, ? or @ in its user or password, or an @ in an option; percent-encode it: "
            "/ is %2F, ? is %3F, @ is %40, : is %3A"
        )
    if "." in path:
        raise SettingsError("MONGO_URI names a collection behind its database; name that in MONGO_COLLECTION instead")


def database_of(uri: str) -> str:
    """Return the database that a URI names after its hosts; "" if it names none."""
    return unquote(uri.partition("://")[2].partition("?")[0].partition("/")[2])


def check_database(name: str) -> None:
    """Refuse what is no name of a database, or one of MongoDB's own.

    Raises:
        SettingsError: saying what would be right.

    """
    if name in OF_MONGODB:
        raise SettingsError(
            f"the database {name} is MongoDB's own; write MONGO_DATABASE=NAME, and MONGO_URI may keep /{name}"
        )
    if not name or _NO_DATABASE.search(name) or len(name.encode()) > _DATABASE_BYTES:
        raise SettingsError(
            f"MONGO_DATABASE is {displayed(name)}, which is not a database name: write one without blanks, quotes, "
            f"dots, slashes, $ and the like, of at most {_DATABASE_BYTES} bytes"
        )


def check_collection(name: str) -> None:
    """Refuse what is no name of a collection of work orders.

    Raises:
        SettingsError: saying what would be right.

    """
    if not name or _NO_COLLECTION.search(name) or len(name.encode()) > _COLLECTION_BYTES:
        raise SettingsError(
            f"MONGO_COLLECTION is {displayed(name)}, which is not a collection name: write one without $, @ and ://, "
            f"without system. before it, a dot at its ends or two in a row, of at most {_COLLECTION_BYTES} bytes"
        )


def check_index(name: str) -> None:
    """Refuse what is no name of an index that a run may make.

    Raises:
        SettingsError: saying what would be right.

    """
    is_like_none = name != DECLINED and name.strip().lower() == DECLINED
    if is_like_none or _NO_INDEX.search(name) or len(name.encode()) > _INDEX_BYTES:
        raise SettingsError(
            f"MONGO_INDEX is {displayed(name)}, which is not the name of an index: write one without $, * and quotes, "
            f"other than _id_, of at most {_INDEX_BYTES} bytes, or none for no index"
        )


def options_of(uri: str) -> dict[str, str]:
    """Return the options of a URI by their names in small letters, decoded."""
    every = [option.partition("=") for option in re.split("[&;]", uri.partition("?")[2])]
    return {name.lower(): unquote_plus(value) for name, _, value in every if name}


def shown_uri(uri: str) -> str:
    """Return a URI without credentials and options. What may be a part of a password is left out too."""
    scheme, mark, rest = uri.partition("://")
    _, at, place = rest.rpartition("@")
    return f"{scheme}{mark}{'***' if at else ''}{at}{place.partition('?')[0]}"


def redact(text: str, uri: str = "") -> str:
    """Return `text` without the secrets of `uri`, and without the credentials of any MongoDB URI in it."""
    user_info = _user_info(uri)
    if user_info:
        text = text.replace(f"{user_info}@", "***@")
    text = _CREDENTIALS.sub(r"\1***@", text)
    for secret in _secrets(uri):
        text = text.replace(secret, "***")
    return text


def _user_info(uri: str) -> str:
    return uri.partition("://")[2].rpartition("@")[0]


def _secrets(uri: str) -> list[str]:
    """Return what must not be shown, as written and decoded, the longest first."""
    options = uri.partition("://")[2].partition("?")[2]
    found = [_user_info(uri).partition(":")[2]]
    for option in re.split("[&;]", options):
        name, _, value = option.partition("=")
        if name.lower() in _SECRET_OPTIONS:
            found.extend(part.rpartition(":")[2] for part in value.split(","))
    forms = {form for secret in found for form in (secret, unquote(secret), unquote_plus(secret))}
    every = {form for form in forms if len(form) >= _SHORT}
    return sorted(every, key=len, reverse=True)
