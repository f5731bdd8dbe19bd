"""`etl translate`: a filter for shell pipes, JSON Lines in and JSON Lines out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import etl
from tests.support.site import ROOT

ORDER = {"orderNo": 7, "summary": "Pump", "creationDate": "2025-01-02T03:04:05-03:00", "isDone": True}
COMMAND = [sys.executable, "-m", "etl", "translate", "--direction", "inbound"]


def lines(*records: Any) -> str:
    return "".join(f"{record if isinstance(record, str) else json.dumps(record)}\n" for record in records)


def test_every_line_becomes_a_line_in_order() -> None:
    done = etl("translate", "--direction", "inbound", stdin=lines(*({**ORDER, "orderNo": n} for n in range(50))))
    assert (done.returncode, done.stderr) == (0, "")
    made = done.stdout.splitlines()
    assert [json.loads(line)["number"] for line in made] == list(range(50))
    assert made[7] == (
        '{"number":7,"title":"Pump","createdAt":"2025-01-02T06:04:05Z","description":"Pump description",'
        '"deleted":false,"status":"completed"}'
    )


def test_outbound_takes_dates_as_text_and_gives_what_a_run_writes() -> None:
    order = {"number": 7, "title": "Pumpe für Öl", "status": "on_hold", "createdAt": "2025-01-02T06:04:05Z"}
    done = etl("translate", "--direction", "outbound", "-", stdin=lines(order))
    assert done.returncode == 0
    made = json.loads(done.stdout)
    assert (made["summary"], made["isOnHold"], made["deletedDate"]) == ("Pumpe für Öl", True, None)
    assert made["creationDate"] == "2025-01-02T06:04:05+00:00"


def test_there_and_back_is_the_same_work_order() -> None:
    inside = etl("translate", "--direction", "inbound", stdin=lines(ORDER)).stdout
    outside = etl("translate", "--direction", "outbound", stdin=inside).stdout
    assert etl("translate", "--direction", "inbound", stdin=outside).stdout == inside


def test_a_rejected_line_is_told_with_its_reasons_and_the_others_go_on() -> None:
    text = lines(ORDER, "", "{oops", "  ", {"orderNo": "7", "summary": 1}, "[1]", {**ORDER, "isDone": "no"}, ORDER)
    done = etl("translate", "--direction", "inbound", stdin=text)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 2
    broken, wrong, a_list, flag = done.stderr.splitlines()
    assert broken.startswith("line 3: not JSON: column 2: ")
    assert wrong.startswith("line 5: ")
    assert set(wrong.removeprefix("line 5: ").split("; ")) == {
        "creationDate: is required",
        'orderNo: expected integer, found "7"',
        "summary: expected string, found 1",
    }
    assert a_list == "line 6: expected a JSON object, found a list"
    assert flag.startswith("line 7: isDone: expected boolean or null")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("\n \n\r\n", 0),
        (json.dumps(ORDER), 1),
        ("\ufeff" + lines(ORDER), 1),
        (lines(ORDER).replace("\n", "\r\n") * 2, 2),
    ],
)
def test_blank_lines_line_ends_and_a_byte_order_mark_do_not_matter(text: str, count: int) -> None:
    done = etl("translate", "--direction", "inbound", stdin=text)
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (0, "", count)


@pytest.mark.parametrize(
    "text", ['{"a": NaN}', '{"a": 1}}', "{'a': 1}", '{"a": "\\ud800"}', "null", '{"a": 01}', '{"a": 1, "a": 1}']
)
def test_lines_are_parsed_strictly(text: str) -> None:
    done = etl("translate", "--direction", "inbound", stdin=text)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("line 1: ")


def test_records_come_from_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "orders.jsonl"
    file.write_text(lines(ORDER, ORDER))
    done = etl("translate", "--direction", "inbound", str(file))
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2)


def test_a_result_comes_before_the_next_line_is_there() -> None:
    with subprocess.Popen(COMMAND, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in (1, 2):
            process.stdin.write(lines({**ORDER, "orderNo": number}).encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["number"] == number
        process.stdin.close()
        assert process.wait(60) == 0


def test_a_closed_pipe_ends_quietly(tmp_path: Path) -> None:
    (tmp_path / "orders.jsonl").write_text(lines(ORDER) * 20_000)
    with subprocess.Popen(
        [*COMMAND, str(tmp_path / "orders.jsonl")], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["number"] == 7
        process.stdout.close()
        assert process.wait(60) == 0
        assert process.stderr.read() == b""


def test_the_direction_must_be_said() -> None:
    done = etl("translate", stdin="")
    assert done.returncode == 2
    assert "Missing option '--direction'" in done.stderr
