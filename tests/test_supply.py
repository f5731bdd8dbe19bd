"""What is built and tested with: locked by hashes; and workflows that run what was looked at."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.site import ROOT

LOCKS = {extra: (ROOT / f"requirements-{extra}.lock").read_text() for extra in ("dev", "release", "supply")}
OPTIONAL = ("cluster", "embedded", "remote", "zstd")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}  # v[0-9]+\.[0-9]+\.[0-9]+")


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(extra: str) -> set[str]:
    """Return the names that an extra of this project asks for, through its own extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names: set[str] = set()
    for requirement in [*project["dependencies"], *project["optional-dependencies"][extra]]:
        name, _, extras = re.split(r"[<>=;!~ ]", requirement, maxsplit=1)[0].partition("[")
        if name == "tracos-etl":
            names |= {each for inner in extras.rstrip("]").split(",") for each in needed(inner)}
        else:
            names.add(plain(name))
    return names


@pytest.mark.parametrize(("name", "fewest"), [("dev", 51), ("release", 41), ("supply", 41)])
def test_every_package_of_a_lock_file_has_its_hashes_and_no_index_is_named(name: str, fewest: int) -> None:
    lock = LOCKS[name]
    packages = re.split(r"\n(?=\S)", lock.strip())
    assert len(packages) >= fewest
    for package in packages:
        assert re.match(r"[a-z0-9-]+==[^ ]+( ; .+)? \\\n( +--hash=sha256:[0-9a-f]{64}( \\\n)?)+\Z", package), package
    assert "://" not in lock
    assert "index" not in lock


@pytest.mark.parametrize(
    ("lock", "extras", "fewest"), [("dev", ["dev"], 26), ("supply", ["supply"], 11), ("release", OPTIONAL, 11)]
)
def test_a_lock_file_has_all_that_is_asked_for(lock: str, extras: Sequence[str], fewest: int) -> None:
    locked = {plain(line.partition("==")[0]) for line in LOCKS[lock].splitlines() if "==" in line and line[0] != " "}
    wanted = set().union(*map(needed, extras))
    assert wanted <= locked
    assert len(wanted) >= fewest


def test_a_release_installs_nothing_but_by_hashes_and_itself() -> None:
    release = next(workflow for workflow in WORKFLOWS if workflow.name == "release.yml")
    installs = [
        line for step in steps(release) for line in step.get("run", "").splitlines() if re.search("pip install", line)
    ]
    assert len(installs) > 4
    assert [line for line in installs if "--require-hashes -r" not in line and "--no-deps" not in line] == []
    assert {f"requirements-{name}.lock" for name in LOCKS} == {line.split()[-1] for line in installs if " -r " in line}


def steps(workflow: Path) -> list[dict[str, Any]]:
    document = yaml.safe_load(workflow.read_text())
    return [step for job in document["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_every_action_is_pinned_by_its_commit(workflow: Path) -> None:
    used = re.findall(r"uses: (.*)", workflow.read_text())
    assert used
    assert [action for action in used if not PINNED.fullmatch(action)] == []
    assert len(used) == sum("uses" in step for step in steps(workflow))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_no_workflow_may_write_but_where_a_job_says_so(workflow: Path) -> None:
    document = yaml.safe_load(workflow.read_text())
    assert document["permissions"] in ({}, {"contents": "read"})
    writing = {
        (name, right)
        for name, job in document["jobs"].items()
        for right, how in job.get("permissions", {}).items()
        if how == "write"
    }
    assert writing <= {("build", "id-token"), ("build", "attestations"), ("publish", "contents")}
    checkouts = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_a_release_is_built_of_what_is_locked_and_attested_before_it_is_published() -> None:
    release = next(workflow for workflow in WORKFLOWS if workflow.name == "release.yml")
    document = yaml.safe_load(release.read_text())
    build, publish = document["jobs"]["build"], document["jobs"]["publish"]
    said = [step.get("run", "") + step.get("uses", "") for step in build["steps"]]
    order = [
        "--require-hashes -r requirements-dev.lock",
        "hatchling build",
        "cyclonedx-py",
        "actions/attest@",
        "upload",
    ]
    places = [next(at for at, text in enumerate(said) if word in text) for word in order]
    assert places == sorted(places)
    assert publish["needs"] == "build"
    assert build["steps"][places[3]]["with"]["subject-path"] == "dist/*"
