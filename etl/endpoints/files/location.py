"""Where a folder is: a path of this machine, or a URL that fsspec opens. A URL is shown without its secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Final, TypeAlias
from urllib.parse import unquote

_SCHEME: Final = "://"
_CREDENTIALS: Final = re.compile(rf"({_SCHEME}).*@")
_PORT: Final = re.compile(r"[^:]*:[0-9]*\Z")
_SHORT: Final = 4
"""A secret shorter than this occurs in innocent words as well; the URL's own credentials hide it all the same."""


@dataclass(frozen=True, slots=True)
class Url:
    """A folder that fsspec opens, such as `s3://bucket/in`. As text it has neither credentials nor options."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return _CREDENTIALS.sub(r"\1***@", self.value.partition("?")[0])

    @property
    def schemes(self) -> list[str]:
        """The names of the file systems that open it: one, or several where it is chained with `::`."""
        return [part.partition(_SCHEME)[0] for part in self.value.split("::")]

    @property
    def secrets(self) -> list[str]:
        """What must not be shown, as written and decoded, the longest first."""
        address, _, options = self.value.partition(_SCHEME)[2].partition("?")
        found = [address.rpartition("@")[0].partition(":")[2]]
        found += [option.partition("=")[2] for option in options.split("&")]
        every = {form for secret in found for form in (secret, unquote(secret)) if len(form) >= _SHORT}
        return sorted(every, key=len, reverse=True)


Location: TypeAlias = FilePath | Url


def parse_location(text: str) -> Location:
    """Return a URL where the text has `://`, else a path.

    Raises:
        ValueError: when parts of a password would be misread as a host; it says what would be right.

    """
    if _SCHEME not in text:
        return FilePath(text)
    address, _, options = text.partition(_SCHEME)[2].partition("?")
    authority, _, rest = address.partition("/")
    is_cut = "@" in rest and "@" not in authority and ":" in authority and not _PORT.match(authority)
    if is_cut or authority.count("@") > 1 or "@" in options:
        raise ValueError(
            "has a /, ? or @ in its user or password, or an @ in an option; percent-encode it: "
            "/ is %2F, ? is %3F, @ is %40, : is %3A"
        )
    return Url(text)


def without_secrets(text: str, locations: Iterable[Location]) -> str:
    """Return `text` without the secrets of these locations."""
    for url in (location for location in locations if isinstance(location, Url) and location.value):
        text = text.replace(url.value, str(url))
        for secret in url.secrets:
            text = text.replace(secret, "***")
    return text
