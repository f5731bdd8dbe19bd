"""Histories of many work orders: what a client delivers of them, and whether a run stops for drift."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from random import Random

from pymongo import MongoClient

from etl import Direction, load_mapping, run
from etl.app import Options, plan
from etl.errors import DriftError
from etl.logs import make_log
from tests.model.drift import Doc, Remembered
from tests.model.figures import Figures
from tests.support.site import Site

LOG = make_log("error", "text", str)
INBOUND = (Direction.INBOUND,)
FIELDS = ("summary", "note", "hold.why", "prio", "room", "hall")
"""The fields that are looked for, each where it stands."""

_RULES = """
  - {client: id, tracos: number, key: true}
  - {client: summary, tracos: description}
  - {client: note, tracos: note}
  - {client: hold.why, tracos: onHold}
  - {client: prio, tracos: priority, values: [{client: 1, tracos: high}, {client: 2, tracos: low}]}
  - {tracos: place, from: "room || hall"}
"""


class Wide:
    """The client's records of many work orders, the files in which it delivers them, and what runs say to these.

    share: that of the mapping. It is the default where it is 0.5.
    """

    def __init__(self, site: Site, figures: Figures, share: float = 0.5) -> None:
        self.site = site
        self.figures = figures
        self.oracle = Remembered(share)
        self.records: dict[int, Doc] = {}
        self.files: dict[str, list[Doc]] = {}
        site.mapping = load_mapping(_mapping(site.folder, share))

    def deliver(self, keys: Sequence[int], name: str, *, confirmed: bool = False, planned: bool = False) -> bool:
        """Deliver the records of these work orders in a file, and run. Return whether the run was stopped.

        It is stopped where the oracle says so, and nowhere else; then nothing is written, and nothing is remembered.
        """
        file = self.site.inbound / name
        self.files[name] = [json.loads(json.dumps(self.records[key])) for key in keys]
        self.files = dict(sorted(self.files.items()))
        file.write_text("".join(f"{json.dumps(record)}\n" for record in self.files[name]))
        wanted = self.oracle.vanished(self.files, FIELDS)
        stops = bool(wanted) and not confirmed
        before = list(self.site.database["orders"].find().sort("number"))
        if planned:
            made = plan(self.site.mapping, self.site.settings, LOG, Options(INBOUND, confirm_missing=confirmed))
            assert bool(made.stops) is stops, (wanted, made.stops)
        text = self._run(confirmed=confirmed)
        self.figures.deliveries += 1
        self.figures.drift_alarms += bool(text)
        self.figures.false_alarms += bool(text) and not stops
        assert bool(text) is stops, f"the rule says {sorted(wanted)}, the run {text!r}"
        assert all(f"{name} (line" in text for name in wanted if stops), (wanted, text)
        if stops:
            assert list(self.site.database["orders"].find().sort("number")) == before
        else:
            self.oracle.read(self.files)
        return stops

    def _run(self, *, confirmed: bool) -> str:
        try:
            run(self.site.mapping, self.site.settings, None, Options(INBOUND, confirm_missing=confirmed))
        except DriftError as error:
            return str(error)
        return ""

    def withdraw(self, name: str) -> None:
        """Remove a file that was delivered."""
        del self.files[name]
        (self.site.inbound / name).unlink()


def ordinary(wide: Wide, random: Random, count: int, deliveries: int) -> int:
    """Play what a client does day by day; return how many runs were stopped.

    Notes come, are changed, and are left out or cleared now and then; work orders are put on hold and go on; what is
    delivered is all of them, those that have changed, or a few of these.
    """
    wide.records = {key: _made(random, key) for key in range(count)}
    wide.deliver(range(count), "000.jsonl")
    waiting, stopped = set[int](), 0
    for number in range(1, deliveries + 1):
        share = random.choice((0.1, 0.3, 0.9))
        changed = [key for key in wide.records if random.random() < share]
        for key in changed:
            _live(random, wide.records[key])
        if random.random() < 0.3:
            changed.append(len(wide.records))
            wide.records[changed[-1]] = _made(random, changed[-1])
        waiting.update(changed)
        keys = random.choice((sorted(waiting), list(wide.records), sorted(waiting)[:9])) or [0]
        waiting -= {*keys}
        if random.random() < 0.3 and len(wide.files) > 1:
            wide.withdraw(max(wide.files))
        is_written_over = random.random() < 0.3
        stopped += wide.deliver(keys, max(wide.files) if is_written_over else f"{number:03}.jsonl")
    return stopped


def play_ordinary(uri: str, folder: Path, figures: Figures, number: int) -> None:
    """Play an ordinary history of its own. number: a seed.

    Raises: AssertionError, when it is stopped, or not as the rule says.
    """
    folder.mkdir()
    with MongoClient[Doc](uri) as client:
        database = client[f"etl_wide_{os.getpid()}"]
        site = Site(database, folder, load_mapping(_mapping(folder, 0.5)), uri)
        try:
            stopped = ordinary(Wide(site, figures), Random(number), count=100, deliveries=10)
        finally:
            client.drop_database(database)
    assert not stopped, f"{stopped} ordinary deliveries were stopped"


def _made(random: Random, key: int) -> Doc:
    record: Doc = {"id": key, "summary": f"Pump {key}", "prio": random.choice((1, 2))}
    record |= {"note": "by Ana"} if random.random() < 0.6 else {}
    record |= {"hold": {"why": "no parts"}} if random.random() < 0.2 else {}
    return record | {random.choice(("room", "hall")): "A"}


def _live(random: Random, record: Doc) -> None:
    """Change one record as a day does: what is optional comes and goes."""
    chance = random.random()
    record["summary"] = f"{record['summary'].split(',')[0]}, seen {chance:.6f}"
    if "hold" in record and chance < 0.3:
        del record["hold"]
    elif "hold" not in record and chance < 0.1:
        record["hold"] = {"why": random.choice(("no parts", "no access"))}
    if record.get("note") is not None and chance > 0.92:
        record.update({"note": None}) if random.random() < 0.5 else record.pop("note")
    elif chance > 0.8:
        record["note"] = f"by Bo {chance:.6f}"
    record["prio"] = random.choice((1, 2))
    if chance < 0.05:
        record["room"], record["hall"] = "B", "H"


def _mapping(folder: Path, share: float) -> Path:
    keys = {"client.json": "id", "tracos.json": "number"}
    for name, key in keys.items():
        schema = {"type": "object", "required": [key], "properties": {key: {"type": "integer"}}}
        (folder / name).write_text(json.dumps({**schema, "additionalProperties": True}))
    drift = "" if share == 0.5 else f"\n  drift: {{share: {share}}}"
    (folder / "wide.yaml").write_text(
        f"""mapping: wide
language: 1
outside:
  name: client
  schema: client.json{drift}
  files: {{inbound: "*.jsonl", outbound: "{{run}}_{{part}}.jsonl", format: json_lines}}
inside:
  name: tracos
  schema: tracos.json
  mongodb: {{collection: orders, export_when: {{isSynced: {{$ne: true}}}}, on_export: {{isSynced: true}}}}
rules:{_RULES}"""
    )
    return folder / "wide.yaml"
