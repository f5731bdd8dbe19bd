"""A mapping that extends another one is judged as the whole of both is: every finding, at the same rule and line."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path as FilePath

from etl import MappingError
from etl.errors import Finding
from etl.mapping.load import examine
from tests.generated.case import Place
from tests.generated.court import Court
from tests.generated.judgement import Judgement
from tests.generated.written import write_whole


def judge_split(court: Court, judgement: Judgement) -> None:
    file = write_whole(court.case, court.folder)
    whole = Counter(_told(court, finding) for finding in _findings(file))
    split = Counter(_told(court, finding) for finding in court.findings)
    for place, line, code, text in (*(whole - split), *(split - whole)):
        missing = (place, line, code, text) in whole - split
        kind = f"extends {'hides' if missing else 'makes'} {code} {court.label(place)}"
        judgement.add(kind, f"rule {place} line {line}: {text}")


def _findings(file: FilePath) -> list[Finding]:
    try:
        return examine(file)[1]
    except MappingError as error:
        return list(error.findings)


def _told(court: Court, finding: Finding) -> tuple[Place | None, int | None, str, str]:
    """Return where a finding stands, and what it says, with the rule and the line of its table for each line named."""
    own = finding.file.removeprefix(f"{court.folder}/")

    def named(match: re.Match[str]) -> str:
        file = (match[2] or own).removeprefix(f"{court.folder}/")
        return f"line {court.case.places.get((file, int(match[1])), match[0])}"

    text = re.sub(r"line (\d+)(?: of (\S*\.yaml))?", named, f"{finding.message}; {finding.fix}")
    return (*court.place(finding), finding.code, text)
