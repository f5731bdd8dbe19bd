"""All checks of a mapping, in one call."""

from __future__ import annotations

from typing import Final

from etl.errors import Finding
from etl.mapping.checks.added import check_added
from etl.mapping.checks.conflicts import check_conflicts, check_deletion, check_import_when
from etl.mapping.checks.context import Context
from etl.mapping.checks.entries import check_carried, check_file_names
from etl.mapping.checks.fields import check_above, check_names, check_paths, check_required, check_unmapped
from etl.mapping.checks.files import check_csv, check_spreadsheet
from etl.mapping.checks.halves import check_halves
from etl.mapping.checks.keys import check_key, check_named_by
from etl.mapping.checks.laws import check_laws
from etl.mapping.checks.left import check_left
from etl.mapping.checks.losses import check_losses, check_lossy
from etl.mapping.checks.mongodb import check_export_when, check_scope, check_stamps
from etl.mapping.checks.rules import check_rules
from etl.mapping.checks.sending import check_sending, check_sent
from etl.mapping.checks.stand_ins import check_stand_ins
from etl.mapping.checks.stays import check_stays
from etl.mapping.checks.together import check_together
from etl.mapping.checks.trials import Trials
from etl.mapping.checks.ways import check_ways
from etl.mapping.checks.witnesses import check_witnesses
from etl.mapping.model import Mapping


def check_by_example(context: Context) -> None:
    """E121, E122, E150, E151, E153, W155, W156, E181, W180, W182, W183: what the mapping does with small records."""
    trials = Trials(context)
    check_witnesses(context, trials)
    check_laws(context, trials)
    check_left(context, trials)
    check_stays(context, trials)
    check_added(context, trials)
    check_sent(context, trials)


CHECKS: Final = (
    check_paths,
    check_names,
    check_required,
    check_above,
    check_unmapped,
    check_key,
    check_named_by,
    check_csv,
    check_file_names,
    check_carried,
    check_spreadsheet,
    check_rules,
    check_halves,
    check_conflicts,
    check_deletion,
    check_import_when,
    check_export_when,
    check_stamps,
    check_scope,
    check_sending,
    check_losses,
    check_stand_ins,
    check_together,
    check_ways,
    check_by_example,
    check_lossy,
)


def check_mapping(mapping: Mapping) -> list[Finding]:
    """Return everything that can be said of a mapping without a record, in the order of the file.

    Codes that start with E are errors, with W warnings.
    """
    context = Context.of(mapping)
    for check in CHECKS:
        check(context)
    return sorted(dict.fromkeys(context.findings))
