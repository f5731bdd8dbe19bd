"""A YAML text as nodes: by libyaml, fifteen times as fast, where both parsers read the same, else by PyYAML's own.

What libyaml refuses is read again, so every message is of one parser, and a machine without libyaml reads the same.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

_DIFFERING: Final = re.compile(
    r"""[?\t\r\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]  # odd keys, breaks and blanks
      | (?m: ^ | [\s\[{,:-] ) [!&*]                                         # tags, anchors and aliases
      | (?m: ^ ) (?: % | --- | \.\.\. )                                     # directives, several documents
      | [|>][-+0-9]*\#                                                      # what only one of them takes
    """,
    re.VERBOSE,
)

_OPENED: Final = "[", "{", "- "
_MOST_OPENED: Final = 5_000  # not every libyaml minds how deep it goes


class _Loader(yaml.SafeLoader):
    """Composes nodes only; which type a plain scalar has is decided by who reads them, not by YAML 1.1's rules."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own class attribute

    def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
        tag = self.peek_event().tag  # type: ignore[no-untyped-call]  # PyYAML's stubs leave this one untyped
        node = super().compose_scalar_node(anchor)
        if tag is not None:
            node.tag = f"{tag} "  # even !!str is refused; without this it would look like no tag
        return node


def compose(text: str) -> yaml.Node | None:
    """Return the node of a text, None of an empty one. Of a scalar that is not quoted, the style is None or empty.

    Raises:
        yaml.YAMLError, RecursionError, ValueError, OverflowError: when it is not YAML.

    """
    return by_libyaml(text) or by_pyyaml(text)


def by_pyyaml(text: str) -> yaml.Node | None:
    """Return the same, as PyYAML's own parser reads it."""
    return yaml.compose(text, Loader=_Loader)


def by_libyaml(text: str) -> yaml.Node | None:
    """Return the node where libyaml is there, takes the text, and is known to read it as PyYAML does."""
    if not yaml.__with_libyaml__ or _DIFFERING.search(text) or sum(map(text.count, _OPENED)) > _MOST_OPENED:
        return None
    loader = yaml.CSafeLoader(text)
    loader.yaml_implicit_resolvers = {}
    try:
        node: yaml.Node | None = loader.get_single_node()
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError):
        return None
    finally:
        loader.dispose()
    return None if node is None or _has_gaps(node) else node


def _has_gaps(node: yaml.Node) -> bool:
    """Return whether a value is left out somewhere: the parsers say otherwise where that stands."""
    if isinstance(node, yaml.ScalarNode):
        return not (node.value or node.style)
    if isinstance(node, yaml.MappingNode):
        return any(_has_gaps(key) or _has_gaps(value) for key, value in node.value)
    return any(_has_gaps(item) for item in node.value)
