"""Answers the warnings of a case as a user would: a rule says what it may lose, and what is not mapped is listed."""

from __future__ import annotations

import re
from typing import Any, Final

from etl.errors import Finding
from tests.generated.case import SIDES, Case, Place
from tests.generated.court import Court
from tests.generated.words.scene import ASIDE, CHANGED, REFUSED

LOSSES: Final = CHANGED | REFUSED | ASIDE | {"W174"}


def answered(court: Court) -> Case | None:
    """Return the case with its warnings answered; None where one of the findings is no warning."""
    case = court.case.copy()
    losses: dict[Place, set[str]] = {}
    for finding in court.findings:
        place, _ = court.place(finding)
        if finding.code in LOSSES and place is not None:
            losses.setdefault(place, set()).add(finding.code)
        elif finding.code in {"W171", "W172"} and place is not None:
            losses.setdefault(place, set())
        elif finding.code == "W170" and (named := re.match(r"no rule maps (\w+)\.(.*)$", finding.message)):
            side = next(side for side in SIDES if case.name(side) == named[1])
            case.system(side).setdefault("ignore", []).append(named[2])
        else:
            return None
    for place, codes in losses.items():
        _answer(case.rule(place), codes, [found for found in court.findings if court.place(found)[0] == place])
    return case


def _answer(rule: dict[str, Any], codes: set[str], findings: list[Finding]) -> None:
    """Say why a rule may lose what its findings name, and nothing else."""
    said = rule.pop("lossy", {})
    for finding in findings:
        named = set(re.findall(r"\bW\d{3}\b", finding.message))
        if finding.code == "W172":
            codes |= named
        elif finding.code == "W171":
            left = {code: why for code, why in said.items() if code not in named} if isinstance(said, dict) else {}
            said = left if named else {}
    codes |= set(said) if isinstance(said, dict) else set()
    if len(codes) == 1 or (not codes and said):
        rule["lossy"] = "it may be"
    elif codes:
        rule["lossy"] = dict.fromkeys(sorted(codes), "it may be")
