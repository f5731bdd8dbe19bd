"""The targets for URIs: nothing that is said of one may hold its password, in any form."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote_plus

from pymongo.errors import ConfigurationError, InvalidURI
from pymongo.uri_parser import parse_uri

from etl import SettingsError
from etl.endpoints.files.location import Url, parse_location, without_secrets
from etl.endpoints.mongodb.uri import check_uri, redact, shown_uri
from tests.fault.fuzz_bases import one_line

_SHORT: Final = 4
"""A secret shorter than this occurs in innocent words as well, and is not hidden everywhere."""


def uri(raw: bytes) -> None:
    """Try a MongoDB URI: user, password, host and options, a NUL between them; the first byte says how it is written.

    Of a password that is not encoded, no part may be shown that a driver would take for something else.
    """
    _try(raw, ("mongodb", "mongodb", "mongodb+srv", "MongoDB"), _said_of_uri)


def folder_url(raw: bytes) -> None:
    """Try the URL of a folder, made like a MongoDB URI."""
    _try(raw, ("ftp", "sftp", "s3", "https"), _said_of_url)


def _try(raw: bytes, schemes: tuple[str, str, str, str], said_of: Callable[[str], list[str]]) -> None:
    style, *_ = raw[:1] or b"\0"
    user, password, host, options, *_ = (*raw[1:].decode("utf-8", "replace").split("\0", 3), *[""] * 4)
    scheme, written = schemes[style // 64], _written(password, style)
    address = f"{scheme}://{user}:{written}@{host}/?{options}"
    if not address.isprintable():
        return  # which the settings refuse
    without, wrong = f"{scheme}://{user}:@{host}/?{options}", f"{scheme}://a:@@b"  # and what is said of a wrong one
    innocent = "".join([host, *said_of(without), *said_of(wrong)])
    forms = (password, written, unquote_plus(written), *re.split("[/?#@:&=]", written))
    secrets = {secret for secret in forms if secret not in innocent}
    for said in said_of(address):
        one_line(said)
        for secret in secrets:
            assert len(secret) < _SHORT or secret not in said, "a password is shown"


def _written(password: str, style: int) -> str:
    """Return a password as people write it into a URI: percent-encoded, in small digits, a little, or not at all."""
    encoded = quote(password, safe="")
    small = re.sub("%..", lambda digits: digits[0].lower(), encoded)
    return (encoded, small, quote(password, safe="+!$&'()*,;=~"), password)[style % 4]


def _said_of_uri(address: str) -> list[str]:
    """Return what a run may say of a MongoDB URI."""
    said = [shown_uri(address), redact(f"{address} cannot be used", address)]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            check_uri(address)
            if address.startswith("mongodb://"):  # the other one asks the network
                parse_uri(address, warn=True)
        except SettingsError as error:
            said.append(str(error))
        except (InvalidURI, ConfigurationError, ValueError, TypeError, OSError) as error:
            said.append(redact(str(error), address))
    return [*said, *(str(warning.message) for warning in told)]


def _said_of_url(address: str) -> list[str]:
    """Return what a run may say of a folder's URL."""
    try:
        found = parse_location(address)
    except ValueError as error:
        return [str(error)]
    assert isinstance(found, Url)
    return [str(found), repr(found), without_secrets(f"{address} cannot be opened", [found])]
