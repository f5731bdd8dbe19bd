"""`$ref`: what a JSON Schema says of a value, with all that it refers to; the one place that follows references.

A *part* is a schema inside a schema, known by its JSON pointer. A *variant* of a part is a set of parts of which a
value satisfies all. A value is right by a part exactly if it is right by one of its variants: each takes one
alternative of every `anyOf` and `oneOf` on the way, and all of every `allOf` and `$ref`.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Object
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import quote, unquote, urljoin

Node: TypeAlias = Object[str, Any]

_BASE: Final = "json-schema:///"
_MAX_VARIANTS: Final = 64
_ALTERNATIVES: Final = ("anyOf", "oneOf")
_LEGACY: Final = ("draft-03", "draft-04", "draft-06", "draft-07")
"""In these drafts nothing stands beside a `$ref`."""


@dataclass(frozen=True, slots=True)
class Part:
    """A schema inside a schema. steps: the way to it from the root, as names and numbers in text."""

    steps: tuple[str, ...]
    node: Node

    @property
    def pointer(self) -> str:
        """Its JSON pointer, as a reference writes it."""
        return "".join("/" + quote(step.replace("~", "~0").replace("/", "~1"), safe="~") for step in self.steps)


Variant: TypeAlias = tuple[Part, ...]


class Document:
    """A whole JSON Schema, in which parts are looked up. uri: the name under which a reference finds it."""

    def __init__(self, root: Node) -> None:
        self.root = root
        legacy = any(draft in str(root.get("$schema", "")) for draft in _LEGACY)
        self._id = "id" if legacy and "$id" not in root else "$id"
        self._ref_stands_alone = legacy
        name = root.get(self._id)
        self.uri = urljoin(_BASE, name if isinstance(name, str) else "schema").rstrip("#")
        self._variants: dict[tuple[str, ...], tuple[Variant, ...]] = {}
        self._anchors: dict[str, Part] | None = None

    def part(self, *steps: str) -> Part | None:
        """Return the part that a pointer leads to; None where nothing is, or no schema."""
        found: Any = self.root
        for step in steps:
            if isinstance(found, list):
                found = found[int(step)] if step.isdecimal() and int(step) < len(found) else None
            else:
                found = found.get(step) if isinstance(found, Object) else None
        return _as_part(steps, found)

    def below(self, part: Part, *steps: str) -> Part | None:
        """Return a part inside a part; None where nothing is, or no schema."""
        found: Any = part.node
        for step in steps:
            found = found[int(step)] if isinstance(found, list) else found.get(step)
        return _as_part((*part.steps, *steps), found)

    def variants(self, part: Part) -> tuple[Variant, ...]:
        """Return the variants of a part; none where no value satisfies it for a reason that is plain to see."""
        if part.steps not in self._variants:
            self._variants[part.steps] = tuple(self._expanded(part, frozenset()))
        return self._variants[part.steps]

    def resolve(self, reference: str) -> Part | None:
        """Return what a `$ref` refers to; None where that is not in this document."""
        target, _, fragment = reference.partition("#")
        if target and urljoin(self.uri, target) != self.uri:
            return None
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            return self._anchored(fragment)
        return self.part(*(step.replace("~1", "/").replace("~0", "~") for step in fragment.split("/")[1:]))

    def _expanded(self, part: Part, within: frozenset[tuple[str, ...]]) -> list[Variant]:
        """Return the variants of a part. within: the parts that it is an alternative of, or referred to by."""
        if part.node == {"not": {}}:
            return []
        found: list[Variant] = [(part,)]
        for alternatives in self._demands(part, within | {part.steps}):
            if len(found) * len(alternatives) <= _MAX_VARIANTS:
                found = [_united(one, other) for one in found for other in alternatives]
        return found

    def _demands(self, part: Part, within: frozenset[tuple[str, ...]]) -> Iterator[list[Variant]]:
        """Yield what else has to hold of a value beside the words of a part, each as variants of which one holds."""
        reference = part.node.get("$ref", part.node.get("$dynamicRef"))
        target = self.resolve(reference) if isinstance(reference, str) else None
        if target is not None:
            yield [] if target.steps in within else self._expanded(target, within)  # itself is no alternative to it
        if reference is not None and self._ref_stands_alone:
            return
        for inner in self._listed(part, "allOf"):
            if inner.steps not in within:
                yield self._expanded(inner, within)
        for word in _ALTERNATIVES:
            if isinstance(part.node.get(word), list):
                inners = [inner for inner in self._listed(part, word) if inner.steps not in within]
                yield [variant for inner in inners for variant in self._expanded(inner, within)]

    def _listed(self, part: Part, word: str) -> Iterator[Part]:
        items = part.node.get(word)
        for index in range(len(items) if isinstance(items, list) else 0):
            if (inner := self.below(part, word, str(index))) is not None:
                yield inner

    def _anchored(self, name: str) -> Part | None:
        if self._anchors is None:
            self._anchors = dict(self._named((), self.root))
        return self._anchors.get(name)

    def _named(self, steps: tuple[str, ...], value: Any) -> Iterator[tuple[str, Part]]:
        """Yield the parts that have a name of their own."""
        if isinstance(value, Object):
            for word in ("$anchor", "$dynamicAnchor", self._id):
                name = value.get(word)
                if isinstance(name, str) and (word != self._id or name.startswith("#")):
                    yield name.removeprefix("#"), Part(steps, value)
            for name, inner in value.items():
                yield from self._named((*steps, name), inner)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from self._named((*steps, str(index)), inner)


def _as_part(steps: tuple[str, ...], found: Any) -> Part | None:
    if isinstance(found, bool):
        return Part(steps, {} if found else {"not": {}})
    return Part(steps, found) if isinstance(found, Object) else None


def _united(one: Variant, other: Variant) -> Variant:
    return tuple({part.steps: part for part in (*one, *other)}.values())
