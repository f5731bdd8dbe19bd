"""What all commands share: options, examples in help, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from etl.cli.progress import PROGRESS
from etl.exit_codes import ExitCode

if TYPE_CHECKING:
    from etl.logs import Log
    from etl.mapping.model import Mapping
    from etl.mapping.terms import Direction
    from etl.settings import Settings

REJECTED: Final = ExitCode.REJECTED
INVALID: Final = ExitCode.INVALID
FAILED: Final = ExitCode.FAILED
BROKEN: Final = ExitCode.BROKEN
INTERRUPTED: Final = ExitCode.INTERRUPTED
TERMINATED: Final = ExitCode.TERMINATED

_LONGEST_WAIT: Final = 7 * 24 * 3600.0

DEFAULT_MAPPING: Final = "mappings/tracos_client.yaml"

Command = Callable[..., Any]


class Terminated(BaseException):
    """SIGTERM arrived: everything is closed on the way out, as with Ctrl-C."""

    exit_code: Final = TERMINATED


class Signals:
    """Ctrl-C and SIGTERM. Inside `graceful` the first one only asks to stop, but in a pause; others stop at once."""

    def __init__(self) -> None:
        self._asked: type[BaseException] | None = None
        self._graceful = False
        self._waiting = False

    def install(self) -> None:
        """Listen to both; a Ctrl-C that the process ignores, as one in the background does, stays ignored."""
        signal.signal(signal.SIGTERM, lambda *_: self._arrive(Terminated))
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, lambda *_: self._arrive(KeyboardInterrupt))

    def asked(self) -> bool:
        """Return whether one has arrived."""
        return self._asked is not None

    def exit_code(self) -> int:
        """Return the exit code of a command that the one that has arrived ends."""
        return TERMINATED if self._asked is Terminated else INTERRUPTED

    @contextmanager
    def graceful(self) -> Iterator[None]:
        """Let the work inside look at `asked` and end by itself; then raise what has arrived."""
        self._graceful = True
        try:
            yield
        finally:
            self._graceful = False
        if self._asked is not None:
            raise self._asked

    def pause(self, seconds: float) -> None:
        """Wait; one that arrives, or has arrived, ends the wait at once, by exception: nothing is under way in it."""
        self._waiting = True
        try:
            if self._asked is not None:
                raise self._asked
            time.sleep(seconds)
        finally:
            self._waiting = False

    def _arrive(self, kind: type[BaseException]) -> None:
        second, self._asked = self._asked is not None, kind
        if second or self._waiting or not self._graceful:
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
        default=usual_mapping,
        show_default=f"{DEFAULT_MAPPING}, or the only one in mappings",
        help="Path to the mapping file.",
    )(command)


def usual_mapping() -> str:
    """Return the mapping that is meant where none is named."""
    usual = Path(DEFAULT_MAPPING)
    if usual.is_file():
        return DEFAULT_MAPPING
    from etl.shipped import mappings_in  # noqa: PLC0415 - see etl.cli

    found = mappings_in(usual.parent)
    if len(found) > 1:
        raise click.UsageError(f"there are several mappings, so say --mapping: {', '.join(map(str, found))}")
    return str(found[0]) if found else DEFAULT_MAPPING


def with_direction(text: str) -> Callable[[Command], Command]:
    """Return what adds the option that says which way to transfer. text: its help."""
    ways = click.Choice(("inbound", "outbound", "both"))
    return click.option("--direction", type=ways, default="both", show_default=True, help=text)


def directions_of(said: str) -> Sequence[Direction]:
    """Return the directions that the option says, in their order."""
    from etl.app import BOTH  # noqa: PLC0415 - see etl.cli
    from etl.mapping.terms import Direction  # noqa: PLC0415

    return BOTH if said == "both" else (Direction(said),)


def with_wait(command: Command) -> Command:
    """Add the option that says how long to wait for another run."""
    return click.option(
        "--wait",
        type=click.FloatRange(0, _LONGEST_WAIT),
        callback=_number,
        default=0.0,
        metavar="SECONDS",
        help="Wait up to SECONDS for another run of this mapping to finish.",
    )(command)


def with_confirm_missing(command: Command) -> Command:
    """Add the option that lets work go on where fields have vanished."""
    return click.option(
        "--confirm-missing",
        is_flag=True,
        help="Proceed even if mapped fields are missing in most records that had them.",
    )(command)


def with_confirm_restored(command: Command) -> Command:
    """Add the option that lets work go on where documents and what is remembered are of different ages."""
    return click.option(
        "--confirm-restored",
        is_flag=True,
        help="Proceed even if documents or the engine's memory of them came out of a backup.",
    )(command)


def _number(context: click.Context, parameter: click.Parameter, value: float) -> float:
    """Refuse `nan`, which is in every range."""
    if value != value:  # noqa: PLR0124 - as nothing else
        raise click.BadParameter("write a number of seconds", context, parameter)
    return value


def with_logging(command: Command) -> Command:
    """Add the options that say how much is logged, and how."""
    level = click.Choice(("debug", "info", "warning", "error"), case_sensitive=False)
    command = click.option(
        "--log-level",
        type=level,
        default=_usual_level,
        show_default="warning on a terminal, else info",
        help="Minimum level of the messages on stderr.",
    )(command)
    form = click.Choice(("text", "json"), case_sensitive=False)
    return click.option(
        "--log-format",
        type=form,
        default="text",
        show_default=True,
        help="Format of the messages on stderr; json prints one object per line.",
    )(command)


def _usual_level() -> str:
    """Return what is logged where nobody says it: a terminal shows results, and what somebody has to look at."""
    from etl.logs import is_terminal  # noqa: PLC0415 - see etl.cli

    return "warning" if is_terminal(sys.stderr) else "info"


def load(file: Path) -> Mapping:
    """Load a mapping; raise MappingError with every finding."""
    from etl.mapping.load import load_mapping  # noqa: PLC0415 - see etl.cli

    return load_mapping(file)


@contextmanager
def engine_errors(level: str, form: str) -> Iterator[tuple[Settings, Log]]:
    """Yield the settings and a log; turn every error of the engine into one message and an exit code."""
    from etl.logs import make_log  # noqa: PLC0415 - see etl.cli
    from etl.settings import load_settings  # noqa: PLC0415

    log = make_log(level, form, lambda text: text, PROGRESS.clear)

    def tell(text: str) -> None:
        log.error(text)  # the log of that moment: once there are settings, it hides their secrets

    with exit_codes(tell):
        settings = load_settings()
        log = make_log(level, form, settings.redacted, PROGRESS.clear)
        yield settings, log


def say(text: str) -> None:
    """Print to stdout; where that is closed or full, the work goes on without."""
    PROGRESS.clear()
    try:
        click.echo(text)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered goes nowhere


def say_all(lines: Iterable[str]) -> None:
    """Print lines to stdout, if there are any."""
    for line in lines:
        say(line)


def one_line(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Refuse what is no line of text: it is kept, and shown again."""
    if not value.isprintable():
        raise click.BadParameter("write one line of text", context, parameter)
    return value


def to_stderr(text: str) -> None:
    """Print one message to stderr, its lines as they stand."""
    from etl.record import printable  # noqa: PLC0415 - see etl.cli

    click.echo("\n".join(map(printable, text.split("\n"))), err=True)


@contextmanager
def exit_codes(tell: Callable[[str], object]) -> Iterator[None]:
    """Turn every error of the engine into messages, each given to `tell`, and an exit code."""
    from etl import errors  # noqa: PLC0415 - see etl.cli

    SIGNALS.install()
    try:
        yield
    except errors.RecordError as error:
        tell(f"a sample cannot be made: {error}")
        sys.exit(REJECTED)
    except errors.ConfigurationError as error:
        for line in str(error).split("\n"):
            tell(line)
        sys.exit(error.exit_code)
    except (
        errors.EndpointError,
        errors.LimitError,
        errors.DriftError,
        errors.RestoredError,
        errors.NoLetterError,
        errors.UndoError,
    ) as error:
        tell(str(error))
        sys.exit(error.exit_code)
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
