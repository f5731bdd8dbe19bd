"""Client files of every format, and the shipped mapping with each of them."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import Any

from etl import Direction
from etl.app import Selection, letters
from etl.app.opening import quiet_log
from etl.mapping.load import load_mapping
from etl.transfer.dead_letter import DeadLetter
from tests.support.site import ROOT, Site

MAPPINGS = ROOT / "tests" / "mappings"


def using(site: Site, kind: str) -> None:
    """Give the site the mapping of one format."""
    site.mapping = load_mapping(MAPPINGS / f"{kind}.yaml")


def with_files(site: Site, files: str) -> None:
    """Give the site the mapping of JSON Lines with other `files`."""
    file = site.folder / "mapping.yaml"
    shipped = (MAPPINGS / "json_lines.yaml").read_text().replace("../../schemas", str(ROOT / "schemas"))
    file.write_text(re.sub(r"files: .*", lambda _: f"files: {files}", shipped))
    site.mapping = load_mapping(file)


def kept(site: Site) -> list[DeadLetter]:
    """Return the inbound dead letters of a site."""
    with letters(site.mapping, site.settings, quiet_log(), Selection(direction=Direction.INBOUND)) as found:
        return list(found)


def as_lines(*records: Any) -> bytes:
    """Return records as JSON Lines."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def as_array(*records: Any) -> bytes:
    """Return records as a JSON array."""
    return json.dumps(records).encode()


def as_rows(*records: dict[str, Any]) -> bytes:
    """Return records as rows of the CSV file of tests/mappings."""
    rows = [
        f"{record['orderNo']};{record['summary']};open;{record['creationDate']};Pump;2025-01-0{record['orderNo']}\r\n"
        for record in records
    ]
    return ("orderNo;summary;state;creationDate;asset.name;Removed On\r\n" + "".join(rows)).encode("utf-8-sig")


def put(folder: Path, name: str, content: bytes, age: float = 0) -> Path:
    """Write a file that was last written to so many seconds ago."""
    file = folder / name
    file.write_bytes(content)
    os.utime(file, (time.time() - age, time.time() - age))
    return file
