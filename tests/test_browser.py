"""The pages in a real browser: `poe browser`. It says nothing of them, nobody is kept out, and people decide there."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.chromium import DESKTOP, PHONE, chromium, keeps_nobody_out, looking
from tests.support.command_line import etl
from tests.support.conflicts import Policy, command, signed
from tests.support.site import MAPPING_FILE, Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

LOOKS = [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def morning(policy: Policy) -> Site:
    """A site in the morning: two runs, two conflicts, one of them about two fields, and three rejected records."""
    site = policy("{wins: review}")
    for number in (1, 2, 3, 4):
        site.client_sends(number)
    site.run()
    for number in (1, 2):
        site.technician_edits(number, title=f"Technician's {number}", **({"status": "on_hold"} if number == 2 else {}))
        site.client_sends(number, None, summary=f"Client's {number}", isCanceled=number == 2)
    for number in (5, 6):
        site.client_sends(number, summary=None)
    site.client_sends(7, creationDate="yesterday " * 20)
    site.run()
    site.technician_edits(4, status="on_hold")
    return site


@contextmanager
def served(site: Site, *options: str) -> Iterator[str]:
    """Serve a site by the command, and yield the address that it prints."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    arguments = [sys.executable, "-m", "etl", "serve", "--mapping", str(site.mapping.file), "--port", port, *options]
    with subprocess.Popen(
        arguments, cwd=site.folder, env=site.environment, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            server.send_signal(signal.SIGINT)
    assert server.returncode == 0, "Ctrl-C is how it ends"


def test_nobody_is_kept_out_of_any_page_on_any_screen(browser: Browser, morning: Site, tmp_path: Path) -> None:
    report, mapping = tmp_path / "report.html", tmp_path / "mapping.html"
    assert command(morning, "report", "--out", str(report)).returncode == 0
    assert etl("docs", str(MAPPING_FILE), "--format", "html", "--out", str(mapping)).returncode == 0
    run, letter = (morning.database[name].find_one() for name in ("etl_runs", "etl_dead_letters"))
    conflict = morning.database["etl_conflicts"].find_one({"open": True})
    assert run is not None
    assert letter is not None
    assert conflict is not None
    paths = ["", "runs", "conflicts", "letters", "playground", f"runs/{run['_id']}", f"conflicts/{conflict['_id']}"]
    with served(morning, "--edit") as address:
        root = address.partition("?")[0]
        for screen, scheme in LOOKS:
            with looking(browser, viewport=screen, color_scheme=scheme) as page:
                page.goto(address)
                for path in [*paths, f"letters/{letter['_id']}", f"playground?letter={letter['_id']}"]:
                    page.goto(root + path)
                    keeps_nobody_out(page)
                for file in (report, mapping):
                    page.goto(file.as_uri())
                    keeps_nobody_out(page)


def test_a_person_decides_a_conflict_with_the_keyboard_alone_and_sees_it_done(browser: Browser, morning: Site) -> None:
    with served(morning, "--edit") as address, looking(browser) as page:
        page.goto(address)
        walk(page, "Conflicts")
        assert page.get_by_role("heading", level=1).inner_text() == "Conflicts"
        page.get_by_role("checkbox", name="Select 1").focus()
        page.keyboard.press("Space")
        page.get_by_label("Your name").focus()
        page.keyboard.type("Ana")
        page.keyboard.press("Tab")
        page.keyboard.type("as agreed by phone")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert "inbound: 1 read = 1 updated" in page.get_by_role("status").inner_text()
        assert page.get_by_role("checkbox", name="Select 1").count() == 0
        page.get_by_role("link", name="decide field by field").click()
        page.get_by_label("take tracos").first.check()
        page.get_by_label("take client").nth(1).check()
        assert page.get_by_label("Your name").input_value() == "Ana"
        page.get_by_role("button", name="Decide").click()
        assert "No conflict is open." in page.inner_text("main")
    assert (morning.work_order(1)["title"], morning.client_gets(1)["summary"]) == ("Client's 1", "Client's 1")
    assert (morning.work_order(2)["title"], morning.work_order(2)["status"]) == ("Technician's 2", "cancelled")
    assert signed(morning, key=[1]) == [("title", "Ana", "as agreed by phone")]
    assert {said[1:] for said in signed(morning, key=[2])} == {("Ana", "")}


def walk(page: Page, name: str) -> None:
    """Follow a link with the keyboard, from the top of the page."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == name:
            page.keyboard.press("Enter")
            page.wait_for_url(re.compile(name.lower()))
            return
    pytest.fail(f"no link {name} is reached with the keyboard")


def test_what_was_rejected_is_corrected_and_replayed_and_the_first_page_looks_again(
    browser: Browser, morning: Site
) -> None:
    with served(morning, "--edit") as address, looking(browser) as first, looking(browser) as page:
        first.clock.install()
        first.goto(address)
        assert "Dead letters\n3" in first.inner_text("dl")
        page.goto(address)
        page.get_by_role("link", name="Dead letters").click()
        page.get_by_role("link", name="2 of this reason").click()
        page.get_by_label("all 2 of this reason").check()
        assert page.get_by_role("checkbox", name="5.json").is_checked()
        page.get_by_label("Your name").fill("Ben")
        page.get_by_role("button", name="Drop for ever").click()
        assert "2 dropped." in page.get_by_role("status").inner_text()
        first.clock.fast_forward(11_000)
        first.locator("dl > div").filter(has_text=re.compile("Dead letters1")).wait_for()


def test_the_playground_finds_a_typo_and_a_wrong_record_as_somebody_types(browser: Browser, morning: Site) -> None:
    with served(morning) as address, looking(browser) as page:
        page.goto(address)
        page.get_by_role("link", name="Playground").click()
        mapping, record, tried = (
            page.get_by_label("Mapping", exact=True),
            page.get_by_label("Record", exact=True),
            page.locator("#tried"),
        )
        before = mapping.input_value()
        assert "comes back as it was" in tried.inner_text() or "Comes back otherwise" in tried.inner_text()
        mapping.fill(before.replace("{client: summary,        tracos: title}", "{client: sumary, tracos: title}"))
        finding = tried.get_by_role("listitem").filter(has_text="sumary").first
        finding.wait_for()
        assert "summary" in finding.inner_text(), "it says what would be right"
        line = 1 + before[: before.index("{client: summary,        tracos: title}")].count("\n")
        finding.get_by_role("button", name=f"line {line}:").click()
        selected = page.evaluate("document.activeElement.value.slice(0, document.activeElement.selectionStart)")
        assert selected.count("\n") + 1 == line
        mapping.fill(before)
        tried.get_by_text("The mapping has no findings.").wait_for()
        record.fill('{"orderNo": 9, "summary": 5, "creationDate": "2025-01-02"}')
        tried.get_by_text("summary: expected string, found").first.wait_for()
        record.fill('{"orderNo": 9, "summary": "Fan", "creationDate": "2025-01-02", "isOnHold": true')
        tried.get_by_text("not JSON").first.wait_for()
        record.fill('{"number": 9, "title": "Fan", "status": "on_hold", "createdAt": "2025-01-02T00:00:00Z"}')
        page.get_by_label("goes").select_option("auto")
        tried.get_by_role("heading", name="tracos → client").wait_for()
        assert "isOnHold" in tried.inner_text()
        assert morning.database["workorders"].find_one({"number": 9}) is None


def test_without_a_script_the_playground_tries_at_the_press_of_a_button(browser: Browser, morning: Site) -> None:
    with served(morning) as address, looking(browser, java_script_enabled=False) as page:
        page.goto(address)
        page.get_by_role("link", name="Playground").click()
        page.get_by_label("Record", exact=True).fill('{"orderNo": 9, "summary": 5, "creationDate": "2025-01-02"}')
        page.get_by_role("button", name="Try").click()
        assert "summary: expected string, found" in page.inner_text("#tried")
        page.get_by_role("link", name="Conflicts").click()
        assert page.get_by_role("button").count() == 0, "people only look here"


def test_the_page_of_a_mapping_is_searched_and_its_fields_lead_to_their_rules(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "mapping.html"
    assert etl("docs", str(MAPPING_FILE), "--format", "html", "--out", str(file)).returncode == 0
    with looking(browser) as page:
        page.goto(file.as_uri())
        page.locator("svg a").filter(has_text="createdAt").click()
        target = page.locator("tr:target")
        assert "creationDate" in target.inner_text()
        page.get_by_role("searchbox").fill("deletedAt")
        assert page.get_by_role("status").inner_text().endswith("found")
        rows = page.locator("#rules ~ .table tbody tr:visible")
        assert rows.count() == 1
        assert "deletedAt" in rows.inner_text()
        page.get_by_role("searchbox").fill("")
        assert page.locator("#rules ~ .table tbody tr:visible").count() > 5
