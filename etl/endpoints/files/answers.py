"""Answers: files beside the records that say which key the outside has given to what was sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from etl.endpoints.files.content import BrokenFileError, read_content
from etl.endpoints.files.folder import Folder, open_folder
from etl.endpoints.files.limits import FileLimits
from etl.endpoints.files.location import Location
from etl.endpoints.files.names import record_namer
from etl.endpoints.files.rejects import reason
from etl.endpoints.files.text import Text
from etl.mapping.entries import Answer
from etl.mapping.files import FilesEndpoint
from etl.mapping.paths import format_path, get
from etl.mapping.templates import TEMPLATE
from etl.record import ABSENT
from etl.strict_json import loads
from etl.transfer.answers import Given


class AnswerFiles:
    """The answers in a folder, each called after the document that it is about."""

    def __init__(self, location: Location, endpoint: FilesEndpoint, limits: FileLimits = FileLimits()) -> None:
        self._folder: Folder = open_folder(location)
        self._answers = [(answer, record_namer(answer.file)) for answer in endpoint.answers]
        self._text = Text(endpoint.inbound_encoding)
        self._limits = limits

    def of(self, identity: str) -> Given | None:
        """Return what the outside has answered to the creation of a document; None where it has not."""
        for answer, name_of in self._answers:
            try:
                name = name_of({}, identity)
                content = read_content(self._folder, name, self._limits.max_bytes)
            except (FileNotFoundError, ValueError):
                continue
            except (OSError, BrokenFileError) as error:
                return Given(name, (), reason(error))
            return self._read(answer, name, content)
        return None

    def _read(self, answer: Answer, name: str, content: bytes) -> Given:
        try:
            document: Any = loads(self._text.as_utf8(content), self._limits.max_depth)
        except ValueError as error:
            return Given(name, (), self._text.misfit(content) or str(error))
        parts = [get(document, path) if path else document for path in answer.keys]
        missing = [format_path(path) for path, part in zip(answer.keys, parts, strict=True) if part in (ABSENT, None)]
        return Given(name, tuple(parts), f"nothing stands at {' and '.join(missing)}" if missing else "")


def is_answer(endpoint: FilesEndpoint) -> Callable[[str], bool]:
    """Return whether a name is that of an answer, and so of no record."""
    patterns: Sequence[Any] = [
        re.compile(".+".join(map(re.escape, TEMPLATE.split(answer.file)[::2])), re.DOTALL)
        for answer in endpoint.answers
    ]
    return lambda name: any(pattern.fullmatch(name) for pattern in patterns)
