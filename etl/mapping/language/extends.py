"""`extends`: a mapping that says how it differs from another one becomes the whole of both, with its positions.

A rule of the extending file takes the place of the base's rule of its name, which is the paths that it writes inside;
in its table, `$base` stands for the lines of that rule. What is keyed merges by key, and anything else is replaced.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any, Final, TypeAlias

from etl.mapping.language.document import Document, Place, read_document
from etl.mapping.language.parse_fields import did_you_mean
from etl.mapping.language.words import PARTS, TABLES
from etl.mapping.paths import PathError, format_path, parse_path
from etl.record import shown

BASE: Final = "$base"
_EXTENDS, _DROP, _RULES, _EXAMPLES = "extends", "drop", "rules", "examples"
_MERGED: Final = frozenset({"root", *(part for part in PARTS.values() if part not in {"rules", "rule", "examples"})})
_FIX: Final = "name a mapping file, relative to this one"

Name: TypeAlias = tuple[str, ...]
"""What a rule is called: the paths that it writes inside; of one that writes none, those that it writes outside."""


def extended(document: Document) -> Document:
    """Return a document with all that the one says which it extends; as it is, where it extends none.

    Raises:
        MappingError: with every finding, where there is no such file, or it is not extended that way.

    """
    whole = _extended(document, ())
    document.raise_findings()
    return whole


def _extended(document: Document, opened: tuple[FilePath, ...]) -> Document:
    value = document.value
    if not isinstance(value, dict) or _EXTENDS not in value:
        _check_alone(document)
        return document
    file = _base_file(document, opened)
    if file is None:
        document.raise_findings()
        return document
    base = _extended(read_document(file), (*opened, FilePath(document.file).resolve()))
    base.raise_findings()
    if not isinstance(base.value, dict):
        document.find((_EXTENDS,), "E015", f"{file} is no mapping", _FIX)
        return document
    return _Merge(base, document).made()


def _base_file(document: Document, opened: tuple[FilePath, ...]) -> FilePath | None:
    """Return the file that a document extends; None, with a finding, where it is none."""
    said, place = document.value[_EXTENDS], (_EXTENDS,)
    if not isinstance(said, str) or not said or "\0" in said:
        document.find(place, "E011", f"extends names one file, and not {shown(said)}", _FIX)
        return None
    file = FilePath(document.file).parent / said
    if not file.is_file():
        what = f"{file} is a folder, and no file" if file.is_dir() else f"there is no file {file}"
        document.find(place, "E015", f"{what} to extend", _FIX)
        return None
    if file.resolve() in (*opened, FilePath(document.file).resolve()):
        document.find(place, "E015", f"{file} extends this file in its turn", "let one of the two extend nothing")
        return None
    return file


def _check_alone(document: Document) -> None:
    """E015: what speaks of a base stands in a file that has one."""
    value = document.value if isinstance(document.value, dict) else {}
    fix = "add extends: and the file that this one extends"
    if _DROP in value:
        document.find((_DROP,), "E015", "drop is for a mapping that extends another one", fix, key=True)
    for place, _ in _base_lines(value.get(_RULES), (_RULES,)):
        document.find(place, "E015", f"{BASE} stands for the lines of a base, and this mapping extends none", fix)


def _base_lines(rules: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield the places of `$base` in tables, each with the word of the table."""
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        for word, lines in rule.items() if isinstance(rule, dict) else ():
            for line, said in enumerate(lines if word in TABLES and isinstance(lines, list) else ()):
                if said == BASE:
                    yield (*place, index, word, line), word
        yield from _base_lines(rule.get("each") if isinstance(rule, dict) else None, (*place, index, "each"))


class _Merge:
    """One document made of a base and of what extends it."""

    def __init__(self, base: Document, own: Document) -> None:
        self._base = base
        self._own = own
        self._made = Document(own.file, bases=(*own.bases, base.file, *base.bases))
        self._made.findings = own.findings
        self._systems = self._names()

    def made(self) -> Document:
        """Return the whole."""
        value = self._merged("root", self._base.value, self._own.value, ())
        value.pop(_EXTENDS, None)
        value.pop(_DROP, None)
        if "mapping" not in self._own.value:
            value.pop("mapping", None)
            self._made.positions[()] = self._own.position(())
        self._made.value = value
        return self._made

    def _names(self) -> tuple[str, str]:
        found = []
        for side in ("outside", "inside"):
            parts = (document.value.get(side) for document in (self._own, self._base))
            names = [part["name"] for part in parts if isinstance(part, dict) and isinstance(part.get("name"), str)]
            found.append(names[0] if names else side)
        return found[0], found[1]

    def _taken(self, source: Document, at: Place, to: Place) -> Any:
        """Return a value of one of the two as it stands there, with the positions of all that is in it."""
        value: Any = source.value
        for step in at:
            value = value[step]
        self._copy(source, value, at, to)
        return value

    def _copy(self, source: Document, value: Any, at: Place, to: Place) -> None:
        is_base = source is self._base
        for known, made in (
            (source.positions, self._made.positions),
            (source.key_positions, self._made.key_positions),
        ):
            if at in known:
                where = known[at]
                made[to] = replace(where, file=where.file or source.file) if is_base else where
        below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for step, item in below:
            self._copy(source, item, (*at, step), (*to, step))

    def _merged(self, part: str, base: dict[str, Any], own: dict[str, Any], at: Place) -> dict[str, Any]:
        """Return an object of which the own values outrank those of the base, key by key."""
        self._made.positions[at] = self._own.position(at)
        made: dict[str, Any] = {}
        for key in dict.fromkeys((*base, *own)):
            place, kind = (*at, key), PARTS.get((part, key), "")
            if key == _RULES and not at and self._both_lists(base, own, key):
                made[key] = self._rules()
            elif key == _EXAMPLES and not at and self._both_lists(base, own, key):
                made[key] = self._examples()
            elif (kind in _MERGED or (not at and key == "codecs")) and all(
                isinstance(one.get(key), dict) for one in (base, own)
            ):
                self._mark(self._own, place)
                made[key] = self._merged(kind, base[key], own[key], place)
            else:
                made[key] = self._taken(self._own if key in own else self._base, place, place)
        return made

    def _both_lists(self, base: dict[str, Any], own: dict[str, Any], key: str) -> bool:
        """Return whether a list may be merged: the own one may say nothing of it, but of what is dropped."""
        return isinstance(base.get(key), list) and isinstance(own.get(key, []), list)

    def _mark(self, source: Document, place: Place) -> None:
        if place in source.key_positions:
            self._made.key_positions[place] = source.key_positions[place]

    def _rules(self) -> list[Any]:
        """Return the rules of the base, each as it is, replaced or dropped, and then those of the own file alone."""
        base, own = self._base.value[_RULES], self._own.value.get(_RULES, [])
        names = [self._name(rule) for rule in base]
        replaced: dict[int, int] = {}
        for index, rule in enumerate(own):
            name = self._name(rule)
            if name and name in names and names.index(name) not in replaced:
                replaced[names.index(name)] = index
        dropped = set(self._dropped(names))
        kept = [(self._own, replaced[at]) if at in replaced else (self._base, at) for at in range(len(base))]
        order = [one for at, one in enumerate(kept) if at not in dropped or at in replaced]
        order += [(self._own, index) for index in range(len(own)) if index not in replaced.values()]
        self._made.positions[_RULES,] = self._own.position((_RULES,))
        origin = {index: at for at, index in replaced.items()}
        made: list[Any] = []
        for source, index in order:
            to = (_RULES, len(made))
            rule = self._taken(source, (_RULES, index), to)
            if source is self._own and isinstance(rule, dict):
                rule = self._with_base_lines(rule, index, origin.get(index), to)
            made.append(rule)
        return made

    def _with_base_lines(self, rule: dict[str, Any], index: int, origin: int | None, to: Place) -> dict[str, Any]:
        """Return a rule with the lines of the base's rule where it names them."""
        made = dict(rule)
        for place, word in _base_lines([rule], ()):
            lines = self._base.value[_RULES][origin].get(word) if origin is not None else None
            if not isinstance(lines, list | dict | str) or len(place) != len((0, word, 0)):
                message = f"the base has no rule of this name with {word}, whose lines {BASE} would be"
                fix = "write the lines, or name the paths that a rule of the base writes inside"
                self._own.find((_RULES, index, *place[1:]), "E015", message, fix)
            elif made[word] is rule[word]:
                at, there = (_RULES, index, word), (_RULES, origin or 0, word)
                made[word] = self._lines(rule[word], lines, at, there, (*to, word))
        return made

    def _lines(self, own: Sequence[Any], base: Any, at: Place, there: Place, to: Place) -> list[Any]:
        made: list[Any] = []
        for index, line in enumerate(own):
            if line != BASE:
                made.append(self._taken(self._own, (*at, index), (*to, len(made))))
            elif isinstance(base, list):
                for inner in range(len(base)):
                    made.append(self._taken(self._base, (*there, inner), (*to, len(made))))
            else:
                made.append(self._in_a_file(base, there, (*to, len(made))))
        return made

    def _in_a_file(self, said: Any, there: Place, to: Place) -> Any:
        """Return the line that stands for those of a file, which the base has instead of lines."""
        if isinstance(said, dict):
            return self._taken(self._base, there, to)
        return {"file": self._taken(self._base, there, (*to, "file"))}

    def _dropped(self, names: Sequence[Name]) -> Iterator[int]:
        """Yield which of the base's rules are dropped."""
        said = self._own.value.get(_DROP, [])
        if not isinstance(said, list) or not all(isinstance(name, str) for name in said):
            self._own.find((_DROP,), "E011", f"drop is a list of names, and no {shown(said)}", "write drop: [title]")
            return
        known = {", ".join(name): index for index, name in enumerate(names) if name}
        for index, text in enumerate(said):
            name = ", ".join(sorted(_normal(one) for one in text.split(",")))
            if name in known:
                yield known[name]
            else:
                message = f"the base has no rule that is called {text}"
                self._own.find((_DROP, index), "E015", message, did_you_mean(name, known))

    def _examples(self) -> list[Any]:
        """Return the examples of the base, each as it is or replaced by the one of its name, and then the others."""
        base, own = self._base.value[_EXAMPLES], self._own.value.get(_EXAMPLES, [])
        names = {
            example["name"]: index
            for index, example in enumerate(own)
            if isinstance(example, dict) and isinstance(example.get("name"), str)
        }
        sources: list[tuple[Document, int]] = []
        for index, example in enumerate(base):
            name = example.get("name") if isinstance(example, dict) else None
            replacing = names.pop(name, None) if isinstance(name, str) else None
            sources.append((self._base, index) if replacing is None else (self._own, replacing))
        used = {index for source, index in sources if source is self._own}
        sources += [(self._own, index) for index in range(len(own)) if index not in used]
        self._made.positions[_EXAMPLES,] = self._own.position((_EXAMPLES,))
        return [self._taken(source, (_EXAMPLES, index), (_EXAMPLES, to)) for to, (source, index) in enumerate(sources)]

    def _name(self, rule: Any) -> Name:
        """Return what a rule is called; () for what has no name."""
        if not isinstance(rule, dict):
            return ()
        outside, inside = self._systems
        for system in (inside, outside):
            found = {_normal(text) for text in _written(rule, system) if isinstance(text, str)}
            if found:
                return tuple(sorted(found))
        return ()


def _written(rule: dict[str, Any], system: str) -> Iterator[Any]:
    """Yield the paths of one system that a rule names, as it has them."""
    if system in rule:
        said = rule[system]
        said = said.get("first") if isinstance(said, dict) else said
        yield from said if isinstance(said, list) else [said]
        return
    for word in ("flags", "cases"):
        for line in rule[word] if isinstance(rule.get(word), list) else ():
            said = line.get(system) if isinstance(line, dict) else None
            yield from said if isinstance(said, dict) else [said]
    otherwise = rule.get("otherwise")
    if isinstance(otherwise, dict) and isinstance(otherwise.get(system), dict):
        yield from otherwise[system]


def _normal(text: str) -> str:
    try:
        return format_path(parse_path(text.strip()))
    except PathError:
        return text.strip()
