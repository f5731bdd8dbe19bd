"""What is proven of each kind of rule by itself."""

from __future__ import annotations

from typing import assert_never

from etl.mapping.checks.context import Context, named_fields
from etl.mapping.checks.conversions import check_computed, check_copy, check_each
from etl.mapping.checks.tables import check_table
from etl.mapping.checks.texts import check_formed
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.table import Table


def check_rules(context: Context) -> None:
    """E122, E123, E150 to E162, W163 to W156, W180: every rule, those of lists too, whose paths the schemas have."""
    for rule in context.rules:
        if all(context.shape(side, field).known for side, field in named_fields(rule)):
            _check_expected(context, rule)
            _check(context, rule)
            check_formed(context, rule)
    for inner in context.elements():
        check_rules(inner)


def _check(context: Context, rule: Rule) -> None:
    match rule:
        case Copy():
            check_copy(context, rule)
        case Computed():
            check_computed(context, rule)
        case Table():
            check_table(context, rule)
        case Each():
            check_each(context, rule)  # its rules are checked as those of its elements
        case _:
            assert_never(rule)


def _check_expected(context: Context, rule: Rule) -> None:
    """E150: a field can have the type that its rule reads and writes there."""
    for wanted in rule.expects():
        if wanted.kind not in context.shape(wanted.side, wanted.field).types:
            message = f"{context.name(wanted.side, wanted.field)} is no {wanted.kind}; {wanted.why}"
            context.find(wanted.field.where, "E150", message, "correct the path or the schema")
