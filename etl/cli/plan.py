"""`etl plan` and `etl apply`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from etl.cli.common import (
    DEFAULT_MAPPING,
    REJECTED,
    SIGNALS,
    directions_of,
    engine_errors,
    examples,
    load,
    quiet_pipe,
    say,
    with_confirm_missing,
    with_confirm_restored,
    with_direction,
    with_logging,
    with_mapping,
    with_wait,
)
from etl.cli.following import Ending, looking, watching
from etl.cli.mappings import of_each, with_mappings
from etl.cli.output import with_json
from etl.exit_codes import ExitCode

if TYPE_CHECKING:
    from etl.mapping.model import Mapping
    from etl.transfer.plan import Plan

CHANGES: Final = ExitCode.CHANGES
CONFLICTS: Final = ExitCode.CONFLICTS


@click.command(
    epilog=examples(
        f"etl plan --mapping {DEFAULT_MAPPING}",
        "etl plan --key 7",
        "etl plan --out plan.json && etl apply plan.json",
    )
)
@with_mappings
@with_direction("Direction to transfer: inbound is files to MongoDB, outbound is MongoDB to files.")
@click.option("--key", help='Only show the record with this key, such as 7, or ["A", "0010"] for a composite one.')
@click.option("--limit", type=click.IntRange(0), help="Maximum number of records to show for each direction.")
@with_json("plan")
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 0 if there is nothing to do, 10 if there are changes, 11 if there are conflicts.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan to FILE, for `etl apply`.")
@click.option(
    "--recreate",
    is_flag=True,
    help="Plan to import records again that were removed from MongoDB since their last import.",
)
@with_confirm_missing
@with_confirm_restored
@with_logging
def plan(mapping_files: list[Path], log_level: str, log_format: str, **options: Any) -> int:
    """Show what a run would change, without changing anything.

    Each record is shown with every value, of a long one its beginning: + created, ~ updated, ! in conflict, x rejected.
    A plan is the real transfer, stopped before it writes. Exit code 1: the transfer would stop by itself, since mapped
    fields are missing, or the database came out of a backup.
    """
    if options["out"] is not None and len(mapping_files) > 1:
        raise click.UsageError("--out saves the plan of one mapping: name one")

    def work(file: Path) -> int:
        with engine_errors(log_level, log_format) as (settings, log), quiet_pipe():
            from etl import app  # noqa: PLC0415 - see etl.cli

            mapping = load(file)
            access = app.Access(recreate=options["recreate"], confirm_restored=options["confirm_restored"])
            wanted = app.Options(
                directions_of(options["direction"]), access=access, confirm_missing=options["confirm_missing"]
            )
            made = app.plan(mapping, settings, log, wanted, looking())
            _save(made, mapping, options["out"])
            _show(_of_key(made, mapping, options["key"]), mapping, options)
            if made.stops:
                log.error(made.stops)
                return REJECTED
            return _exit_code(made) if options["detailed_exitcode"] else ExitCode.OK

    return of_each(mapping_files, work, titled=not options["as_json"])


@click.command(epilog=examples("etl plan --out plan.json", "etl apply plan.json"))
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE")
@with_mapping
@click.option(
    "--fsync", is_flag=True, help="Flush every file to disk before its record is marked, in case of a power failure."
)
@with_confirm_missing
@with_confirm_restored
@with_wait
@with_json("run")
@with_logging
def apply(file: Path, mapping_file: Path, log_level: str, log_format: str, **options: Any) -> None:
    """Carry out a plan that `etl plan --out` saved.

    Nothing but the changes in FILE is made. A record that has moved on since on either side counts as a conflict and
    is left alone; one that is not there any more, or waits no longer, is named. Exit code 1 says so. What another
    file says of a record by now is left to the next run: it is imported as planned, and nothing of it is sent, since
    all that the outside has delivered is looked at first.
    """
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli
        from etl.plan_file import from_json  # noqa: PLC0415

        _, made = from_json(file.read_bytes())
        access = app.Access(fsync=options["fsync"], wait=options["wait"], confirm_restored=options["confirm_restored"])
        wanted = app.Options(access=access, confirm_missing=options["confirm_missing"])
        ending = Ending()
        watch = ending.heard(watching(mapping_file, as_json=options["as_json"]))
        with SIGNALS.graceful():
            _, missing = app.apply_plan(load(mapping_file), settings, log, made, wanted, watch)
        for origin in missing:
            log.warning("planned, and not there any more", record=origin)
        sys.exit(ending.exit_code)


def _of_key(made: Plan, mapping: Mapping, key: str | None) -> Plan:
    from dataclasses import replace  # noqa: PLC0415 - see etl.cli

    from etl.app import parse_keys  # noqa: PLC0415

    if key is None:
        return made
    keys = parse_keys(mapping, key)
    return replace(made, records=tuple(record for record in made.records if record.key in keys))


def _save(made: Plan, mapping: Mapping, file: Path | None) -> None:
    if file is None:
        return
    from etl.endpoints.private import write_private  # noqa: PLC0415 - see etl.cli
    from etl.errors import EndpointError  # noqa: PLC0415
    from etl.plan_file import to_json  # noqa: PLC0415

    try:
        write_private(file, to_json(made, mapping.name))
    except OSError as error:
        raise EndpointError(f"{file} cannot be written: {error.strerror or error}") from None


def _show(made: Plan, mapping: Mapping, options: dict[str, Any]) -> None:
    from etl.plan_file import to_json, to_text  # noqa: PLC0415 - see etl.cli

    if options["as_json"]:
        say(to_json(made, mapping.name).decode().rstrip("\n"))
        return
    for line in to_text(made, color=True, limit=options["limit"], files=mapping.files):
        say(line)


def _exit_code(made: Plan) -> int:
    from etl.transfer.model import Doubt, Outcome  # noqa: PLC0415 - see etl.cli

    outcomes = {record.outcome for record in made.records}
    if Outcome.CONFLICT in outcomes:
        return CONFLICTS
    gives_keys = any(notice.doubt is Doubt.ANSWERED for report in made.reports for notice in report.notices)
    rejects = any(report.new(Outcome.REJECTED) for report in made.reports)
    return CHANGES if gives_keys or rejects or outcomes & {Outcome.CREATED, Outcome.UPDATED} else ExitCode.OK
