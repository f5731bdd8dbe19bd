"""JSON Schema's words that `jsonschema` checks in a way that one record from outside can make endless.

Python's patterns take ages for `aaaa…!` and `^(a+)+$`, and lists are compared element by element with each other. Here
`jsonschema-rs` decides both, in time that grows with the record; it also reads patterns as JSON Schema means them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Mapping as Table
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

    Errors = Iterator[ValidationError]

_ALIKE: Final = jsonschema_rs.validator_for({"uniqueItems": True})


def bounded(kind: type[Validator]) -> type[Validator]:
    """Return a class of validators that checks the same, and ends."""
    from jsonschema.validators import extend  # noqa: PLC0415 - a tenth of a second that a run of right records never pays

    keywords = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    }
    made: type[Validator] = extend(kind, keywords)  # type: ignore[no-untyped-call]  # untyped in its stubs
    return made


@lru_cache(maxsize=256)
def _matcher(pattern: str) -> Callable[[Any], bool]:
    return _is_valid(jsonschema_rs.validator_for({"pattern": pattern}))


def _is_valid(validator: Any) -> Callable[[Any], bool]:
    def is_valid(value: Any) -> bool:
        try:
            return bool(validator.is_valid(value))
        except ValueError:
            return False  # a value that JSON has not

    return is_valid


def _pattern(_: Validator, pattern: str, instance: Any, __: Any) -> Errors:
    from jsonschema import ValidationError  # noqa: PLC0415 - as above

    if isinstance(instance, str) and not _matcher(pattern)(instance):
        yield ValidationError(f"does not match {pattern}")


def _pattern_properties(validator: Any, patterns: Table[str, Any], instance: Any, _: Any) -> Errors:
    for pattern, schema in patterns.items():
        for name, value in instance.items() if isinstance(instance, dict) else ():
            if _matcher(pattern)(name):
                yield from validator.descend(value, schema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, instance: Any, schema: Table[str, Any]) -> Errors:
    from jsonschema import ValidationError  # noqa: PLC0415 - as above

    if not isinstance(instance, dict):
        return
    matchers = [_matcher(pattern) for pattern in schema.get("patternProperties", ())]
    for name, value in instance.items():
        if name in schema.get("properties", ()) or any(matches(name) for matches in matchers):
            continue
        if allowed is False:
            yield ValidationError("is not a field of the schema", path=(name,))
        else:
            yield from validator.descend(value, allowed, path=name)


def _unique_items(_: Validator, wanted: bool, instance: Any, __: Any) -> Errors:
    from jsonschema import ValidationError  # noqa: PLC0415 - as above

    if wanted and isinstance(instance, list) and not _is_valid(_ALIKE)(instance):
        yield ValidationError("has an element twice")
