"""Rules that only one direction knows, alone and beside others; and what is written once."""

from __future__ import annotations

from tests.model.catalog.edits import DAY, NEXT, each_of
from tests.model.exact import Doc, get
from tests.model.kinds import Kind, as_text, copied, exported, imported, table

_STAGES: list[tuple[Doc, Doc]] = [({"stage": value}, {"stage": value}) for value in ("1", "2", None)]


def _done_on(doc: Doc) -> Doc:
    done = doc.get("mode") == "done"
    return {"doneOn": as_text(doc.get("doneAt") or doc.get("updatedAt")) if done else None}


ONE_WAY: dict[str, tuple[Kind, ...]] = {
    "only inwards": (
        imported(
            "closedBy",
            "{tracos: closedBy, from: closedBy}",
            lambda record: {"closedBy": record.get("closedBy")},
            "closedBy",
            theirs=each_of("closedBy", "Ann", "Bob", "new", None),
            ours=each_of("closedBy", "Ann", "new", None),
            text_only=True,
        ),
    ),
    "inwards beside a table": (
        table(
            "stage",
            "{client: stage, tracos: stage, values: [{client: '1', tracos: '1'}, {client: '2', tracos: '2'}]}",
            _STAGES,
            theirs=each_of("stage", "1", "2", None),
            ours=each_of("stage", "1", "2", None),
            text_only=True,
        ),
        imported(
            "last",
            "{tracos: last, from: stage}",
            lambda record: {"last": record.get("stage")},
            "stage",
            ours=each_of("last", "1", "2", None),
            text_only=True,
        ),
    ),
    "a pair": (
        imported(
            "phase",
            "{tracos: phase, from: entered}",
            lambda record: {"phase": record.get("entered")},
            "entered",
            theirs=each_of("entered", "open", "done", "hold", None),
            ours=each_of("phase", "open", "done", "hold", None),
            text_only=True,
        ),
        exported("action", "{client: action, from: phase}", lambda doc: {"action": doc.get("phase")}, text_only=True),
    ),
    "a pair over the same fields": (
        imported(
            "step",
            "{tracos: step, from: step}",
            lambda record: {"step": record.get("step")},
            "step",
            theirs=each_of("step", "1", "2", "new", None),
            ours=each_of("step", "1", "2", "new", None),
            text_only=True,
        ),
        exported("step", "{client: step, from: step}", lambda doc: {"step": doc.get("step")}, text_only=True),
    ),
    "only outwards": (
        exported(
            "label",
            "{client: label, from: tag}",
            lambda doc: {"label": get(doc, "tag")},
            reads=("tag",),
            ours=each_of("tag", "A", "new", None),
            text_only=True,
        ),
    ),
    "a stamp": (
        exported(
            "seenOn",
            "{client: seenOn, from: updatedAt, as: datetime}",
            lambda doc: {"seenOn": as_text(doc.get("updatedAt"))},
            stamped=True,
            timed=True,
            text_only=True,
        ),
    ),
    "a stamp beside others": (
        exported(
            "doneOn",
            "{client: doneOn, from: \"mode == 'done' && (doneAt || updatedAt) || `null`\", as: datetime}",
            _done_on,
            reads=("mode", "doneAt"),
            timed=True,
            ours=({"mode": "done"}, {"mode": "done", "doneAt": NEXT}, {"mode": None}, {"doneAt": DAY}),
            text_only=True,
        ),
    ),
    "once": (
        Kind(
            "reporter",
            "{client: reporter, tracos: reporter, write: once}",
            "once",
            ("reporter",),
            ("reporter",),
            lambda record: {"reporter": record.get("reporter")},
            lambda doc: {"reporter": doc.get("reporter")},
            theirs=each_of("reporter", "Ann", "Bob", None),
            ours=each_of("reporter", "Cem", "new", None),
            text_only=True,
        ),
    ),
    "sent once": (
        copied(
            "author",
            "author",
            "{client: author, tracos: author, write: {client: once}, when_absent: {client: null}}",
            theirs=each_of("author", "Ann", "Bob", "new", None),
            ours=each_of("author", "Ann", "Cem", "new", None),
            sent_once=True,
        ),
    ),
    "only written": (
        Kind(
            "pin",
            "{client: pin, tracos: pin, when_absent: {client: null}}",
            "out",
            ("pin",),
            ("pin",),
            outward=lambda doc: {"pin": doc.get("pin")},
            ours=each_of("pin", "1234", "new", None),
            secret=True,
        ),
    ),
    "once, and out again": (
        Kind(
            "origin",
            "{tracos: origin, from: \"join(' ', ['from', source || 'nobody'])\", write: once}",
            "once",
            ("origin",),
            ("source",),
            lambda record: {"origin": f"from {record.get('source') or 'nobody'}"},
            theirs=each_of("source", "Ann", "Bob", None),
            ours=each_of("origin", "Cem", "new", None),
            text_only=True,
        ),
        exported("by", "{client: by, from: origin}", lambda doc: {"by": doc.get("origin")}, text_only=True),
    ),
}
