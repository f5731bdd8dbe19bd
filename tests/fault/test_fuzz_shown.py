"""Names, keys and contents from outside are shown so that they forge no line and command no terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import MAPPING, Done
from tests.support.command_line import etl as run_etl
from tests.support.site import Site

ODD = "\x1b]0;title\x07\nforged.json"
SHOWN = r"\x1b]0;title\x07\nforged.json"


def etl(site: Site, *arguments: str) -> Done:
    done = run_etl(*arguments, *MAPPING, site=site)
    assert "Traceback" not in done.stderr
    return done


def assert_harmless(done: Done) -> None:
    for out in (done.stdout, done.stderr):
        assert "\x1b]" not in out
        assert "\x07" not in out
        assert not any(line.startswith("forged") for line in out.splitlines())


@pytest.mark.parametrize("command", [("plan",), ("verify",), ("run",), ("dead-letters", "list")], ids=" ".join)
def test_a_command_shows_a_file_name_escaped(site: Site, command: tuple[str, ...]) -> None:
    (site.inbound / ODD).write_text("{")
    if command[0] == "dead-letters":
        etl(site, "run")
    done = etl(site, *command)
    assert_harmless(done)
    assert SHOWN in (done.stdout + done.stderr).replace("\\\\", "\\")


def test_a_dead_letter_shows_its_content_escaped_and_as_many_lines(site: Site) -> None:
    (site.inbound / "1.json").write_text('{"orderNo": "\x1b]0;title\x07",\n\t"summary": 1,\n}')
    etl(site, "run")
    letter = etl(site, "dead-letters", "list").stdout.split()[0]
    done = etl(site, "dead-letters", "show", letter)
    assert_harmless(done)
    assert '\n{"orderNo": "\\x1b]0;title\\x07",\n        "summary": 1,\n}\n' in done.stdout


def test_a_work_order_without_a_number_shows_its_id_escaped(site: Site) -> None:
    site.work_orders.insert_one({"_id": ODD, "title": "Draft", "status": "pending"})
    done = etl(site, "plan")
    assert_harmless(done)
    assert f"_id {SHOWN}" in done.stdout


@pytest.mark.parametrize("name", [ODD, r"back\slash.json"])
def test_a_file_whose_name_is_not_as_it_is_shown_is_found_again_for_a_replay(site: Site, name: str) -> None:
    file = site.inbound / name
    file.symlink_to(Path("/nowhere"))
    assert site.run()["inbound"] == {"read": 1, "rejected": 1}
    file.unlink()
    site.client_sends(1, name)
    letter = etl(site, "dead-letters", "list").stdout.split()[0]
    assert etl(site, "dead-letters", "replay", letter).returncode == 0
    assert site.work_order(1)["title"] == "Pump 1"
