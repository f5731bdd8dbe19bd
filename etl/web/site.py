"""What the site is about: one mapping with its settings, and who may do what there."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from flask import Flask, current_app
from werkzeug.local import LocalProxy

from etl.mapping.load import load_mapping
from etl.mapping.model import Mapping
from etl.settings import Settings

if TYPE_CHECKING:
    from etl.logs import Log


HOST: Final = "127.0.0.1"
"""Where it listens: on this machine alone."""


class Loaded:
    """A mapping, which is loaded again once one of its files has changed: nobody decides by an old one."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._mapping = load_mapping(file)
        self._stamp = file_stamps(self._mapping.source_files)

    @property
    def name(self) -> str:
        """What it is called."""
        return self._mapping.name

    def __call__(self) -> Mapping:
        """Return it as it is now.

        Raises:
            MappingError: where it is wrong by now.

        """
        with self._lock:
            if file_stamps(self._mapping.source_files) != self._stamp:
                mapping = load_mapping(self._file)
                self._mapping, self._stamp = mapping, file_stamps(mapping.source_files)
            return self._mapping


Stamps: TypeAlias = list[tuple[int, int] | None]
"""When files were changed last, and how large they are."""


def file_stamps(files: Sequence[Path]) -> Stamps:
    """Return the stamps of files, which change with what is in them."""
    return [(at.stat().st_mtime_ns, at.stat().st_size) if at.exists() else None for at in files]


@dataclass(frozen=True, slots=True)
class Site:
    """What a site shows.

    edits: whether people may decide there. port: at which it answers, on this machine alone. token: who knows it may
    look. key: signs what a browser keeps. deciding: held by the one who decides.
    """

    loaded: Loaded
    settings: Settings
    log: Log
    port: int
    edits: bool
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    deciding: threading.Lock = field(default_factory=threading.Lock)

    @property
    def mapping(self) -> Mapping:
        """The mapping as it is now."""
        return self.loaded()

    @property
    def hosts(self) -> tuple[str, str]:
        """The names under which it answers: any other is somebody else's, led to this machine."""
        return f"{HOST}:{self.port}", f"localhost:{self.port}"

    @property
    def address(self) -> str:
        """What a person opens."""
        return f"http://{self.hosts[0]}/?token={self.token}"


_NAME: Final = "etl"


def belongs(app: Flask, to: Site) -> None:
    """Let an application show a site."""
    app.extensions[_NAME] = to


site = cast("Site", LocalProxy(lambda: current_app.extensions[_NAME]))
"""The site of the application that answers now."""
