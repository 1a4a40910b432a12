"""Only a stage's own app may read the API's answers from a browser."""

from typing import Any

import pytest

from infra import templates
from infra.build import ROOT

STAGES = ("main", "staging", "production")


def origins(stage: str, given: str = "") -> str:
    """APP_ORIGINS as CloudFormation fills it in for a stage."""
    variables = templates.read(ROOT / "infra/app.yaml")["Globals"]["Function"]["Environment"]["Variables"]
    met = {"IsProduction": stage == "production", "HasOrigins": given != ""}
    return filled(variables["APP_ORIGINS"], met, {"Stage": stage, "AppOrigins": given})


def filled(value: Any, met: dict[str, bool], parameters: dict[str, str]) -> str:
    if isinstance(value, str):
        return value
    ((function, arguments),) = value.items()
    if function == "Fn::If":
        condition, yes, no = arguments
        return filled(yes if met[condition] else no, met, parameters)
    return parameters[arguments] if function == "Ref" else arguments.replace("${Stage}", parameters["Stage"])


@pytest.mark.parametrize("stage", STAGES)
def test_s54_a_stage_answers_its_own_app_and_no_laptop(stage: str) -> None:
    (origin,) = origins(stage).split(",")

    assert origin == ("https://app.listbackup.ai" if stage == "production" else f"https://{stage}.app.listbackup.ai")


def test_s54_origins_are_what_the_deployment_names_and_nothing_more() -> None:
    assert origins("production", "https://app.example.com") == "https://app.example.com"
