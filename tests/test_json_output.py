"""--json: every command that prints facts has it, and prints what its schema says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from etl.shipped import output_schemas
from etl.transfer.dead_letter import Novelty
from etl.transfer.model import Outcome
from etl.transfer.run_history import Command, State
from tests.commands import EVERY as COMMANDS
from tests.support.command_line import MAPPING, etl
from tests.support.conflicts import Policy
from tests.support.outputs import checked, named, option, promised, validator
from tests.support.plans import applied
from tests.support.site import ROOT, Site

NO_FACTS = {
    "docs": "prints a page",
    "report": "prints a page",
    "watch": "runs until it is stopped",
    "serve": "serves a site",
    "schema": "prints a schema",
    "translate": "prints records, as JSON Lines",
    "dead-letters export": "prints JSON Lines",
}
EVERY = {
    name: command
    for name, command in ((typed.removeprefix("etl "), one) for typed, one in COMMANDS.items())
    if not isinstance(command, click.Group) and name not in NO_FACTS
}


GROUPS = "dead-letter-group"
"""What `etl dead-letters list --by` prints."""


def test_every_command_that_prints_facts_has_json_with_a_schema_that_the_package_brings() -> None:
    assert [name for name, command in EVERY.items() if option(command) is None] == []
    assert {promised(command)[0] for command in EVERY.values()} == set(output_schemas()) - {GROUPS}


def test_the_schema_of_runs_names_what_the_run_history_names() -> None:
    schema: Any = validator("run").schema
    assert schema["properties"]["command"]["enum"] == list(Command)
    assert schema["properties"]["state"]["enum"] == [state.value for state in State]
    direction = schema["$defs"]["direction"]["properties"]
    assert list(direction["counts"]["properties"]) == ["read", *(outcome.value for outcome in Outcome)]
    assert direction["novelty"]["additionalProperties"]["required"] == [novelty.value for novelty in Novelty]


def test_what_commands_print_with_json_is_what_their_schemas_say(policy: Policy, tmp_path: Path) -> None:
    site = policy("{wins: review}")
    seen = set[str]()

    def shown(*arguments: str, code: int = 0, stdin: str = "") -> Any:
        done = etl(*arguments, "--json", site=site, stdin=stdin)
        assert done.returncode == code, done.stderr
        seen.add(named(arguments)[0])
        return checked(arguments, done.stdout)

    _offline(site, shown, tmp_path)
    of = ("--mapping", str(site.mapping.file))
    assert shown("sample", *of, "--count", "3") == {"files": 3, "documents": 3}
    assert shown("sample", *of, "--show", "1")["document"]["number"] == 1
    applied(site)
    site.client_sends(7, summary="Fällig")
    plan = tmp_path / "plan.json"
    assert shown("plan", *of, "--out", str(plan))["records"][0]["key"] == [7]
    assert shown("apply", str(plan), *of)["command"] == "apply"
    site.technician_edits(7, title="Technician's")
    site.client_sends(7, summary="Überfällig")
    site.client_sends(8, summary=None)
    run = shown("run", *of, code=1)
    assert run["directions"]["inbound"]["counts"]["rejected"] == 1
    assert {"etl", "MONGO_URI", "server"} <= {check["subject"] for check in shown("doctor", *of)[0]["checks"]}
    assert shown("status", *of, code=1)[0]["last_run"]["id"] == run["id"]
    assert shown("runs", "list", *of)[0] == run == shown("runs", "show", run["id"], *of)
    assert shown("undo", run["id"], *of)["done"] is False
    assert shown("verify", *of, code=1)["counts"]["rejected"] == 1
    assert shown("pair", *of)["counts"]["rejected"] == 1
    assert shown("state", "show", "7", *of)[0]["seen"]["title"] == "Fällig"
    (conflict,) = shown("conflicts", "list", *of)
    assert conflict["rules"][0]["values"] == [
        {"path": "title", "was": "Fällig", "outside": "Überfällig", "inside": "Technician's"}
    ]
    assert shown("conflicts", "show", "7", *of)[-1] == conflict
    assert shown("conflicts", "resolve", "7", *of, "--take", "client")["command"] == "resolve"
    assert shown("conflicts", "drop", "--all", *of) == {"done": "dropped", "count": 4}
    (letter,) = shown("dead-letters", "list", *of)
    assert shown("dead-letters", "show", letter["id"], *of) == [letter]
    exported = etl("dead-letters", "export", "--all", *of, site=site).stdout
    assert json.loads(exported) == letter
    assert shown("dead-letters", "ack", "--all", *of)["count"] == 1
    (group,) = json.loads(etl("dead-letters", "list", "--by", "reason", "--json", *of, site=site).stdout)
    validator(GROUPS).validate(group)
    assert (group["name"], group["acknowledged"]) == ("summary:type", 1)
    assert shown("dead-letters", "replay", "--all", *of, code=1)["exit_code"] == 1
    assert shown("dead-letters", "drop", "--all", *of)["count"] == 1
    assert etl("undo", run["id"], *of, "--yes", site=site).returncode == 0
    assert etl("run", "--key", "99", *of, site=site).returncode == 1
    every = {one["command"]: one["exit_code"] for one in shown("runs", "list", *of)}
    assert every == {"run": 1, "run --key": 1, "apply": 0, "replay": 1, "resolve": 0, "undo": 0}
    assert shown("state", "rebuild", *of)["done"] == "rebuilt"
    assert shown("lease", "show", *of, code=1) is None
    assert shown("lease", "break", *of) is None
    assert seen | BORN == set(EVERY)


BORN = {"state waiting", "state forget"}
"""Those of work orders without a key, of which this mapping has none."""


def _offline(site: Site, shown: Any, folder: Path) -> None:
    """Try the commands that need no server."""
    shown("init", str(folder / "made"))
    (folder / "orders.csv").write_text("id;title\n1;Größe\n2;Maß\n")
    assert shown("draft", str(folder / "orders.csv"), "--folder", str(folder))["rules"]
    assert shown("fmt", "--check", str(site.mapping.file))[0]["state"] == "unchanged"
    broken = next((ROOT / "tests" / "broken").glob("E160*.yaml"))
    assert shown("check", str(broken), code=3)[0]["code"] == "E160"
    assert shown("test", "--no-laws", str(site.mapping.file))[0]["holds"]
    record = {"orderNo": 7, "summary": "Fällig", "creationDate": "2025-01-02"}
    explained = shown("explain", *MAPPING, "--direction", "inbound", "-", stdin=json.dumps(record))
    assert explained["record"]["title"] == "Fällig"
