"""The functions and comparisons of JMESPath on what records hold: inside, dates as well as JSON.

A date is the text that it has in JSON, wherever a function or a comparison looks at it; a function that only passes
values on, or puts them in order, leaves it a date. Whatever fails says so: no value that is there becomes null.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from jmespath.exceptions import JMESPathTypeError
from jmespath.functions import Functions, signature
from jmespath.visitor import TreeInterpreter

from etl.record import MAX_INT64, MIN_INT64, json_form, shown

_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_NUMBER: Final = re.compile(r"\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?\s*\Z", re.ASCII)
_LONG: Final = 1_000
_PASSING: Final = frozenset({"keys", "map", "merge", "not_null", "to_array", "values"})
_ORDERING: Final = frozenset({"max", "min", "sort"})
_ORDERING_BY: Final = frozenset({"max_by", "min_by", "sort_by"})
_ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


class FailedError(Exception):
    """A function or a comparison that fails on the values it is given."""


def is_plain(value: Any) -> bool:
    """Return whether a value is a scalar of JSON."""
    return type(value) in _PLAIN


def in_json(value: Any) -> Any:
    """Return a value as JSON has it; one that only an expression has, such as `&name`, as it is."""
    return value if is_plain(value) or is_expression(value) else json_form(value)


class RecordFunctions(Functions):
    """JMESPath's functions, on records of either side."""

    def call_function(self, function_name: str, resolved_args: Iterable[Any]) -> Any:
        """Return what a function makes of its arguments.

        Raises:
            FailedError: when it fails.

        """
        given, dates = list(resolved_args), _Dates()
        arguments = [self._argument(function_name, argument, dates) for argument in given]
        try:
            made = super().call_function(function_name, arguments)
        except JMESPathTypeError as error:
            found, wanted = shown(json_form(error.current_value)), " or ".join(error.expected_types)
            message = f"In function {function_name}(), invalid type for value: {found}; expected {wanted}"
            if any(isinstance(argument, datetime) for argument in given):
                message += "; a date is text here, so write as: with a codec for another form of it"
            raise FailedError(message) from None
        except (TypeError, ValueError, ArithmeticError, AttributeError):
            found = ", ".join(shown(in_json(argument)) for argument in given)
            raise FailedError(f"{function_name}() does not take {found}") from None
        return dates.restored(made)

    def _argument(self, name: str, argument: Any, dates: _Dates) -> Any:
        """Return an argument in the form in which a function is to have it."""
        if name in _PASSING or (name in {"reverse", *_ORDERING_BY} and isinstance(argument, list)):
            return argument
        if name in _ORDERING and isinstance(argument, list):
            return [dates.sortable(item) for item in argument]
        if name in _ORDERING_BY and is_expression(argument):
            return type(argument)(argument.expression, _Keys(argument, dates))
        return in_json(argument)

    @signature({"types": []})
    def _func_to_number(self, argument: Any) -> int | float | None:
        """Return the number that a text says, exactly; a number as it is."""
        if argument is None or (isinstance(argument, int | float) and not isinstance(argument, bool)):
            return argument
        if not isinstance(argument, str) or not _NUMBER.match(argument):
            raise FailedError(f"{shown(argument)} is no number")
        text = argument.strip()
        number = int(text) if text.lstrip("+-").isdecimal() and len(text) < _LONG else float(text)
        if not _is_kept(number, text):
            raise FailedError(f"{shown(argument)} has more digits than a number keeps")
        return number


def _is_kept(number: float, text: str) -> bool:
    """Return whether a number is what its text says: a whole one of 64 bits, or one that a double keeps."""
    if isinstance(number, int):
        return MIN_INT64 <= number <= MAX_INT64
    return math.isfinite(number) and Decimal(repr(number)) == Decimal(text)


def is_expression(value: Any) -> bool:
    """Return whether a value is one that only an argument can be: `&name`."""
    return hasattr(value, "interpreter")


class _Dates:
    """Dates as text that is in the order of time, and back."""

    def __init__(self) -> None:
        self._dates: dict[int, tuple[str, datetime]] = {}
        self._texts = False

    def sortable(self, value: Any) -> Any:
        """Return a date as text; any other value as it is."""
        if not isinstance(value, datetime):
            self._texts = self._texts or isinstance(value, str)
        else:
            text = _in_utc(value).isoformat(timespec="microseconds")
            self._dates[id(text)] = (text, value)
            value = text
        if self._texts and self._dates:
            raise FailedError("dates and other text have no order")
        return value

    def restored(self, made: Any) -> Any:
        """Return what was made of such texts, with the dates instead."""
        if not self._dates:
            return made
        if isinstance(made, list):
            return [self.restored(item) if isinstance(item, str) else item for item in made]
        text, date = self._dates.get(id(made), ("", made))
        return date if text is made else made


class _Keys:
    """Evaluates an expression for the order of values."""

    def __init__(self, expression: Any, dates: _Dates) -> None:
        self._expression = expression
        self._dates = dates

    def visit(self, node: Any, value: Any) -> Any:
        """Return the key of a value."""
        return self._dates.sortable(self._expression.visit(node, value))


def compare(word: str, left: Any, right: Any) -> bool | None:
    """Return whether a comparison holds, None where a value is missing that would have to be in some order.

    Raises:
        FailedError: when two values have no order.

    """
    if word in _ORDERS:
        return _in_order(word, left, right)
    if not (is_plain(left) and is_plain(right)):
        left, right = in_json(left), in_json(right)
    return bool(TreeInterpreter.COMPARATOR_FUNC[word](left, right))


def _in_order(word: str, left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None
    pair: tuple[Any, Any] = left, right
    if isinstance(left, datetime) or isinstance(right, datetime):
        pair = _instant(left), _instant(right)
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in pair)
    if None in pair or not (numbers or any(all(isinstance(one, kind) for one in pair) for kind in (str, datetime))):
        raise FailedError(f"{shown(in_json(left))} and {shown(in_json(right))} cannot be compared")
    return _ORDERS[word](*pair)


def _instant(value: Any) -> datetime | None:
    """Return a date, or the one that a text says, in UTC; None for any other value."""
    try:
        date = datetime.fromisoformat(value) if isinstance(value, str) else value
        return _in_utc(date) if isinstance(date, datetime) else None
    except (ValueError, OverflowError):
        return None


def _in_utc(date: datetime) -> datetime:
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
