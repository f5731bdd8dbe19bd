"""What commands print as JSON: the option that asks for it, its schema, and the one place that prints it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from etl.cli.common import Command, say

if TYPE_CHECKING:
    from etl.record import Violation


def with_json(schema: str, *, many: bool = False) -> Callable[[Command], Command]:
    """Return what adds `--json`. schema: what `etl schema` calls that which is printed. many: a list of these is."""
    what = "a JSON list, each" if many else "JSON"

    def add(command: Command) -> Command:
        return click.option("--json", "as_json", is_flag=True, help=f"Print {what} as `etl schema {schema}` says.")(
            command
        )

    return add


def say_json(value: Any) -> None:
    """Print a JSON value, with dates in UTC; a number that JSON has not is null."""
    say(json_text(value, indent=2))


def say_json_line(value: Any) -> None:
    """Print a JSON value on a line of its own, as one of many."""
    say(json_text(value))


def say_done(what: str, count: int, text: str, *, as_json: bool) -> None:
    """Print what a command has done, to how many: as text, or as JSON."""
    say_json({"done": what, "count": count}) if as_json else say(text)


def json_text(value: Any, indent: int | None = None) -> str:
    """Return any value as JSON that a terminal may have: letters as they are, what nobody sees escaped."""
    import orjson  # noqa: PLC0415 - see etl.cli

    from etl.record import printable_json  # noqa: PLC0415

    options = orjson.OPT_UTC_Z | (orjson.OPT_INDENT_2 if indent else 0)
    try:
        written = orjson.dumps(value, option=options).decode()
    except TypeError:  # a whole number of more than 64 bits, or half of a surrogate pair
        written = json.dumps(value, ensure_ascii=False, indent=indent, default=_other)
    return printable_json(written)


def _other(value: Any) -> Any:
    from etl.record import json_form  # noqa: PLC0415 - see etl.cli

    return json_form(value) if isinstance(value, datetime) else str(value)


def violation_fields(violation: Violation) -> dict[str, str]:
    """Return a reason, as JSON has it everywhere."""
    return {"path": violation.path, "code": violation.code, "message": violation.message}
