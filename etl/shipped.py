"""What comes with the engine: schemas, ready mappings with their pages; and which files are mappings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

MAPPINGS: Final = "mappings"
SCHEMAS: Final = "schemas"
INTEGRATIONS: Final = "docs/integrations"
EDITOR_SCHEMA: Final = "mapping.schema.json"
OUTPUT: Final = "output"

_HEAD: Final = 4096


def root() -> Path:
    """Return the folder in which the schemas and mappings lie: the installed package, or the source tree around it."""
    package = Path(__file__).parent
    return package if (package / SCHEMAS).is_dir() else package.parent


def shipped_schema(name: str) -> bytes:
    """Return a schema of the engine's own files."""
    return (root() / SCHEMAS / name).read_bytes()


def output_schemas() -> dict[str, str]:
    """Return the schemas of what commands print, by name."""
    ending = ".schema.json"
    files = sorted((root() / SCHEMAS / OUTPUT).glob(f"*{ending}"))
    return {file.name.removesuffix(ending): f"{OUTPUT}/{file.name}" for file in files}


def says_mapping(file: Path) -> bool:
    """Return whether a file is a mapping by its first lines."""
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD).decode("utf-8-sig", "replace")
    except OSError:
        return False
    return all(re.search(rf"^{word}\s*:", head, re.MULTILINE) for word in ("mapping", "language"))


def mappings_in(folder: Path) -> list[Path]:
    """Return the mappings in a folder, and in the folders of single ones in it."""
    return [file for pattern in ("*.yaml", "*/*.yaml") for file in sorted(folder.glob(pattern)) if says_mapping(file)]
