"""The state machine names only what exists: errors that are classes, substitutions that are supplied."""

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chalicelib import errors

ROOT = Path(__file__).parents[2]
MACHINES = sorted((ROOT / "statemachines").glob("*.asl.json"))
# Lambda's and Step Functions' own; `Sandbox.Timedout` and `Runtime.*` are what a killed function is reported as.
NOT_OURS = re.compile(r"(Lambda|States|Runtime|Sandbox)\.\w+")
machines = pytest.mark.parametrize("machine", MACHINES, ids=lambda path: path.name)


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's YAML, whose tags are let be."""


Loader.add_multi_constructor("!", lambda _loader, _suffix, node: node.value)


def caught(state: Any) -> Iterator[str]:
    for name, value in state.items() if isinstance(state, dict) else enumerate(state):
        if name == "ErrorEquals":
            yield from value
        elif isinstance(value, (dict, list)):
            yield from caught(value)


def test_there_is_a_machine() -> None:
    assert MACHINES


@machines
def test_every_error_a_machine_names_is_one_of_ours(machine: Path) -> None:
    ours = {name for name, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, errors.AppError)}

    assert {name for name in caught(json.loads(machine.read_text())) if not NOT_OURS.fullmatch(name)} <= ours


@machines
def test_every_substitution_of_a_machine_is_supplied(machine: Path) -> None:
    resources = yaml.load((ROOT / "infra" / "app.yaml").read_text(), Loader)["Resources"]
    declared = [
        one["Properties"] for one in resources.values() if one.get("Type") == "AWS::StepFunctions::StateMachine"
    ]
    supplied = {name for one in declared for name in one.get("DefinitionSubstitutions", {})}

    assert set(re.findall(r"\$\{(\w+)\}", machine.read_text())) <= supplied
