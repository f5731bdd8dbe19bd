"""How often the limits of a mapping that stamps nothing strike, once a run was killed: measured, not guessed."""

from __future__ import annotations

from collections import Counter
from typing import Final

from tests.fault.follow_ups import killed
from tests.fault.lab import Lab, Place
from tests.fault.runs import SOME
from tests.fault.scale import Scale
from tests.fault.tally import Tally
from tests.fault.workload import Saved
from tests.fault.world import CONFLICTS, REPLACED, Verdict, look

STAMPS: Final = "on_import: {isSynced: false, updatedAt: $now, syncedAt: $absent}"
NO_STAMPS: Final = "on_import: {isSynced: false, syncedAt: $absent}"
BEFORE, SENT, NEWER = "Pump", "Pump of another kind", "Newest, says Ana"
TAKEN_BACK, EDITED, REMOVED = range(1, 9), range(9, 17), range(17, 25)
"""What a technician sets back, sets to something else, and removes; the last are made by the run."""

WORDS: Final = {
    TAKEN_BACK: "percent of edits that take back what a killed run wrote, undone by the next run",
    EDITED: "percent of edits of what a killed run wrote, in conflict with that",
    REMOVED: "percent of work orders that a killed run made and somebody removed, made again",
}


def limits(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Kill an import, let a technician change what it has written, and count what the next run takes for what."""
    with lab.place("", *SOME) as place:
        text = place.mapping.file.read_text("utf-8")
        assert STAMPS in text
        place.mapping.file.write_text(text.replace(STAMPS, NO_STAMPS), "utf-8")
        start, met, struck = _prepared(place), Counter[range](), Counter[range]()
        for at in killed(place, start, scale, "--direction", "inbound"):
            written = _change(place)
            place.etl()
            verdict = Verdict()
            for group, numbers in written.items():
                met[group] += len(numbers)
                struck[group] += sum(_is_undone(place, group, number, verdict) for number in numbers)
            if any(len(same) > 1 for name, same in look(place).orders.items() if name != "None"):
                verdict.double("a work order")
            tally.add(f"killed at boundary {at}", sum(map(len, written.values())), verdict)
    for group, words in WORDS.items():
        tally.facts[f"{words}, of {met[group]}"] = round(100 * struck[group] / max(met[group], 1), 1)


def _prepared(place: Place) -> Saved:
    for number in (*TAKEN_BACK, *EDITED):
        place.client_sends(number, summary=BEFORE)
    place.etl()
    for number in (*TAKEN_BACK, *EDITED, *REMOVED):
        place.client_sends(number, summary=SENT)
    return Saved.of(place)


def _change(place: Place) -> dict[range, list[int]]:
    """Change what the killed run has come to write; return the numbers of that."""
    there = {order["number"]: order["title"] for order in place.work_orders.find()}
    written = {group: [number for number in group if there.get(number) == SENT] for group in WORDS}
    for number in written[TAKEN_BACK]:
        place.technician_edits(number, title=BEFORE)
    for number in written[EDITED]:
        place.technician_edits(number, title=NEWER)
    place.work_orders.delete_many({"number": {"$in": written[REMOVED]}})
    return written


def _is_undone(place: Place, group: range, number: int, verdict: Verdict) -> bool:
    """Return whether a run has undone what a technician did; what it replaced has to be kept somewhere."""
    order = place.work_orders.find_one({"number": number})
    if group is REMOVED:
        return order is not None
    wanted = BEFORE if group is TAKEN_BACK else NEWER
    if order is not None and order["title"] == wanted:
        return False
    replaced = {"records": {"$elemMatch": {"key": [number], "before.title": wanted}}}
    kept = place.database[CONFLICTS].count_documents({"key": [number]})
    if not kept and not place.database[REPLACED].count_documents(replaced):
        verdict.lose(f"{wanted} of {number} was replaced, and is kept nowhere")
    return True
