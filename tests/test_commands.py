"""The commands that there are: each is registered, documented, and says in its help what everything is for."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import Final

import click
import pytest

import etl.cli
from etl.cli import cli
from tests.commands import EVERY

SHARED: Final = {"alarming", "bugs", "common", "following", "letter_lists", "mappings", "output", "progress", "records"}
"""Files of etl/cli that are no command's."""


def test_every_file_of_a_command_is_registered_and_nothing_else_is() -> None:
    found: dict[str, click.Command] = {}
    for module in pkgutil.iter_modules(etl.cli.__path__):
        own = vars(importlib.import_module(f"etl.cli.{module.name}")).values()
        here = {str(one.name): one for one in own if isinstance(one, click.Command)}
        assert bool(here) == (module.name not in SHARED), module.name
        found |= here
    below = {str(one.name) for name, one in EVERY.items() if name.count(" ") > 1}
    assert {name: one for name, one in found.items() if name not in below} == cli.commands


@pytest.mark.parametrize("name", EVERY)
def test_every_command_says_what_it_does_with_an_example(name: str) -> None:
    command = EVERY[name]
    assert command.help
    assert re.match(r"[A-Z].*\.$", command.help.partition("\n")[0])
    example = str(command.epilog)
    assert "Example" in example
    assert f"{name} " in f"{example} ".replace("\n", " ")


OPTIONS: Final = [(n, o) for n, command in EVERY.items() for o in command.params if isinstance(o, click.Option)]
ARGUMENTS: Final = [(n, a) for n, command in EVERY.items() for a in command.params if isinstance(a, click.Argument)]


@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=lambda part: getattr(part, "name", part))
def test_every_option_says_in_a_sentence_what_it_is_for(name: str, option: click.Option) -> None:
    assert re.match(r"[A-Z].*[.)]$", option.help or ""), name


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS, ids=lambda part: getattr(part, "name", part))
def test_the_text_of_a_command_says_what_its_arguments_are(name: str, argument: click.Argument) -> None:
    text = f"{EVERY[name].help} {EVERY[name.rpartition(' ')[0]].help}"
    (word, *_) = re.findall(r"[A-Z]+", argument.make_metavar(click.Context(EVERY[name])))
    assert word in text
