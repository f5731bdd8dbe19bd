"""What commands print with --json, held against the schemas that `etl schema` prints."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import click
import jsonschema

from etl.cli import cli
from etl.shipped import output_schemas, shipped_schema


def option(command: click.Command) -> click.Option | None:
    """Return a command's --json."""
    return next((one for one in command.params if isinstance(one, click.Option) and "--json" in one.opts), None)


def promised(command: click.Command) -> tuple[str, bool]:
    """Return which schema a command's --json names, and whether it prints a list of these."""
    found = option(command)
    assert found is not None
    named = re.fullmatch(r"Print (JSON|a JSON list, each) as `etl schema ([a-z-]+)` says\.", found.help or "")
    assert named
    return named[2], named[1] != "JSON"


def named(arguments: tuple[str, ...]) -> tuple[str, click.Command]:
    """Return the command that arguments name, and its name."""
    command: click.Command = cli
    words = []
    for word in arguments:
        if not isinstance(command, click.Group):
            break
        command = command.commands[word]
        words.append(word)
    return " ".join(words), command


def checked(arguments: tuple[str, ...], stdout: str) -> Any:
    """Return what a command has printed, once it is what the schema says."""
    schema, many = promised(named(arguments)[1])
    found = json.loads(stdout)
    for one in found if many else [found]:
        validator(schema).validate(one)
    assert found or not many, "nothing was looked at"
    return found


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    """Return what judges by the schema of this name."""
    schema = json.loads(shipped_schema(output_schemas()[name]))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
