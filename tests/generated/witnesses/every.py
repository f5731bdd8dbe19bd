"""For each code of a finding: what shows that it is right. A new code is a line here."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from etl.errors import Finding
from tests.generated.court import Court
from tests.generated.witnesses.fields import (
    deletes_not,
    halves_of_one,
    no_field,
    no_key,
    not_mapped,
    not_whole,
    written_twice,
)
from tests.generated.witnesses.files import no_column, no_name, runs
from tests.generated.witnesses.lost import (
    left_aside,
    loses,
    loses_nothing,
    overwritten,
    settles_not,
    two_become_one,
)
from tests.generated.witnesses.rejected import absent_key, rejects, required, undecided
from tests.generated.witnesses.search import Search, Shown
from tests.generated.witnesses.tables import never_reached, no_such_value


def shows(court: Court, finding: Finding) -> bool:
    """Return whether a finding is right."""
    place, line = court.place(finding)
    if finding.code.startswith("W") and "undecided" in finding.message:
        return True  # it says that it does not know
    return WITNESSES.get(finding.code, _unknown)(Search(court, finding, place, line))


def _unknown(_search: Search) -> bool:
    return False


def _loses_in_several_ways(search: Search) -> bool:
    """One text is the reason for several losses, and each that the finding names is one."""
    named = re.findall(r"\b(W\d{3}): (.*?)(?=; W\d{3}: |\)$)", search.finding.message)
    losses = (replace(search.finding, code=code, message=message) for code, message in named)
    return len(named) > 1 and all(WITNESSES[loss.code](replace(search, finding=loss)) for loss in losses)


WITNESSES: Final[dict[str, Shown]] = {
    "E110": no_field,
    "E114": rejects("codec", "schema"),
    "E120": written_twice,
    "E121": required,
    "E122": rejects("schema", "key", "table", details="required|absent"),
    "E123": rejects("schema"),
    "E124": not_whole,
    "E140": no_key,
    "E142": absent_key,
    "E143": rejects("key", "schema", "codec"),
    "E144": two_become_one,
    "E145": no_column,
    "E146": no_name,
    "E150": rejects("schema", "list", "element", "flag", "path"),
    "E151": rejects("schema", "codec", "form"),
    "E152": rejects("schema", "codec"),
    "E153": rejects("schema"),
    "E154": rejects("schema", "codec"),
    "E160": undecided,
    "E161": no_such_value,
    "E162": never_reached,
    "E181": settles_not,
    "W148": runs,
    "W163": loses,
    "W164": undecided,
    "W165": loses,
    "W166": loses,
    "W167": overwritten,
    "W155": rejects("expression"),
    "W182": lambda _search: True,  # it says that it does not know
    "W156": rejects("schema", "key", "codec", "expression", "element", "table", "flag", "path", "form"),
    "W170": not_mapped,
    "W171": loses_nothing,
    "W172": _loses_in_several_ways,
    "W174": halves_of_one,
    "W180": loses,
    "W183": left_aside,
    "W194": deletes_not,
}
"""By code; one that is not here is itself a disagreement."""
