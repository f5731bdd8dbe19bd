"""The .env file: NAME=VALUE a line, each setting once, and no name that only looks like one."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from etl.errors import SettingsError
from etl.record import printable
from etl.setting_names import SETTINGS, looks_ours, meant

if TYPE_CHECKING:
    from dotenv.parser import Binding

_SAID: Final = 20
"""Of how many lines it is said what is wrong: a file of something else has thousands."""


def read_env_file(file: Path) -> dict[str, str]:
    """Return what the file says; {} where there is none.

    Raises:
        SettingsError: when it cannot be read, or with everything in it that would be overlooked.

    """
    text = _read(file)
    if text is None:
        return {}
    from dotenv.parser import parse_stream  # noqa: PLC0415 - only where there is such a file

    bindings = [binding for binding in parse_stream(StringIO(text)) if binding.error or binding.key is not None]
    if problems := _problems(file, bindings):
        more = [f"{file}: {len(problems) - _SAID} more are wrong"] if len(problems) > _SAID else []
        raise SettingsError(*problems[:_SAID], *more)
    return {binding.key: binding.value or "" for binding in bindings if binding.key is not None}


def _read(file: Path) -> str | None:
    try:
        return file.read_text("utf-8-sig")
    except FileNotFoundError:
        if not file.is_symlink():
            return None
        why = "it is a link to a file that is not there"
    except UnicodeDecodeError as error:
        why = f"it is not UTF-8 text: {error}"
    except OSError as error:
        why = error.strerror or str(error)
    raise SettingsError(f"{file} cannot be read: {why}; correct it, or remove it")


def _problems(file: Path, bindings: Sequence[Binding]) -> list[str]:
    found: list[str] = []
    lines: dict[str, int] = {}
    for binding in bindings:
        line, name = _line(binding), binding.key or ""
        if binding.error:
            found.append(f"{file}:{line}: not NAME=VALUE, or a quote is not closed")
        elif name not in SETTINGS:
            found += [f"{file}:{line}: {_unknown(name)}"] if looks_ours(name) else []
        elif name in lines:
            found.append(f"{file}:{line}: {name} is set here and on line {lines[name]}; keep one of them")
        else:
            lines[name] = line
    return found


def _line(binding: Binding) -> int:
    """Return the line of a name; what was read for it begins with the empty lines before."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")


def _unknown(name: str) -> str:
    """Say that there is no such setting, and which there are."""
    setting = meant(name)
    right = f"write {setting}" if setting else f"remove it; there are {', '.join(SETTINGS)}"
    return f"there is no setting {printable(name)}; {right}"
