"""JMESPath that ends: an interpreter that counts its steps and weighs what it builds.

A short expression can mean a lot of work: `[@, @] | [@, @] | …` doubles its value at every bar, in hardly any memory
until somebody writes the value down. So every value is weighed when it is built, and whatever looks at a whole value
(a comparison, a function) pays for its weight first. The work of one evaluation is then at most the two limits.
"""

from __future__ import annotations

from typing import Any, Final

from jmespath.visitor import Options, TreeInterpreter

from etl.mapping.expressions.functions import RecordFunctions, compare

MAX_STEPS: Final = 100_000
MAX_WEIGHT: Final = 300_000
"""What one evaluation may do: a fraction of a second, and enough to go through a record of 10,000 lines."""

_CHARACTERS: Final = 16
"""So many characters of text weigh as much as one more value: about what it costs to copy them."""

_BUILDING: Final = frozenset(
    {
        "filter_projection",
        "flatten",
        "function_expression",
        "multi_select_dict",
        "multi_select_list",
        "projection",
        "slice",
        "value_projection",
    }
)
_LOOKING: Final = frozenset({"comparator", "function_expression"})


_OPTIONS: Final = Options(custom_functions=RecordFunctions())


class LimitError(Exception):
    """An expression that does more than one evaluation may."""


class BoundedInterpreter(TreeInterpreter):
    """Evaluates one expression on one value, once.

    `visit` raises LimitError when that takes more than MAX_STEPS visits of the expression's parts, or when the values
    that are built and looked at weigh more than MAX_WEIGHT.
    """

    def __init__(self) -> None:
        super().__init__(_OPTIONS)
        self._steps = 0
        self._weight = 0

    def visit(self, node: Any, value: Any) -> Any:
        """Return the value of a part of the expression."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise LimitError(f"took more than {MAX_STEPS} steps")
        kind = node["type"]
        if kind in _LOOKING:
            operands = [self.visit(child, value) for child in node["children"]]
            self._pay(operands)
            node = {**node, "children": [{"type": "literal", "value": one, "children": []} for one in operands]}
        made = getattr(self, f"visit_{kind}")(node, value)
        if kind in _BUILDING:
            self._pay(made)
        return made

    def visit_comparator(self, node: Any, value: Any) -> bool | None:
        """Return whether a comparison holds."""
        left, right = (self.visit(child, value) for child in node["children"])
        return compare(node["value"], left, right)

    def _pay(self, value: Any) -> None:
        self._weight += weight(value, MAX_WEIGHT - self._weight)
        if self._weight > MAX_WEIGHT:
            raise LimitError(f"built more than {MAX_WEIGHT} values")


def weight(value: Any, limit: int) -> int:
    """Return how many values a value has, itself and those in it; one that stands in several places counts in each.

    A value that weighs more than `limit` is not weighed to its end.
    """
    total = 0
    rest = [value]
    while rest and total <= limit:
        one = rest.pop()
        total += 1
        if isinstance(one, str | bytes):
            total += len(one) // _CHARACTERS
        elif isinstance(one, list):
            rest.extend(one)
        elif isinstance(one, dict):
            total += sum(map(len, one)) // _CHARACTERS
            rest.extend(one.values())
    return total
