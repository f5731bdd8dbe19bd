"""What all commands share: options, examples in help, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

if TYPE_CHECKING:
    from etl.logs import Log
    from etl.mapping.model import Mapping
    from etl.settings import Settings

REJECTED: Final = 1
INVALID: Final = 3
FAILED: Final = 4
LOCKED: Final = 5
INTERRUPTED: Final = 130
TERMINATED: Final = 143

DEFAULT_MAPPING: Final = "mappings/tracos_client.yaml"

Command = Callable[..., Any]


class Terminated(BaseException):
    """SIGTERM arrived: everything is closed on the way out, as with Ctrl-C."""


class Signals:
    """Ctrl-C and SIGTERM as exceptions. One that is lost, since it came in a destructor, is raised by `check`."""

    def __init__(self) -> None:
        self._caught: type[BaseException] | None = None

    def install(self) -> None:
        """Listen to both; a Ctrl-C that the process ignores, as one in the background does, stays ignored."""
        signal.signal(signal.SIGTERM, lambda *_: self._raise(Terminated))
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, lambda *_: self._raise(KeyboardInterrupt))

    def check(self) -> None:
        """Raise what was caught, if anything was."""
        if self._caught is not None:
            raise self._caught

    def _raise(self, kind: type[BaseException]) -> NoReturn:
        self._caught = kind
        raise kind


SIGNALS: Final = Signals()


def examples(*lines: str) -> str:
    """Return the epilog of a command's help: commands to copy."""
    return "\b\nExample" + ("s" if len(lines) > 1 else "") + ":\n" + "\n".join(f"  {line}" for line in lines)


def with_mapping(command: Command) -> Command:
    """Add the option that names the mapping file."""
    return click.option(
        "--mapping",
        "mapping_file",
        type=click.Path(path_type=Path),
        default=DEFAULT_MAPPING,
        show_default=True,
        help="The mapping file.",
    )(command)


def with_logging(command: Command) -> Command:
    """Add the options that say how much is logged, and how."""
    level = click.Choice(("debug", "info", "warning", "error"), case_sensitive=False)
    command = click.option(
        "--log-level", type=level, default="info", show_default=True, help="How much to say on stderr."
    )(command)
    form = click.Choice(("text", "json"), case_sensitive=False)
    return click.option("--log-format", type=form, default="text", show_default=True, help="json: one object a line.")(
        command
    )


def load(file: Path) -> Mapping:
    """Load a mapping; raise MappingError with every finding."""
    from etl.mapping.load import load_mapping  # noqa: PLC0415 - see etl.cli

    return load_mapping(file)


@contextmanager
def engine_errors(level: str, form: str) -> Iterator[tuple[Settings, Log]]:
    """Yield the settings and a log; turn every error of the engine into one message and an exit code."""
    from etl.logs import make_log  # noqa: PLC0415 - see etl.cli
    from etl.settings import load_settings  # noqa: PLC0415

    log = make_log(level, form, lambda text: text)

    def tell(text: str) -> None:
        log.error(text)  # the log of that moment: once there are settings, it hides their secrets

    with exit_codes(tell):
        settings = load_settings()
        log = make_log(level, form, _redactor(settings))
        yield settings, log


def say(text: str) -> None:
    """Print to stdout; where that is closed or full, the work goes on without."""
    try:
        click.echo(text)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered goes nowhere


def to_stderr(text: str) -> None:
    """Print one message to stderr, as it stands."""
    click.echo(text, err=True)


@contextmanager
def exit_codes(tell: Callable[[str], object]) -> Iterator[None]:
    """Turn every error of the engine into messages, each given to `tell`, and an exit code."""
    from etl import errors  # noqa: PLC0415 - see etl.cli

    SIGNALS.install()
    try:
        yield
    except errors.MappingError as error:
        for finding in error.findings:
            tell(str(finding))
        sys.exit(INVALID)
    except errors.RecordError as error:
        tell(f"a sample cannot be made: {error}")
        sys.exit(REJECTED)
    except errors.ConfigurationError as error:
        tell(str(error))
        sys.exit(INVALID)
    except errors.LockedError as error:
        tell(str(error))
        sys.exit(LOCKED)
    except errors.EndpointError as error:
        tell(str(error))
        sys.exit(FAILED)
    except KeyboardInterrupt:
        tell("interrupted; run again to go on")
        sys.exit(INTERRUPTED)
    except Terminated:
        tell("terminated; run again to go on")
        sys.exit(TERMINATED)


@contextmanager
def quiet_pipe() -> Iterator[None]:
    """End quietly where the reader of stdout has seen enough, as in `| head -1`."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered goes nowhere


def _redactor(settings: Settings) -> Callable[[str], str]:
    from etl.endpoints.mongodb.uri import redact  # noqa: PLC0415 - see etl.cli

    return partial(redact, uri=settings.uri or "")
