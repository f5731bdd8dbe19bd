"""The form of a mapping: every part has the keys and the types that the language's own JSON Schema allows."""

from __future__ import annotations

from typing import Final

from etl.mapping.language.document import Document, Place
from etl.mapping.language.parse_fields import did_you_mean
from etl.mapping.language.words import CONDITIONS, KEYS, RULE, known_words, own_words, part_at
from etl.mapping.paths import get
from etl.mapping.schemas.validation import Problem, RecordSchema
from etl.mapping.terms import Side
from etl.record import shown

_BESIDE_NAMES: Final = {"examples": "example", "conflicts": "newest"}
"""The parts whose words stand beside the names of the systems, by where they are in the mapping."""
_DEPTH: Final = 3
"""The steps to such a word."""
_IN_A_RULE: Final = 3
_LENGTHS: Final = ("quiet", "every")
"""The keys of a length of time."""
_OF_A_PATH: Final = ("type", "required", "additionalProperties")
"""What is wrong with a value that is no path, and stands where a rule has the name of a system."""


def check_form(document: Document, schema: RecordSchema) -> None:
    """Check a document against the mapping's own JSON Schema, each finding at its own place.

    Raises:
        MappingError: with every finding.

    """
    for problem in schema.problems(document.value):
        if not _is_unknown_rule_word(document, problem) and not _is_unknown_name(document, problem):
            _find_problem(document, problem)
    document.raise_findings()


def _is_unknown_rule_word(document: Document, problem: Problem) -> bool:
    """Say that a word in a rule is unknown, where the type of its value tells that it names no system."""
    place = problem.place if problem.keyword == "type" else problem.place[:-1]
    word = str(place[-1]) if place else ""
    known = {*RULE, *(str(get(document.value, (side.value, "name"))) for side in Side)}
    if (
        len(place) < _IN_A_RULE
        or place[0] != "rules"
        or problem.keyword not in _OF_A_PATH
        or word in known
        or word.isdigit()
        or not str(place[-2]).isdigit()
        or "as" in place[:-1]
    ):
        return False
    document.find(place, "E010", f"unknown key {word}", did_you_mean(word, RULE), key=True)
    return True


def _is_unknown_name(document: Document, problem: Problem) -> bool:
    """Say that a word beside the names of the systems is unknown, where its value is none that a system has there."""
    part = _BESIDE_NAMES.get(str(problem.place[0]) if problem.place else "")
    if part is None or len(problem.place) != _DEPTH or problem.keyword != "type":
        return False
    known = known_words(part, *(str(get(document.value, (side.value, "name"))) for side in Side))
    word = str(problem.place[-1])
    if word in known:
        return False
    document.find(problem.place, "E010", f"unknown key {word}", did_you_mean(word, known), key=True)
    return True


def _is_in_a_pattern(place: Place) -> bool:
    """Return whether a place stands where a pattern has a condition."""
    return any(word in place[:-1] for word in ("values", "cases", "deleted_when", "import_when"))


def _find_problem(document: Document, problem: Problem) -> None:
    place, name = problem.place, str(problem.place[-1]) if problem.place else "the file"
    match problem.keyword:
        case "additionalProperties":
            part = part_at(place[:-1])
            known = CONDITIONS if _is_in_a_pattern(place) else own_words(part) if part in KEYS else ()
            document.find(
                place, "E010", f"unknown key {name}", did_you_mean(name, known) if known else "remove it", key=True
            )
        case "required":
            document.find(place[:-1], "E012", f"{name} is missing", f"add {name}:")
        case "type":
            document.find(place, "E011", f"{name}: {problem.message}", "write a value of that type")
        case "pattern" if name in _LENGTHS:
            message = f"{name}: {shown(get(document.value, tuple(place)))} is no length of time"
            document.find(place, "E013", message, "write a number and its unit, as 60s, 15m, 24h or 7d")
        case _:
            document.find(place, "E013", f"{name}: {problem.message}", "see the mapping language's reference")
