"""A file system that is full, read-only, broken or not ours, and names that it refuses."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Final

from tests.fault.boundaries import UNDISTURBED, Plan, is_on_file
from tests.fault.lab import Done, Lab, Place
from tests.fault.scale import Scale
from tests.fault.stops import boundaries
from tests.fault.tally import Tally
from tests.fault.workload import REJECTED, Experiment, make_inside, prepare
from tests.fault.world import Verdict, broken_promises, look

FAILED: Final = 4
BROKEN: Final = (errno.ENOSPC, errno.EIO, errno.EROFS)
SOME = ("--batch-size", "4", "--fsync")
CAN_DO_WITHOUT = ("open inbound", "open outbound/workorder", "os.mkdir")
"""A file that cannot be read is rejected alone; one that cannot be compared is written; the folder is there already."""

_PAGE: Final = 4096
_LONG: Final = 100_000


def full_disk(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let the outbound folder's file system be full after some files; where we may mount none, say that it is."""
    with lab.place("", *SOME) as place, _small_disk(place.outbound) as resize:
        experiment = prepare(place, 3 if scale.thorough else 1)
        for room in range(12) if scale.thorough else (0, 3):
            if resize is None:
                experiment.start.restore(place)
                done = place.etl(Plan("raise", room + 1, "write", error=errno.ENOSPC, lasting=True))
                _stopped(experiment, done, "No space left on device", tally, f"full after {room} writes")
                continue
            experiment.start.restore(place)
            used = sum(-(-file.stat().st_size // _PAGE) for file in place.outbound.iterdir())
            resize((used + room) * _PAGE)
            done = place.etl()
            resize(_LONG * 10)
            _stopped(experiment, done, "No space left on device", tally, f"room for {room} pages")


def too_large(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let one file be larger than files may be: what is half written goes, and nothing after it is lost."""
    del scale
    with lab.place() as place:
        for number in range(1, 11):
            make_inside(place, number, title="x" * (_LONG if number == 5 else 1))
        done, verdict = place.etl(Plan(file_size=_LONG // 2)), Verdict()
        _expect_stop(place, done, "File too large", verdict)
        place.etl()
        for number in range(1, 11):
            if len(place.client_gets(number)["summary"]) != len(place.work_order(number)["title"]):
                verdict.lose(f"the file of {number}")
        tally.add("a file too large", 10, verdict)


def not_ours(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let the outbound folder belong to somebody else."""
    del scale
    with lab.place("", *SOME) as place:
        experiment = prepare(place)
        place.outbound.chmod(0o555)
        done = place.etl(Plan("nobody", 1, only="os.scandir") if os.geteuid() == 0 else UNDISTURBED)
        place.outbound.chmod(0o755)
        _stopped(experiment, done, "Permission denied", tally, "not ours")


def broken_disk(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let every operation on files fail in turn, once, and from then on."""
    with lab.place("", *SOME) as place:
        experiment = prepare(place)
        errors = cycle(BROKEN)
        for at, name in _operations(experiment, scale):
            for number in BROKEN if scale.thorough else (next(errors),):
                experiment.start.restore(place)
                done = place.etl(Plan("raise", at, files=True, error=number, lasting=number == errno.EROFS))
                what = f"{name}, operation {at}: {os.strerror(number)}"
                lasting = number == errno.EROFS
                # a record that comes a run later meets another world: what is remembered of it may differ
                trial = replace(experiment, forgetful=name.startswith("open inbound"))
                if name.startswith(CAN_DO_WITHOUT) and not lasting:
                    _survived(trial, done, tally, what)
                else:
                    _stopped(trial, done, os.strerror(number), tally, what, leftovers=lasting)


def refused_names(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let a file system refuse one name: that record is rejected alone, and arrives once the name is free."""
    del scale
    with lab.place("", *SOME) as place:
        experiment = prepare(place)
        experiment.start.restore(place)
        taken = place.outbound / "workorder_22.json"
        taken.mkdir()
        (taken / "somebody's").touch()
        experiment.alone(tally, 22, "a folder in its place", [place.etl() for _ in range(2)])
        shutil.rmtree(taken)
        experiment.judge(tally, "a folder was in its place")

        experiment.start.restore(place)
        plan = Plan("raise", 1, "os.rename outbound/workorder_22.json", error=errno.ENAMETOOLONG)
        experiment.alone(tally, 22, "a name too long for it", [place.etl(plan) for _ in range(2)])
        experiment.judge(tally, "a name was too long for it")
    _long_names(lab, tally)


def _long_names(lab: Lab, tally: Tally) -> None:
    with lab.place(outbound="{summary}_{orderNo}.json") as place:
        for number in range(1, 6):
            make_inside(place, number, title="x" * (300 if number == 3 else 30))
        done, verdict = place.etl(), Verdict()
        if (done.code, len(look(place).files)) != (REJECTED, 4):
            verdict.lose(f"it ended with {done.code}, {len(look(place).files)} files: {done.err[-300:]}")
        place.technician_edits(3, title="short")
        if place.etl().code != 0 or len(look(place).files) != 5:
            verdict.lose("the one with a long name did not arrive with a short one")
        tally.add("a name too long", 5, verdict)


def _operations(experiment: Experiment, scale: Scale) -> list[tuple[int, str]]:
    """Return every operation on files of a run, or one of each kind."""
    named = [*enumerate(filter(is_on_file, boundaries(experiment)), 1)]
    if scale.thorough:
        return named
    kinds = {name.partition("workorder")[0].partition("1.json")[0]: (at, name) for at, name in named}
    return [found for kind, found in kinds.items() if "inbound" not in kind][-5:]


def _stopped(experiment: Experiment, done: Done, why: str, tally: Tally, what: str, *, leftovers: bool = False) -> None:
    """Judge a run that the file system has stopped."""
    verdict = Verdict()
    _expect_stop(experiment.place, done, why, verdict, leftovers=leftovers)
    tally.add(f"{what}, at once", 0, verdict, faults=0)
    experiment.judge(tally, what)


def _survived(experiment: Experiment, done: Done, tally: Tally, what: str) -> None:
    """Judge a run that could do without that file."""
    verdict = Verdict()
    if done.code != REJECTED:
        verdict.lose(f"it ended with {done.code}: {done.err[-300:]}")
    for broken in broken_promises(experiment.place):
        verdict.lose(broken)
    tally.add(f"{what}, at once", 0, verdict, faults=0)
    experiment.judge(tally, what)


def _expect_stop(place: Place, done: Done, why: str, verdict: Verdict, *, leftovers: bool = False) -> None:
    if done.code != FAILED or why not in done.err.splitlines()[-1]:
        verdict.lose(f"it ended with {done.code}: {done.err[-300:]}")
    for broken in broken_promises(place):
        verdict.lose(broken)
    if not leftovers:
        for leftover in look(place).leftovers:
            verdict.tear(f"{leftover} is left behind")


@contextmanager
def _small_disk(folder: Path) -> Iterator[_Resize | None]:
    """Mount a memory file system on a folder; yield what changes its size, None where we may not mount."""
    folder.mkdir()
    resize = _Resize(folder)
    if not resize.mounted:
        yield None
        return
    try:
        yield resize
    finally:
        subprocess.run(["umount", str(folder)], check=True)


class _Resize:
    """Changes the size of a file system of our own."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        size = f"size={_LONG * 10}"
        command = ["mount", "-t", "tmpfs", "-o", size, "etl-fault", self._folder]
        self.mounted = bool(shutil.which("mount")) and subprocess.run(command, check=False).returncode == 0

    def __call__(self, size: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", self._folder], check=True)
