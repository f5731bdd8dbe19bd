"""`etl report`: what a run did and what it left, as one page that needs nothing else."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from etl.page.report import duration
from tests.support.conflicts import Policy, command
from tests.support.html_page import Reader
from tests.support.site import Site

HOSTILE = "</td><script>alert(1)</script>"


@pytest.fixture
def night(policy: Policy) -> Site:
    """A site after a night of which a person has something to do."""
    site = policy("{wins: review}")
    for number in (1, 2, 3):
        site.client_sends(number)
    site.run()
    site.technician_edits(1, title="Technician's")
    site.client_sends(1, summary="Client's")
    site.client_sends(2, summary=HOSTILE)
    for number in (4, 5):
        site.client_sends(number, summary=None, creationDate="2025-01-02T03:04:05+00:00")
    site.client_sends(6, orderNo=HOSTILE)
    site.run()
    site.technician_edits(3, status="on_hold")
    return site


def read(page: str) -> Reader:
    """Return a page, which is one file that needs no other, and in which no text is markup."""
    found = Reader(page)
    assert not {tag for tag, _ in found.tags} & {"script", "link", "img", "iframe", "form"}
    assert not [attributes for _, attributes in found.tags if "style" in attributes or "src" in attributes]
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert {attributes["href"] for _, attributes in found.tags if "href" in attributes} <= {f"#{one}" for one in ids}
    return found


def test_the_report_says_how_the_last_run_ended_what_it_did_and_what_waits(night: Site) -> None:
    done = command(night, "report")
    assert done.returncode == 0, done.stderr
    text = read(done.stdout).text
    for said in (
        "with exit code 1",
        "6 read = 1 updated, 1 unchanged, 3 rejected, 1 conflict, from 6 files",
        "Changed by client",
        "summary: expected string, found null (inbound)",
        "2: 4.json, 5.json",
        "Conflicts open1",
        "Dead letters3",
        "To go out2",
        HOSTILE,
    ):
        assert said in text
    (title,) = [row for row in re.findall(r"<tr>.*?</tr>", done.stdout) if "Technician" in row]
    assert [Reader(cell).text for cell in re.findall(r"<td[^>]*>.*?</td>", title)] == [
        "1 (1.json)",
        "title",
        '"Pump 1"',
        '"Client\'s"',
        '"Technician\'s"',
        f"{datetime.now(UTC):%Y-%m-%d}" + Reader(title).text[-6:],
    ]
    assert '"orderNo": 4, "summary": null' in text


def test_the_report_of_an_earlier_run_is_written_to_a_file(night: Site) -> None:
    first = night.database["etl_runs"].find_one(sort=[("started", 1)])
    assert first is not None
    done = command(night, "report", first["_id"][:12], "--out", "night.html")
    assert (done.returncode, done.stdout) == (0, "")
    text = read((night.folder / "night.html").read_text("utf-8")).text
    assert (night.folder / "night.html").stat().st_mode & 0o777 == 0o600, "it shows records"
    assert "with exit code 0" in text
    assert "3 read = 3 created, from 3 files" in text
    assert "Why records were rejected" not in text


def test_a_run_that_there_is_not_is_said_and_a_site_without_runs_has_a_report(site: Site) -> None:
    assert "No run is known yet." in read(command(site, "report").stdout).text
    unknown = command(site, "report", "0" * 16)
    assert (unknown.returncode, unknown.stdout) == (
        1,
        f"no run, or more than one, has an id that begins with {'0' * 16}\n",
    )
    assert "is no id of a run" in command(site, "report", "last").stderr


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (59.9, "59.9 s"), (61, "1 min 1 s"), (119.7, "2 min 0 s"), (3599.6, "1 h 0 min")],
)
def test_a_report_says_a_duration_in_whole_units(seconds: float, said: str) -> None:
    assert duration(seconds) == said
