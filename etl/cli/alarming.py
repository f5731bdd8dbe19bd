"""The options that say who hears of a run; each is a setting as well, which keeps a secret URL off the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from etl.cli.common import Command

if TYPE_CHECKING:
    from etl.settings import Settings


def _checked(check: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def callback(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
        from etl.alarms import wanted  # noqa: PLC0415 - see etl.cli
        from etl.errors import SettingsError  # noqa: PLC0415

        for text in value if isinstance(value, tuple) else () if value is None else (value,):
            try:
                getattr(wanted, check)(text, parameter.opts[0])
            except SettingsError as error:
                raise click.UsageError(str(error), context) from None
        return value

    return callback


_OPTIONS = (
    click.option(
        "--notify",
        metavar="URL",
        multiple=True,
        callback=_checked("check_notify"),
        help="Tell of failures, new rejections and conflicts, and recovery. May be repeated (NOTIFY_URL).",
    ),
    click.option(
        "--heartbeat",
        metavar="URL",
        callback=_checked("check_heartbeat"),
        help="Ask for URL/start at the start, and at the end for URL or URL/fail (HEARTBEAT_URL).",
    ),
    click.option(
        "--metrics",
        metavar="FILE",
        type=click.Path(dir_okay=False),
        callback=_checked("check_metrics"),
        help="Write how the run ended in the Prometheus text format (METRICS_FILE).",
    ),
    click.option("--otel", is_flag=True, help="Send spans and counters by OpenTelemetry (OPENTELEMETRY)."),
)


def with_alarms(command: Command) -> Command:
    """Add the options that say who hears of a run."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def alarm_options(options: dict[str, Any]) -> dict[str, Any]:
    """Take what is said of alarms out of a command's options, and return it."""
    named = {name: options.pop(name) for name in ("notify", "heartbeat", "metrics", "otel")}
    if named["metrics"]:
        named["metrics"] = Path(named["metrics"])
    return {name: said for name, said in named.items() if said}


def alarming(settings: Settings, alarms: dict[str, Any]) -> Settings:
    """Return settings with what was said of alarms."""
    return replace(settings, alarms=replace(settings.alarms, **alarms))
