"""Logging to stderr, for people or as one JSON object a line. No line holds a secret."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from collections.abc import Callable
from typing import Any, TypeAlias

import structlog

from etl.record import printable, printable_json

Log: TypeAlias = structlog.typing.FilteringBoundLogger
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
LEVELS = tuple(_LEVELS)
FORMATS = ("text", "json")


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


def make_log(level: str, form: str, redact: Callable[[str], str]) -> Log:
    """Return a logger that writes to stderr, one line each. redact: applied to every text that is logged."""

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
        shared.append(
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr is not None and sys.stderr.isatty(), pad_event_to=0, sort_keys=False
            )
        )
    log = structlog.wrap_logger(
        _StderrLogger(),
        processors=shared,
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
    )
    bound: Log = log.bind()  # not the lazy proxy, which binds anew at every call
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
