"""Strict YAML with positions: a file becomes plain values, and every value and key keeps its line and column.

What YAML 1.1 and 1.2 read differently (`no`, `010`, `2025-01-02`) is refused instead of guessed, and so are duplicate
keys, tags, merge keys and aliases that explode.
"""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Final, TypeAlias

import yaml

from etl.errors import Finding, MappingError
from etl.mapping.language.composing import compose
from etl.mapping.terms import Position
from etl.record import shown
from etl.strict_json import is_held

Place: TypeAlias = tuple[str | int, ...]
"""Where a value stands in a document: ("rules", 3, "as")."""

MAX_BYTES: Final = 1_000_000
MAX_VALUES: Final = 100_000
MAX_DEPTH: Final = 40

_STR: Final = "tag:yaml.org,2002:str"
_TAGS: Final = {"ScalarNode": _STR, "SequenceNode": "tag:yaml.org,2002:seq", "MappingNode": "tag:yaml.org,2002:map"}
_NULL: Final = {"", "~", "null"}
_BOOL: Final = {"true": True, "false": False}
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,40})\Z")
_FLOAT: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?\Z")
AMBIGUOUS: Final = re.compile(
    r"""(y|n|yes|no|on|off|true|false|null)\Z           # words that are truth values or null in some YAML
      | [-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?\Z  # octal, underscores, signs, trailing dots
      | [-+]?\.[0-9]+ | [-+]?\.(inf|nan)\Z | 0[xob][0-9a-f_]+\Z
      | [0-9]+(:[0-9]{2})+\Z                            # base 60
      | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?\Z      # dates
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(slots=True)
class Document:
    """A YAML file as plain values. value: the whole. positions, key_positions: by place.

    bases: the files whose values it has as well, since it extends them. lines_files: those in which lines of its tables
    lie, as far as they were read.
    """

    file: str
    value: Any = None
    positions: dict[Place, Position] = field(default_factory=dict)
    key_positions: dict[Place, Position] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    bases: tuple[str, ...] = ()
    lines_files: list[str] = field(default_factory=list)

    def position(self, place: Place, *, key: bool = False) -> Position:
        """Return where a place stands, or its key; of a place that is not there, where its nearest parent stands."""
        if key and place in self.key_positions:
            return self.key_positions[place]
        while place and place not in self.positions:
            place = place[:-1]
        return self.positions.get(place, Position(1, 1))

    def find(self, place: Place, code: str, message: str, fix: str, *, key: bool = False) -> None:
        """Add a finding at a place."""
        self.find_at(self.position(place, key=key), code, message, fix)

    def find_at(self, where: Position, code: str, message: str, fix: str) -> None:
        """Add a finding at a position."""
        self.findings.append(Finding(where.file or self.file, where.line, where.column, code, message, fix))

    def folder(self, place: Place) -> FilePath:
        """Return the folder from which a file is named at a place."""
        return FilePath(self.position(place).file or self.file).parent

    def raise_findings(self) -> None:
        """Raise a MappingError with all findings, if there are any."""
        if self.findings:
            raise MappingError(list(dict.fromkeys(self.findings)))


def read_document(file: FilePath) -> Document:
    """Read a YAML file strictly.

    Raises:
        MappingError: with every finding, when the file cannot be read or is not strict YAML.

    """
    return parse_document(_read(file, Document(str(file))), str(file))


def parse_document(text: str, name: str) -> Document:
    """Parse YAML strictly; findings call the file `name`.

    Raises:
        MappingError: with every finding, when the text is not strict YAML.

    """
    document = Document(name)
    _Constructor(document).fill(_compose(text, document))
    document.raise_findings()
    return document


def _read(file: FilePath, document: Document) -> str:
    try:
        raw = file.read_bytes()
        if len(raw) > MAX_BYTES:
            document.find((), "E001", f"the file has {len(raw)} bytes", f"a mapping has at most {MAX_BYTES}")
            document.raise_findings()
        return raw.decode("utf-8-sig")
    except OSError as error:
        document.find((), "E001", f"the file cannot be read: {error.strerror}", "name a mapping file that exists")
    except UnicodeDecodeError as error:
        document.find((), "E001", f"byte {error.start} is not UTF-8", "save the file as UTF-8")
    document.raise_findings()
    return ""


def file_bytes(file: FilePath) -> bytes:
    """Return a file's bytes; a pipe or a device is not waited for.

    Raises:
        OSError: when it cannot be read, or is not a file.

    """
    if file.exists() and not (file.is_file() or file.is_dir()):
        raise OSError(errno.EINVAL, "it is not a regular file")
    return file.read_bytes()


def _compose(text: str, document: Document) -> yaml.Node:
    try:
        node = compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
        document.find_at(where, "E002", f"not YAML: {error.problem}", "correct the syntax here or just above")
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - (text.rfind("\n", 0, error.position) + 1) + 1
        document.find_at(Position(line, column), "E002", f"not YAML: {error.reason}", "remove this character")
    except RecursionError:
        document.find((), "E002", "nested too deep", "a mapping has a few levels")
    except (ValueError, OverflowError) as error:  # an impossible escape, such as "\\UFFFFFFFF"
        document.find((), "E002", f"not YAML: {error}", "correct the escape sequences")
    else:
        if node is not None:
            return node
        document.find((), "E002", "the file is empty", "start with mapping: NAME")
    document.raise_findings()
    raise AssertionError("unreachable: raise_findings raised")


class _Constructor:
    """Turns composed nodes into plain values, keeping positions and adding findings."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.count = 0
        self.open: set[int] = set()

    def fill(self, node: yaml.Node) -> None:
        self.document.value = self.construct(node, ())

    def construct(self, node: yaml.Node, place: Place) -> Any:
        where = _start(node)
        self.document.positions[place] = where
        self.count += 1
        if len(place) == MAX_DEPTH:
            self.document.find_at(where, "E002", "nested too deep", "a mapping has a few levels")
            return None
        if self.count == MAX_VALUES or id(node) in self.open:
            self.document.find_at(where, "E005", "this alias expands without end", "write the value out")
        if self.count >= MAX_VALUES or id(node) in self.open:
            return None
        if node.tag != _TAGS[type(node).__name__]:
            self.document.find_at(where, "E006", f"the tag {node.tag.strip()} is not allowed", "write a plain value")
            return None
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self.mapping(node, place)
            if isinstance(node, yaml.SequenceNode):
                return [self.construct(item, (*place, index)) for index, item in enumerate(node.value)]
            return self.scalar(node) if isinstance(node, yaml.ScalarNode) else None
        finally:
            self.open.discard(id(node))

    def mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            where = _start(key_node)
            key = self.scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                if isinstance(key_node, yaml.ScalarNode) and key is None and AMBIGUOUS.match(key_node.value):
                    continue
                self.document.find_at(where, "E003", "a key is text", _quoted(key_node))
                continue
            if key == "<<" and not key_node.style:
                self.document.find_at(where, "E006", "merge keys are not allowed", "write the values out")
                continue
            if key in made:
                first = self.document.key_positions[(*place, key)].line
                self.document.find_at(where, "E003", f"{key} is here twice, first on line {first}", "keep one of them")
                continue
            self.document.key_positions[(*place, key)] = where
            made[key] = self.construct(value_node, (*place, key))
        return made

    def scalar(self, node: yaml.ScalarNode) -> Any:
        text = str(node.value)
        if node.style:
            return text
        if text in _NULL:
            return None
        if text in _BOOL:
            return _BOOL[text]
        if _INTEGER.match(text):
            return int(text)
        if _FLOAT.match(text):
            if not is_held(text):
                fix = f'write "{text}" for text, or a number of fewer digits'
                self.document.find_at(_start(node), "E004", f"{text} would be rounded to {float(text)}", fix)
            return float(text)
        if AMBIGUOUS.match(text):
            self.document.find_at(
                _start(node), "E004", f"{text} means different things in YAML 1.1 and 1.2", _plainer(text)
            )
            return None
        return text


def _start(node: yaml.Node) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


def _plainer(text: str) -> str:
    lower = text.lower()
    if lower in {"y", "yes", "on", "true"}:
        return f'write true for the truth value, or "{text}" for text'
    if lower in {"n", "no", "off", "false"}:
        return f'write false for the truth value, or "{text}" for text'
    if lower == "null":
        return f'write null, or "{text}" for text'
    return f'write "{text}" for text, or a plain decimal number'


def _quoted(node: yaml.Node) -> str:
    return f"write it in quotes: {shown(node.value)}" if isinstance(node, yaml.ScalarNode) else "write one word"
