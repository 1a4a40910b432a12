"""The templates as they are deployed, their loops expanded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ministack.services.cloudformation.language_extensions import apply  # type: ignore[import-untyped]  # it comes without types

from infra import templates
from infra.build import ROOT, build

Resources = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build without the layer."""
    return build("main", tmp_path_factory.mktemp("built"), with_layer=False)


@pytest.fixture(scope="session")
def core() -> Resources:
    """The core stack's resources."""
    return expanded(ROOT / "infra/core.yaml")


@pytest.fixture(scope="session")
def app(built: Path) -> Resources:
    """The app stack's resources, Chalice's among them."""
    return expanded(built / "app.json")


def expanded(path: Path) -> Resources:
    resources: Resources = apply(templates.read(path), {"Stage": "main"})["Resources"]
    return resources


def of_type(resources: Resources, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, resource["Properties"]) for name, resource in resources.items() if resource["Type"] == kind)


def statements(resources: Resources) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every policy, with the name of the resource it stands in."""
    for name, resource in resources.items():
        for document in documents(resource.get("Properties", {})):
            yield from ((name, statement) for statement in document["Statement"])


def documents(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "Statement" in value:
            yield value
        for inner in value.values():
            yield from documents(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from documents(inner)


def listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
