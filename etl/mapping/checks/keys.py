"""The key: there, one to one, and of a type that identifies."""

from __future__ import annotations

from typing import Final

from etl.mapping.checks.context import LOSSY, Context, named_fields
from etl.mapping.codecs import codecs_that
from etl.mapping.privacy.marked import Privacy, privacy
from etl.mapping.rules.copy import Copy
from etl.mapping.schemas.shapes import TYPES
from etl.mapping.terms import Field, Side, When
from etl.record import shown

_TYPES: Final = frozenset({"string", "integer"})


def check_key(context: Context) -> None:
    """E142 to E144, E148, W156: every part of the key is required, text or a whole number, and comes back as it was."""
    for rule in context.mapping.keys:
        for side, field in named_fields(rule):
            shape, name = context.shape(side, field), context.name(side, field)
            if not shape.always and not (rule.assigned and side is Side.INSIDE):
                message = f"{name} is part of the key, but may be {'null' if shape.required else 'absent'}"
                context.find(field.where, "E142", message, "require it in the schema, without null")
            if side is Side.OUTSIDE and shape.types >= _TYPES and _is_either(context, rule, side):
                message = f'{name} may be an integer or a string, but 7 and "7" would be one file'
                context.find(field.where, "E143", message, "choose one type in the schema")
            _check_types(context, side, field, "part of the key")
            _check_nulls(context, rule, side, field)
        _check_codec(context, rule, "key")
    _check_matches(context)
    _check_elements(context)


def _check_elements(context: Context) -> None:
    """E143, E144, W156: elements that are told apart are so by what identifies, as records are; no group is."""
    for elements in context.elements():
        keys = [rule for rule in elements.rules if isinstance(rule, Copy) and rule.key]
        for rule in keys if isinstance(elements.at[Side.INSIDE][-1], int) else ():
            for side, field in named_fields(rule):
                _check_element_key(elements, rule, side, field)
            _check_codec(elements, rule, "key")
        _check_elements(elements)


def _check_element_key(context: Context, rule: Copy, side: Side, field: Field) -> None:
    shape = context.shape(side, field)
    if shape.types != TYPES:
        _check_types(context, side, field, "a key")
    elif shape.known:
        message = f"{context.name(side, field)} may be anything, since its schema does not say what it is"
        fix = f"describe it in the schema, or {LOSSY}"
        context.lose(rule, field.where, "W156", f"{message}, and a key is a string or an integer", fix)


def check_named_by(context: Context) -> None:
    """W139: records, files and elements of lists are named by their keys, whatever a schema says of those."""
    if private := privacy(context.mapping):
        _check_named_by(context, private)
        _check_names(context, private)


def _check_names(context: Context, private: Privacy) -> None:
    keys = {field.path for rule in context.mapping.keys for field in rule.outside}
    for entry in context.mapping.files.entries:
        for text, path in entry.named:
            if path not in keys and private.hides(path, Side.OUTSIDE):
                name = f"{context.mapping.outside.name}.{text}"
                message = f"{name} is private, and part of the name of a file, which is shown"
                fix = 'name files by something else, or take "x-private" from the schema'
                context.find(entry.where, "W139", message, fix)


def _check_named_by(context: Context, private: Privacy) -> None:
    for rule in context.rules:
        fields = named_fields(rule) if isinstance(rule, Copy) and rule.key else ()
        hidden = [(side, field) for side, field in fields if private.hides((*context.at[side], *field.path), side)]
        for side, field in hidden[:1]:
            message = f"{context.name(side, field)} is private, and part of a key, by which everything is named"
            context.find(field.where, "W139", message, 'choose another key, or take "x-private" from the schema')
    for elements in context.elements():
        _check_named_by(elements, private)


def _check_types(context: Context, side: Side, field: Field, what: str) -> None:
    if unfit := sorted(context.shape(side, field).types - _TYPES - {"null"}):
        message = f"{context.name(side, field)} is {what}, but may be {' or '.join(unfit)}"
        context.find(field.where, "E143", message, f"a {what.rsplit(maxsplit=1)[-1]} is a string or an integer")


def _check_codec(context: Context, rule: Copy, what: str) -> None:
    if rule.codec is not None and not rule.codec.one_to_one:
        message = f"codec {rule.codec.name} makes one {what} of several outside values"
        fit = codecs_that(lambda codec: codec.one_to_one and codec.makes in _TYPES)
        context.find(rule.where, "E144", message, f"leave the {what} as it is, or use {fit}")


def _check_matches(context: Context) -> None:
    """E143, E144, E148: what the outside gives a key is found again, by values that go both ways and identify."""
    assigned, matches = context.mapping.assigned, context.mapping.matches
    if assigned and not matches and not context.mapping.files.answers:
        message = "the outside gives this key, and nothing says which record it gives it to"
        fix = "write key: match in a rule by whose value one is found, or answer in the entry of a creation"
        context.find(assigned[0].where, "E148", message, fix)
    for rule in matches:
        if not assigned:
            message, fix = (
                "every record has its key, so none is ever found by this",
                "remove it, or write key: assigned",
            )
            context.find(rule.where, "E148", message, fix)
        if rule.only is not None or rule.once or rule.sent is When.CREATION or len(rule.outside) > 1:
            message = "what finds a record is sent with it, read back and compared: one field that goes both ways"
            context.find(rule.where, "E148", message, "choose another rule for key: match")
        for side, field in named_fields(rule):
            _check_types(context, side, field, "a match")
        _check_codec(context, rule, "match")


def _is_either(context: Context, rule: Copy, side: Side) -> bool:
    """Return whether numbers come beside texts: in rows no number comes, but where one is written, it does."""
    return not context.is_text(side) or context.shape(side.other, rule.inside).types >= _TYPES


def _check_nulls(context: Context, rule: Copy, side: Side, field: Field) -> None:
    """W156: a key that means absent is none. Empty text is never one, whatever it means."""
    shape, name = context.coming(side, field), context.name(side, field)
    nulls = [null for null in field.nulls if null not in ("", None) and shape.types & _TYPES and shape.accepts(null)]
    if nulls and not isinstance(nulls[0], bool):
        means = "it means absent, as nulls or when_absent says"
        message = f"a record whose key {name} is {shown(nulls[0])} is rejected: {means}"
        context.lose(
            rule, field.where, "W156", message, f"say nulls: [] and when_absent: omit in this rule, or {LOSSY}"
        )
