"""The ready integrations, each both ways on a real MongoDB."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from etl.cli import cli
from etl.mapping.load import examine
from tests.support.ready import Installation, Vendor, parts_of
from tests.support.site import OUTBOUND, ROOT, Site

MOST_LINES = 45
STATUSES = {"pending", "in_progress", "on_hold", "completed", "cancelled"}

VENDORS = [
    Vendor(
        name="servicenow",
        samples=("1_tasks.json", "2_tasks.json"),
        imported=20,
        skipped=1,
        edited=(
            "029d385017c611228701d22104cc95c3",
            {"status": "on_hold", "assignee": {"id": "46d44a23a9fe19810012d100cca80666", "name": "Ben Oak"}},
            {
                "update-incident-029d385017c611228701d22104cc95c3.json": {
                    "state": "3",
                    "assigned_to": "46d44a23a9fe19810012d100cca80666",
                },
            },
        ),
        gone=("3_deleted.json", "069d385017c611228701d22104cc95c3"),
        removed=(
            "109d385017c611228701d22104cc95c3",
            {
                "delete-wm_order-109d385017c611228701d22104cc95c3.json": {
                    "table": "wm_order",
                    "sys_id": "109d385017c611228701d22104cc95c3",
                },
            },
        ),
    ),
]


@pytest.fixture(params=VENDORS, ids=[vendor.name for vendor in VENDORS])
def vendor(request: pytest.FixtureRequest) -> Vendor:
    found: Vendor = request.param
    return found


@pytest.fixture
def installed(site: Site, vendor: Vendor) -> Installation:
    site.__class__ = Installation
    assert isinstance(site, Installation)
    site.uses(vendor)
    return site


def test_nothing_is_to_be_said_of_its_mapping_which_has_few_lines(vendor: Vendor) -> None:
    _, findings = examine(vendor.mapping)
    assert findings == []
    assert 0 < len(vendor.rules) <= MOST_LINES


@pytest.mark.slow
def test_its_examples_goldens_and_laws_hold_and_exercise_all_of_it(vendor: Vendor) -> None:
    done = CliRunner().invoke(cli, ["test", str(vendor.mapping), "--golden", str(vendor.golden)])
    assert done.exit_code == 0, done.output
    assert "(100 %)" in done.output


def test_its_samples_are_imported(installed: Installation, vendor: Vendor) -> None:
    read = vendor.imported + vendor.skipped
    told = {"read": read, "created": vendor.imported} | ({"skipped": vendor.skipped} if vendor.skipped else {})
    assert installed.comes(*vendor.samples) == told
    assert set(installed.work_orders.distinct("status")) == STATUSES


def test_an_edit_goes_out_in_the_form_that_the_vendor_takes(installed: Installation, vendor: Vendor) -> None:
    installed.comes(*vendor.samples)
    installed.run()
    before = installed.sent
    key, fields, sent = vendor.edited
    installed.edits(key, fields)
    (report,) = installed.reports(directions=OUTBOUND)
    assert (report.read, report.is_clean) == (1, True)
    assert {name: what for name, what in installed.sent.items() if what != before.get(name)} == sent
    assert installed.run().get("outbound", {}) == {}


def test_what_nobody_edited_goes_back_as_it_came(installed: Installation, vendor: Vendor) -> None:
    installed.comes(*vendor.samples)
    installed.run()
    installed.touches_all()
    assert installed.run()["outbound"] == {"read": vendor.imported, "unchanged": vendor.imported}
    assert tuple(installed.sent) == vendor.resent
    expected = [(came, made) for came in installed.came if (made := installed.expected(came)) is not None]
    assert len(expected) == vendor.imported
    for came, made in expected:
        assert made == parts_of(made, came)


def test_a_deletion_from_the_outside_marks_its_work_order(installed: Installation, vendor: Vendor) -> None:
    file, key = vendor.gone
    installed.comes(*vendor.samples)
    installed.run()
    before, sent = installed.order(key), installed.sent
    assert not before.items() >= installed.deleted.items()
    assert installed.comes(file)["updated"] == 1
    assert installed.order(key).items() >= installed.deleted.items()
    installed.run()
    assert installed.sent == sent


def test_a_deletion_inside_goes_out(installed: Installation, vendor: Vendor) -> None:
    installed.comes(*vendor.samples)
    installed.run()
    before = installed.sent
    key, sent = vendor.removed
    installed.edits(key, installed.deleted)
    installed.run()
    assert {name: what for name, what in installed.sent.items() if what != before.get(name)} == sent


def test_its_page_is_there_and_the_list_of_all_names_it(vendor: Vendor) -> None:
    page = f"docs/integrations/{vendor.name}.md"  # links and commands in it are checked with those of all documents
    assert (ROOT / page).is_file()
    assert page in (ROOT / "README.md").read_text()
