"""Logging to stderr, for people or as one JSON object a line. No line holds a secret."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

from etl.record import printable, printable_json

if TYPE_CHECKING:
    import structlog

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
LEVELS = tuple(_LEVELS)
FORMATS = ("text", "json")


def is_coloured(stream: TextIO | None) -> bool:
    """Return whether a stream has colours: as NO_COLOR or FORCE_COLOR says, else where it is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_terminal(stream)


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether somebody looks at a stream, on a terminal that can more than a line after the other."""
    try:
        return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"
    except ValueError:  # it is closed
        return False


class _StderrLogger:
    """Prints lines to stderr; where that is closed or full, the work goes on without."""

    def msg(self, line: str) -> None:
        if sys.stderr is None:
            return
        try:
            print(line, file=sys.stderr, flush=True)
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):  # what is still buffered goes nowhere
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())

    debug = info = warning = error = msg


class Log:
    """A logger that writes to stderr, one line each; what writes is made with the first one, since that takes its time.

    level: of the least message that is written. redact: applied to every text. before: called before every line.
    """

    def __init__(
        self, level: str, form: str, redact: Callable[[str], str], before: Callable[[], None] = lambda: None
    ) -> None:
        self._before = before
        self._level = level
        self._form = form
        self._redact = redact

    def is_enabled_for(self, level: int) -> bool:
        """Return whether messages of a level are written."""
        return level >= _LEVELS[self._level]

    def debug(self, event: str, **fields: Any) -> None:
        """Log what helps to find a mistake."""
        self._write("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """Log what goes its way."""
        self._write("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Log what somebody should look at."""
        self._write("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Log what went wrong."""
        self._write("error", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        if self.is_enabled_for(_LEVELS[level]):
            self._before()
            getattr(self._written, level)(event, **fields)

    @cached_property
    def _written(self) -> structlog.typing.FilteringBoundLogger:
        return _make(self._level, self._form, self._redact)


def make_log(level: str, form: str, redact: Callable[[str], str], before: Callable[[], None] = lambda: None) -> Log:
    """Return a logger that writes to stderr, one line each; see `Log`."""
    return Log(level, form, redact, before)


def _make(level: str, form: str, redact: Callable[[str], str]) -> structlog.typing.FilteringBoundLogger:
    import structlog  # noqa: PLC0415 - slow to import

    def without_secrets(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        return {name: _redacted(value, redact) for name, value in event.items()}

    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_secrets,
    ]
    if form == "json":
        shared.append(structlog.processors.JSONRenderer(_as_json))
    else:
        shared.append(_on_one_line)
        shared.append(structlog.dev.ConsoleRenderer(colors=is_coloured(sys.stderr), pad_event_to=0, sort_keys=False))
    log = structlog.wrap_logger(
        _StderrLogger(),
        processors=shared,
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
    )
    bound: structlog.typing.FilteringBoundLogger = log.bind()  # not the lazy proxy, which binds anew at every call
    return bound


def _as_json(event: Any, **_: Any) -> str:
    return printable_json(json.dumps(event, ensure_ascii=False, default=str))


def _on_one_line(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Escape what would command a terminal, such as the name of a file; lists and objects are shown escaped anyway."""
    return {name: printable(value) if isinstance(value, str) else value for name, value in event.items()}


def _redacted(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: _redacted(item, redact) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(item, redact) for item in value]
    return value
