"""`etl serve`: who may look and who may change something; conflicts and dead letters are decided by people."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.browsing import HOST, browser
from tests.support.command_line import MAPPING, etl
from tests.support.conflicts import Policy, log, signed
from tests.support.site import ROOT, Site

HOSTILE = "</td><script>alert(1)</script>"


@pytest.fixture
def waiting(policy: Policy) -> Site:
    """A site with three conflicts, two of them about one field, and with three dead letters of two causes."""
    site = policy("{wins: review}")
    for number in (1, 2, 3):
        site.client_sends(number)
    site.run()
    for number in (1, 2, 3):
        site.technician_edits(number, title=f"Technician's {number}", **({"status": "on_hold"} if number == 3 else {}))
        site.client_sends(number, None, summary=f"{HOSTILE} {number}", isCanceled=number == 3)
    for number in (4, 5):
        site.client_sends(number, summary=None)
    site.client_sends(6, creationDate="yesterday")
    site.run()
    return site


def seen(page: str) -> list[str]:
    return re.findall(r'name="seen" value="([^"]+)"', page)


def test_only_who_knows_the_token_may_look_on_this_machine(site: Site) -> None:
    someone = browser(site)
    for path in ("/", "/conflicts", "/letters", "/runs", "/playground", "/page.css", "/static/site.js"):
        assert someone.opens(path).status_code == 403
    assert someone.opens("/?token=guessed").status_code == 403
    token = someone.shown.token
    assert someone.opens(f"/?token={token}", "http://evil.example:8420").status_code == 403
    entered = someone.enters()
    page = entered.opens("/")
    assert page.status_code == 200
    assert token not in page.text
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert entered.opens("/", "http://evil.example:8420").status_code == 403
    (cookie,) = [value for name, value in someone.opens(f"/?token={token}").headers if name == "Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict"} <= {part.strip() for part in cookie.split(";")}


def test_nothing_is_decided_that_another_page_has_sent_or_where_people_only_look(waiting: Site) -> None:
    fields = {"every": "yes", "take": "client", "by": "ana"}
    stranger = browser(waiting)
    assert stranger.sends("/conflicts/decide", fields, csrf="").status_code == 403
    known = stranger.enters()
    for csrf in ("", "guessed"):
        assert known.sends("/conflicts/decide", fields, csrf=csrf).status_code == 403
    for origin in ("http://evil.example", "http://127.0.0.1:9999", "null"):
        assert known.sends("/conflicts/decide", fields, Origin=origin).status_code == 403
    reader = browser(waiting, edits=False).enters()
    assert "read-only" in reader.reads("/conflicts")
    assert "<button" not in reader.opens("/conflicts").text
    for path in ("/conflicts/decide", "/letters/decide"):
        assert reader.sends(path, fields).status_code == 403
    assert len(log(waiting, open=True)) == 3
    assert known.sends("/conflicts/decide", fields, Origin=HOST).status_code == 303


def test_the_pages_show_what_is_there_now_and_no_text_of_a_record_is_markup(waiting: Site) -> None:
    known = browser(waiting).enters()
    first = known.reads("/")
    assert "6 read = 3 rejected, 3 conflict, from 6 files" in first
    run = waiting.database["etl_runs"].find_one(sort=[("started", 1)])
    assert run is not None
    assert run["_id"] in known.reads("/runs")
    assert "3 read = 3 created" in known.reads(f"/runs/{run['_id']}")
    for page in (known.opens("/conflicts").text, known.opens("/").text):
        assert "<script>alert" not in page
    assert f'"{HOSTILE} 1"' in known.reads("/conflicts")
    letter = waiting.database["etl_dead_letters"].find_one({"origin": "6.json"})
    assert letter is not None
    assert '"creationDate": "yesterday"' in known.reads(f"/letters/{letter['_id']}")
    waiting.client_sends(4)
    waiting.client_sends(5)
    waiting.run()
    assert "All: 1" in known.reads("/letters")
    assert known.opens("/runs/zz").status_code == known.opens("/letters/00").status_code == 404


def test_conflicts_are_decided_field_by_field_and_in_bulk_and_signed(waiting: Site) -> None:
    known = browser(waiting).enters()
    (third,) = log(waiting, key=[3])
    page = known.opens(f"/conflicts/{third['_id']}").text
    sent = {"seen": seen(page), "take.title": "tracos", "take.status": "client", "by": "ana", "note": "by phone"}
    said = known.decides("/conflicts/decide", **sent)
    assert "inbound: 1 read = 1 updated" in said
    assert (waiting.work_order(3)["title"], waiting.work_order(3)["status"]) == ("Technician's 3", "cancelled")
    about_title = seen(known.opens("/conflicts?rule=title").text)
    assert len(about_title) == 2
    said = known.decides("/conflicts/decide", seen=about_title[:1], take="tracos", by="ana")
    assert "1 read = 1 updated" in said
    assert "inbound: 1 read = 1 updated" in known.decides("/conflicts/decide", every="yes", take="client", by="ben")
    assert log(waiting, open=True) == []
    assert [by for _, by, _ in signed(waiting)] == ["ana", "ana", "ana", "ben"]
    runs = list(waiting.database["etl_runs"].find({"command": "resolve"}, sort=[("started", 1)]))
    assert [(run["by"], run.get("note")) for run in runs] == [("ana", "by phone"), ("ana", None), ("ben", None)]
    assert 'value="ben"' in known.opens("/letters").text


def test_a_conflict_that_has_changed_since_somebody_looked_stays(waiting: Site) -> None:
    known = browser(waiting).enters()
    before = seen(known.opens("/conflicts").text)
    waiting.client_sends(1, None, summary="Client's, later")
    waiting.run()
    said = known.decides("/conflicts/decide", seen=before, take="client", by="ana")
    assert "inbound: 2 read = 2 updated" in said
    assert "1 conflict had changed since you looked" in said
    assert [entry["key"] for entry in log(waiting, open=True)] == [[1]]
    for fields, why in (
        ({"every": "yes", "take": "client"}, "say who decides"),
        ({"every": "yes", "by": "ana"}, "choose a side"),
        ({"every": "yes", "take": "client", "by": "ana\x1b[2J"}, "write one line"),
        ({"every": "yes", "take": "nobody", "by": "ana"}, "nobody"),
    ):
        refused = known.sends("/conflicts/decide", fields)
        assert (refused.status_code, why in refused.text) == (400, True)
    assert len(log(waiting, open=True)) == 1


def test_dead_letters_are_replayed_and_dropped_one_by_one_and_by_cause(waiting: Site) -> None:
    known = browser(waiting).enters()
    page = known.opens("/letters").text
    (cause,) = [found for found, count in re.findall(r'cause=(\w+)"[^>]*>(\d+)<', page) if count == "2"]
    listed = known.reads(f"/letters?cause={cause}")
    assert "4.json" in listed
    assert "6.json" not in listed
    said = known.decides("/letters/decide", every="yes", cause=cause, do="replay", by="ana", note="again")
    assert "inbound: 2 read = 2 rejected" in said
    (run,) = waiting.database["etl_runs"].find({"command": "replay"})
    assert (run["by"], run["note"]) == ("ana", "again")
    letter = waiting.database["etl_dead_letters"].find_one({"origin": "6.json"})
    assert letter is not None
    assert "1 acknowledged." in known.decides("/letters/decide", id=letter["_id"], do="ack", by="ana", note="they know")
    page = known.reads(f"/letters/{letter['_id']}")
    assert "acknowledged since" in page
    assert "by ana: they know" in page
    assert known.sends("/letters/decide", {"id": letter["_id"], "by": "ana", "do": "burn"}).status_code == 400
    assert "1 dropped." in known.decides("/letters/decide", id=letter["_id"], do="drop", by="ana")
    assert "2 dropped." in known.decides("/letters/decide", every="yes", do="drop", by="ana")
    assert "No rejected record waits." in known.reads("/letters")


def test_a_database_that_does_not_answer_is_said(site: Site) -> None:
    site.settings = type(site.settings)(
        uri="mongodb://ana:geheim@127.0.0.1:9/?serverSelectionTimeoutMS=50", retry_seconds=0, inbound=site.inbound
    )
    failed = browser(site).enters().opens("/")
    assert failed.status_code == 503
    assert "geheim" not in failed.text
    assert "127.0.0.1" in failed.text


@pytest.mark.slow
def test_the_command_prints_the_address_and_a_port_in_use_or_a_missing_package_is_said(site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = etl("serve", *MAPPING, "--port", port, site=site)
    assert refused.returncode == 4
    assert f"port {port} of 127.0.0.1 cannot be used" in refused.stderr
    hidden = "import sys; sys.modules['waitress'] = None; from etl.cli import main; main()"
    command = [sys.executable, "-c", hidden, "serve", *MAPPING]
    lacking = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=site.environment, check=False)
    assert lacking.returncode == 3
    assert "pip install 'tracos-etl[web]'" in lacking.stderr
    assert not list(Path(site.folder).glob("*.html"))
