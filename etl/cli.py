"""The command line: parse, call the application, print, exit. Exit codes are decided here and nowhere else.

stdout is data, stderr is talk. Everything but click is imported by the command that needs it, so help is instant.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from etl.version import __version__

if TYPE_CHECKING:
    from etl.logs import Log
    from etl.mapping.model import Mapping
    from etl.settings import Settings
    from etl.transfer.model import Report

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


def _examples(*lines: str) -> str:
    return "\b\nExample" + ("s" if len(lines) > 1 else "") + ":\n" + "\n".join(f"  {line}" for line in lines)


def _with_mapping(command: Command) -> Command:
    return click.option(
        "--mapping",
        "mapping_file",
        type=click.Path(path_type=Path),
        default=DEFAULT_MAPPING,
        show_default=True,
        help="The mapping file.",
    )(command)


def _with_logging(command: Command) -> Command:
    level = click.Choice(("debug", "info", "warning", "error"), case_sensitive=False)
    command = click.option(
        "--log-level", type=level, default="info", show_default=True, help="How much to say on stderr."
    )(command)
    form = click.Choice(("text", "json"), case_sensitive=False)
    return click.option("--log-format", type=form, default="text", show_default=True, help="json: one object a line.")(
        command
    )


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_examples("etl check mappings/*.yaml", "etl sample", f"etl run --mapping {DEFAULT_MAPPING}"),
)
@click.version_option(__version__, prog_name="etl")
def cli() -> None:
    """Synchronise work orders between files and MongoDB, both ways, from one mapping file."""


@cli.command(
    epilog=_examples(
        f"etl run --mapping {DEFAULT_MAPPING}",
        "etl run --direction outbound --log-format json",
        "MONGO_URI=mongodb://localhost:27017 etl run",
    )
)
@_with_mapping
@click.option(
    "--direction",
    type=click.Choice(("inbound", "outbound", "both")),
    default="both",
    show_default=True,
    help="inbound: files to MongoDB. outbound: MongoDB to files.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(1, 10_000),
    default=500,
    show_default=True,
    help="How many records move together.",
)
@click.option("--recreate", is_flag=True, help="Import again what was removed from MongoDB since its last import.")
@_with_logging
def run(mapping_file: Path, direction: str, batch_size: int, recreate: bool, log_level: str, log_format: str) -> None:
    """Read the client's files into MongoDB, then write what is unsynced there as files.

    Running it again is always safe. Exit code 0: all fine; 1: finished, some records were rejected; 3: the mapping or
    a setting is wrong; 4: MongoDB or the file system failed; 5: another run is at work.
    """
    with _errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see the module's first lines
        from etl.mapping.model import Direction  # noqa: PLC0415

        directions = app.BOTH if direction == "both" else (Direction(direction),)
        reports = app.run(
            _load(mapping_file),
            settings,
            log,
            directions=directions,
            batch_size=batch_size,
            recreate=recreate,
            on_report=_print_report,
        )
        if any(report.rejected for report in reports):
            sys.exit(REJECTED)


def _print_report(report: Report) -> None:
    counts = report.as_dict()
    read = counts.pop("read")
    shown = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    click.echo(f"{report.direction.value}: {read} read" + (f" = {shown}" if shown else ""))


@cli.command(epilog=_examples("etl check mappings/*.yaml"))
@click.argument("mapping_files", metavar="MAPPING...", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(mapping_files: tuple[Path, ...]) -> None:
    """Check mapping files; say everything that is wrong, with file, line and column.

    Exit code 0: all are right; 3: something is wrong.
    """
    from etl.errors import MappingError  # noqa: PLC0415 - see the module's first lines

    wrong = 0
    for file in mapping_files:
        try:
            mapping = _load(file)
        except MappingError as error:
            click.echo(str(error))
            wrong += len(error.findings)
        else:
            click.echo(f"{file}: {len(mapping.rules)} rules, no findings")
    if wrong:
        click.echo(f"{wrong} finding{'s' if wrong > 1 else ''}", err=True)
        sys.exit(INVALID)


@cli.command(epilog=_examples("etl sample", "etl sample --count 1000"))
@_with_mapping
@click.option(
    "--count", type=click.IntRange(1, 1_000_000), default=10, show_default=True, help="How many records of each system."
)
@_with_logging
def sample(mapping_file: Path, count: int, log_level: str, log_format: str) -> None:
    """Write sample data into what is configured: client files, and work orders made in TracOS.

    Both have the numbers from 1 on, and every status. A work order whose number is in MongoDB already stays as it is.
    """
    with _errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see the module's first lines

        files, documents = app.write_sample(_load(mapping_file), settings, log, count)
        click.echo(f"{files} files in {settings.inbound}, {documents} new documents in {settings.database}")


def _load(file: Path) -> Mapping:
    from etl.mapping.load import load_mapping  # noqa: PLC0415 - see the module's first lines

    return load_mapping(file)


@contextmanager
def _errors(level: str, form: str) -> Iterator[tuple[Settings, Log]]:
    """Yield the settings and a log; turn every error of the engine into one message and an exit code."""
    from etl import errors  # noqa: PLC0415 - see the module's first lines
    from etl.logs import make_log  # noqa: PLC0415
    from etl.settings import load_settings  # noqa: PLC0415

    log = make_log(level, form, lambda text: text)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        settings = load_settings()
        log = make_log(level, form, _redactor(settings))
        yield settings, log
    except errors.MappingError as error:
        for finding in error.findings:
            log.error(str(finding))
        sys.exit(INVALID)
    except errors.RecordError as error:
        log.error(f"a sample cannot be made: {error}")
        sys.exit(REJECTED)
    except errors.ConfigurationError as error:
        log.error(str(error))
        sys.exit(INVALID)
    except errors.LockedError as error:
        log.error(str(error))
        sys.exit(LOCKED)
    except errors.EndpointError as error:
        log.error(str(error))
        sys.exit(FAILED)
    except KeyboardInterrupt:
        log.error("interrupted; run again to go on")
        sys.exit(INTERRUPTED)
    except Terminated:
        log.error("terminated; run again to go on")
        sys.exit(TERMINATED)


def _redactor(settings: Settings) -> Callable[[str], str]:
    uri = settings.uri

    def redact(text: str) -> str:
        from etl.endpoints.mongodb.connection import redact as without_secrets  # noqa: PLC0415 - imports pymongo

        return without_secrets(text, uri or "")

    return redact


def _terminate(number: int, frame: object) -> NoReturn:
    del number, frame
    raise Terminated


def main() -> None:
    """Run the command line."""
    cli.main(prog_name="etl")


if __name__ == "__main__":
    main()
