"""`etl pair`."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from etl.cli.common import REJECTED, engine_errors, examples, load, quiet_pipe, say, with_logging, with_mapping
from etl.cli.output import say_json, with_json

if TYPE_CHECKING:
    from etl.app.pairs import Pairs
    from etl.mapping.model import Mapping
    from etl.transfer.pairing import Pair

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    epilog=examples("etl pair", "etl pair --match title --out pairs.csv", "etl pair --keys pairs.csv --take")
)
@with_mapping
@click.option("--match", multiple=True, metavar="PATH", help="Find work orders by this inside field; may be repeated.")
@click.option("--keys", type=_FILE, help="A CSV file that says which work order has which key.")
@click.option("--out", type=_FILE, help="Write what is found to this CSV file, which --keys reads.")
@click.option("--take", is_flag=True, help="Give the work orders that are paired their keys.")
@with_json("pair")
@with_logging
def pair(
    mapping_file: Path,
    match: tuple[str, ...],
    keys: Path | None,
    out: Path | None,
    log_level: str,
    log_format: str,
    *,
    take: bool,
    as_json: bool,
) -> None:
    """Pair the records of two systems that have never met.

    Records that the client delivers are paired with work orders by their key, by the cross-reference of --keys, or by
    what the mapping calls a match, or --match does. What differs in a pair is named: the first import writes it over
    what the work order has. Nothing is changed but with --take, and then nothing but missing keys is written.

    Exit code 0: no pair is doubtful; 1: some are, or some key could not be given.
    """
    with engine_errors(log_level, log_format) as (settings, log), quiet_pipe():
        from etl import app  # noqa: PLC0415 - see etl.cli

        mapping = load(mapping_file)
        found = app.pair(mapping, settings, log, match, keys, take=take)
        if out is not None:
            _write(out, mapping, found.pairs)
        shown = [one for one in found.pairs if one.how.value != "key" or one.differs]
        if as_json:
            say_json(_fields(found, shown))
        else:
            _tell(found, shown, take=take)
        if found.refused or any(one.how.value == "doubtful" for one in found.pairs):
            sys.exit(REJECTED)


def _tell(found: Pairs, shown: list[Pair], *, take: bool) -> None:
    from etl.record import printable, show_key  # noqa: PLC0415 - see etl.cli

    for one in shown:
        differs = f"differs in {', '.join(one.differs)}" if one.differs else ""
        named = [show_key(one.key) if one.key else "", one.place, one.identity, one.why or differs]
        say(f"{one.how.value:<9}  {'  '.join(printable(text) for text in named if text)}")
    for identity, why in found.refused:
        say(f"refused    {printable(identity)}  {printable(why)}")
    counts = _counts(found)
    words = {
        "key": "have their key",
        "reference": "paired by the cross-reference",
        "match": "paired by match",
        "doubtful": "doubtful",
        "outside": "outside alone",
        "inside": "inside alone",
        "rejected": "rejected",
    }
    say(", ".join(f"{counts[name]} {word}" for name, word in words.items() if counts[name]) or "nothing on either side")
    if take:
        say(f"{found.given} got their key")


def _counts(found: Pairs) -> Counter[str]:
    return Counter(one.how.value for one in found.pairs) + Counter({"rejected": found.rejected})


def _fields(found: Pairs, shown: list[Pair]) -> dict[str, Any]:
    counts = _counts(found)
    names = ("key", "reference", "match", "doubtful", "outside", "inside", "rejected")
    return {
        "counts": {name: counts[name] for name in names} | {"given": found.given},
        "pairs": [
            {
                "how": one.how.value,
                "key": list(one.key),
                "origin": one.place,
                "id": one.identity,
                "differs": list(one.differs),
                "why": one.why,
            }
            for one in shown
        ],
        "refused": [{"id": identity, "why": why} for identity, why in found.refused],
    }


def _write(out: Path, mapping: Mapping, pairs: list[Pair]) -> None:
    """Write pairs as CSV; those that have their key already are left out."""
    from etl.app.pairs import IDENTITY  # noqa: PLC0415 - see etl.cli
    from etl.errors import EndpointError  # noqa: PLC0415
    from etl.mapping.paths import format_path  # noqa: PLC0415

    columns = [format_path(rule.outside[0].path) for rule in mapping.keys]
    try:
        _write_rows(out, columns, IDENTITY, pairs)
    except OSError as error:
        raise EndpointError(
            f"{out} cannot be written: {error.strerror or error}; name a file in a folder that is there"
        ) from None


def _write_rows(out: Path, columns: list[str], identity: str, pairs: list[Pair]) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*columns, identity, "pair", "differs", "why"])
        for one in pairs:
            if one.how.value != "key":
                key = one.outside or [""] * len(columns)
                rows.writerow([*key, one.identity, one.how.value, ", ".join(one.differs), one.why])
