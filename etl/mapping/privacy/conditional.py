"""Conditional: marks in what a schema says under a condition, which hold whatever the record is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final

from etl.mapping.privacy.spots import Spot
from etl.mapping.schemas.references import Document

_UNDER: Final = ("if", "then", "else")
_BESIDE: Final = ("allOf", "anyOf", "oneOf")
_ELEMENTS: Final = ("items", "additionalItems", "contains")
_MAX_LEVELS: Final = 8
_AGAIN: Final = 2
"""So often one reference is followed on the way to one place: a schema may refer to itself."""


def marked_under(
    document: Document, word: str, node: Any, spot: Spot = (), met: tuple[str, ...] = (), *, is_under: bool = False
) -> Iterator[Spot]:
    """Yield what a schema marks by a word under conditions. met: the references on the way. is_under: under one."""
    if not isinstance(node, Mapping) or len(spot) > _MAX_LEVELS:
        return
    if is_under and spot and node.get(word) is True:
        yield spot
        return

    def below(inner: Any, at: Spot = spot, *, under: bool = is_under) -> Iterator[Spot]:
        return marked_under(document, word, inner, at, met, is_under=under)

    reference = node.get("$ref")
    if isinstance(reference, str) and met.count(reference) < _AGAIN:
        part, further = document.resolve(reference), (*met, reference)
        yield from marked_under(document, word, part and part.node, spot, further, is_under=is_under)
    for inner in chain.from_iterable(map(_listed, (node.get(name) for name in _BESIDE))):
        yield from below(inner)
    for inner in (*(node.get(name) for name in _UNDER), *_named(node.get("dependentSchemas")).values()):
        yield from below(inner, under=True)
    for name, inner in _named(node.get("properties")).items():
        yield from below(inner, (*spot, name))
    for inner in (
        *(node.get(name) for name in _ELEMENTS),
        *_listed(node.get("prefixItems")),
        *_listed(node.get("items")),
    ):
        yield from below(inner, (*spot, None))


def _named(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
