"""What `etl verify` must say of a work order: the truth, and nothing else.

| word | of a work order |
|---|---|
| agrees | the outside, and our file where it is there, have all that the inside has |
| differs | a value differs; or one side does not have it; or our file is not what was sent |
| waits | it has not gone out yet, or waits for a person, or its record was not read yet |
| taken | it agrees, and the outside has taken our file |

A work order that waits may be said to differ as well, where values do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from etl.transfer.model import Outcome, Result
from tests.model.exact import Doc, Value, exact
from tests.model.kinds import Kind
from tests.model.oracle import expected_of, has_news
from tests.model.words import Group, Memory, Said, State, Terms

AGREES, DIFFERS, WAITS, TAKEN = "agrees", "differs", "waits", "taken"
_ANY = frozenset({AGREES, DIFFERS, WAITS, TAKEN})


def read_verdicts(results: Iterable[Result]) -> dict[tuple[object, ...], set[str]]:
    """Return what verifying has said, by key."""
    found: dict[tuple[object, ...], set[str]] = {}
    for result in results:
        key = result.candidate.key if result.candidate else result.key
        if key and result.outcome in (Outcome.UNCHANGED, Outcome.CONFLICT):
            found.setdefault(tuple(key), set()).add(_word(result))
    return found


def _word(result: Result) -> str:
    if result.outcome is Outcome.CONFLICT:
        return DIFFERS
    note = result.note.value if result.note else ""
    return next((word for word in (WAITS, TAKEN) if word in note), AGREES)


def allowed(state: State, groups: Sequence[Group], terms: Terms) -> frozenset[str]:
    """Return what may be said of a work order, "" for nothing at all. groups: the client's records."""
    doc, memory = state.doc, state.memory
    if doc is None:
        return frozenset({DIFFERS, WAITS}) if groups else frozenset({""})
    waits = state.waiting is not None or doc.get("isSynced") != exact(True)
    if memory is None and not groups:  # nobody knows any more whether it was told
        return _ANY if state.file is not None or waits else frozenset({DIFFERS, TAKEN})
    unread = [group.last.said for group in groups if memory is None or not memory.knows(group.last)]
    differs = _differs(state, groups, terms)
    if memory is not None and any(kind.name not in memory.seen for kind in terms.compared if kind.way == "in"):
        return _ANY  # what it never said of a rule that is never told to it
    if unread:
        return _of_unread(unread[-1], groups, state, terms)
    if waits:
        return frozenset({WAITS, DIFFERS}) if differs or state.waiting is not None else frozenset({WAITS})
    if differs:
        return frozenset({DIFFERS})
    return _of_file(state, memory, terms)


def _differs(state: State, groups: Sequence[Group], terms: Terms) -> bool:
    doc, memory = state.doc or {}, state.memory
    if memory is None or not (memory.record or memory.sent is not None or groups):
        return not groups
    expected = expected_of(memory, doc, terms)
    compared = [kind for kind in terms.compared if not kind.sent_once]
    return any(memory.outside(kind.name) not in _ours(kind, doc, expected) for kind in compared)


def _ours(kind: Kind, doc: Doc, expected: Doc) -> tuple[Value, Value]:
    """Return what TracOS has of a rule, and what that comes to when it goes out and comes back."""
    value = kind.of(doc)
    return value, kind.means(expected) if kind.way == "both" else value


def _of_unread(said: Said, groups: Sequence[Group], state: State, terms: Terms) -> frozenset[str]:
    """Return what may be said where a record was not read yet."""
    doc, memory, last = state.doc or {}, state.memory, groups[-1].last.said
    if last is not said or memory is None:
        return _ANY
    news = [kind for kind in terms.compared if has_news(memory, kind, said)]
    expected = expected_of(memory, doc, terms)
    is_other = any(said.values[kind.name] not in _ours(kind, doc, expected) for kind in news)
    return frozenset({DIFFERS, WAITS}) if is_other else _ANY


def _of_file(state: State, memory: Memory | None, terms: Terms) -> frozenset[str]:
    if memory is None or memory.sent is None:
        return frozenset({AGREES, TAKEN}) if state.file is None else _ANY
    if terms.parts or (state.file is None and not terms.echo):
        return frozenset({AGREES, TAKEN})
    if state.file is None:
        return frozenset({TAKEN})
    if any(kind.sent_once for kind in terms.kinds):
        return _of_part(state, memory, terms)
    secret = {field for kind in terms.kinds if kind.secret for field in kind.fields}
    if {field: value for field, value in state.file.items() if field not in secret} != memory.sent:
        return frozenset({DIFFERS})
    if _is_outdated(state, terms):
        return frozenset({DIFFERS})
    is_plain = terms.echo and not memory.told and state.file != expected_of(memory, state.doc or {}, terms)
    return frozenset({AGREES, DIFFERS}) if is_plain else frozenset({AGREES})  # see the limits of what is remembered


def _of_part(state: State, memory: Memory, terms: Terms) -> frozenset[str]:
    """Return what may be said of a file that need not have all: whether what lies there says something else now."""
    expected, file = expected_of(memory, state.doc or {}, terms), state.file or {}
    lasting = [kind for kind in terms.kinds if kind.is_sent and not (kind.stamped or kind.sent_once or kind.secret)]
    changed = [kind for kind in lasting if not _says_as_much(kind, expected, file, terms)]
    other = {f for kind in changed for f in kind.fields if expected.get(f) != file.get(f)}
    if other & file.keys():
        return frozenset({DIFFERS})
    return frozenset({AGREES, DIFFERS} if other else {AGREES})  # whether null lies there or nothing is not known here


def _is_outdated(state: State, terms: Terms) -> bool:
    """Return whether a rule that only exports read would write another value now: an edit that did not mark it."""
    expected, file = expected_of(state.memory, state.doc or {}, terms), state.file or {}
    told = [kind for kind in terms.kinds if kind.is_told and not kind.stamped]
    return any(
        not _says_as_much(kind, expected, file, terms)
        and any(expected.get(field) != file.get(field) for field in kind.fields)
        for kind in told
    )


def _says_as_much(kind: Kind, expected: Doc, file: Doc, terms: Terms) -> bool:
    """Return whether what came lies there in another form, which is kept, and means the same."""
    with suppress(ValueError, LookupError):  # what lies there may be anything
        return bool(terms.keep) and kind.is_kept and kind.means(expected) == kind.means(file)
    return False


def is_right(said: set[str], right: frozenset[str], groups: Sequence[Group]) -> bool:
    """Return whether what was said may be said; of several records, earlier ones may agree."""
    rest = said - {AGREES, TAKEN}
    return (rest if len(groups) > 1 and rest else said) <= right
