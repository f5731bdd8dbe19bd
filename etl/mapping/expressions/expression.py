"""`from:` expressions: JMESPath over one record, compiled once, and bounded: no expression can hang a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from functools import reduce
from typing import Any, Final

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.lexer import Lexer

from etl.mapping.expressions.bounded import BoundedInterpreter, LimitError
from etl.mapping.expressions.direct import NotDirectError, Search, direct
from etl.mapping.expressions.functions import FailedError, RecordFunctions
from etl.mapping.paths import Path, PathError, getter, parse_path
from etl.mapping.places import with_selecting
from etl.record import ABSENT, Record

MAX_CHARACTERS: Final = 2_000
MAX_DEPTH: Final = 64
_SHOWN: Final = 300


_LITERALS: Final = ("null", "true", "false")


class ExpressionError(ValueError):
    """An expression that does not parse, that asks too much, or that does not fit the record it is applied to.

    fix: what would be right.
    """

    def __init__(self, message: str, fix: str = "see https://jmespath.org") -> None:
        super().__init__(message)
        self.fix = fix


def plain_path(text: str) -> Path | None:
    """Return the path that an expression is, None where it is more than that."""
    try:
        return parse_path(text)
    except PathError:
        return None


def compile_expression(text: str) -> Callable[[Record], Any]:
    """Compile a JMESPath expression to a function of a record; it returns ABSENT where the result is null.

    The function raises ExpressionError where the record does not fit, as in `length(summary)` of a number, and where
    the work on it, or what it builds, has no reasonable size.

    Raises:
        ExpressionError: when the text is not JMESPath, or is longer or deeper than an expression may be.

    """
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(f"an expression of {len(text)} characters; one has at most {MAX_CHARACTERS}")
    path = plain_path(text)
    if path is None:
        return _compile_jmespath(text)
    read = getter(path)
    return lambda record: ABSENT if (value := read(record)) is None else value


def _compile_jmespath(text: str) -> Search:
    try:
        node = jmespath.compile(text).parsed
    except JMESPathError as error:
        raise ExpressionError(" ".join(str(error).split())) from None
    except RecursionError:
        raise ExpressionError("nested too deep") from None
    _check(node)
    _refuse_slips(text, node)
    search = direct(node)

    def judge(record: Record) -> Any:
        try:
            value = BoundedInterpreter().visit(node, record)
        except LimitError as error:
            raise ExpressionError(f"{text} {error}") from None
        except (JMESPathError, FailedError, ValueError, RecursionError) as error:
            raise ExpressionError(f"{text} fails: {str(error)[:_SHOWN]}") from None
        return ABSENT if value is None else value

    if search is None:
        return judge

    def evaluate(record: Record) -> Any:
        try:
            value = search(record)
        except NotDirectError:
            return judge(record)
        return ABSENT if value is None else value

    return evaluate


def _check(node: Any) -> None:
    """Refuse a function that does not exist, and what is nested too deep."""
    for part, depth in _parts(node):
        if depth + (_depth(part["value"]) if part["type"] == "literal" else 0) > MAX_DEPTH:
            raise ExpressionError(f"nested deeper than {MAX_DEPTH} levels")
        if part["type"] == "function_expression":
            _check_function(part["value"], len(part["children"]))


def _refuse_slips(text: str, node: Any) -> None:
    """Refuse what means something that nobody wants: a literal that is a name, and a `!` that takes in too little."""
    for token in Lexer().tokenize(text):
        if token["type"] == "unquoted_identifier" and token["value"] in _LITERALS:
            word = token["value"]
            raise ExpressionError(f"{word} is a field of that name here", f"write `{word}`, in backquotes")
    for part, _ in _parts(node):
        through = part["type"] in ("subexpression", "index_expression")
        if through and isinstance(part["children"][0], dict) and part["children"][0]["type"] == "not_expression":
            message = "! takes in no more than the name behind it, so !a.b is what !a has in b, which is nothing"
            raise ExpressionError(message, "write !(a.b)")


def _check_function(name: str, count: int) -> None:
    if name not in RecordFunctions.FUNCTION_TABLE:
        raise ExpressionError(f"there is no function {name}()")
    takes = RecordFunctions.FUNCTION_TABLE[name]["signature"]
    if count < len(takes) or (count > len(takes) and not takes[-1].get("variadic")):
        raise ExpressionError(f"{name}() takes {len(takes)} argument{'' if len(takes) == 1 else 's'}, not {count}")


def _depth(value: Any) -> int:
    """Return how many lists and objects stand in each other; 0 for a scalar."""
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, list | dict) and one]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth


def _parts(node: Any) -> Iterator[tuple[Any, int]]:
    """Yield all nodes of a parsed expression with how deep each stands; 1 is the whole."""
    rest = [(node, 1)]
    while rest:
        part, depth = rest.pop()
        yield part, depth
        rest.extend((child, depth + 1) for child in part["children"] if isinstance(child, dict))


def names_read(text: str) -> tuple[str, ...]:
    """Return every name that a JMESPath expression looks up anywhere: at least all that it reads from a record."""
    if (path := plain_path(text)) is not None:
        return tuple(sorted({step for one in with_selecting(path) for step in one if isinstance(step, str)}))
    parts = (part for part, _ in _parts(jmespath.compile(text).parsed))
    return tuple(sorted({part["value"] for part in parts if part["type"] == "field"}))


def is_constant(text: str) -> bool:
    """Return whether a JMESPath expression looks at nothing of a record."""
    if plain_path(text) is not None:
        return False  # it may select, which JMESPath itself does not
    parts = (part for part, _ in _parts(jmespath.compile(text).parsed))
    return all(part["type"] not in {"field", "current", "identity"} for part in parts)


def reads(text: str) -> tuple[Path, ...]:
    """Return the paths that a JMESPath expression reads from a record; a list's elements are its index 0.

    What it reads from values that it computes itself is not among them.
    """
    if (path := plain_path(text)) is not None:
        return (path,)
    found: dict[Path, None] = {}
    _walk(jmespath.compile(text).parsed, (), found)
    return tuple(found)


def _walk(node: Any, at: Path | None, found: dict[Path, None]) -> Path | None:
    """Add the paths that a node reads when it is applied at a path; return the path of its own value, if it has one."""
    children = [child for child in node["children"] if isinstance(child, dict)]
    match node["type"]:
        case "field" if at is not None:
            found[(*at, node["value"])] = None
            return (*at, node["value"])
        case "index" if at is not None:
            found[(*at, max(node["value"], 0))] = None
            return (*at, max(node["value"], 0))
        case "identity" | "current" | "slice":
            return at
        case "subexpression" | "index_expression" | "pipe" | "flatten":
            known = frozenset(found)
            return reduce(lambda above, child: _further(child, above, found, known), children, at)
        case "projection" | "filter_projection":
            base = _walk(children[0], at, found)
            element = None if base is None else (*base, 0)
            for child in reversed(children[1:]):
                at = _walk(child, element, found)
            return at
        case "expref" | "value_projection":
            return None
    for child in children:
        _walk(child, at, found)
    return None


def _further(node: Any, at: Path | None, found: dict[Path, None], known: Set[Path]) -> Path | None:
    """Walk the next part of a chain; what it only leads through is not read as a whole. known: what is, beside it."""
    through = at if at and list(found)[-1:] == [at] and at not in known else None
    below = _walk(node, at, found)
    if through is not None and below is not None and below != through and through in found:
        del found[through]
    return below
