"""Whatever can be connected can be backed up, and is described."""

import importlib
from pathlib import Path

import pytest

from chalicelib.connectors import CONNECTORS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_a_connector_has_a_processor_and_a_page(name: str) -> None:
    assert callable(importlib.import_module(f"processors.{name}").handler)
    assert CONNECTORS[name].title in (ROOT / "docs" / "connectors" / f"{name}.md").read_text()


def test_a_connector_is_known_by_its_own_name() -> None:
    assert {name: connector.name for name, connector in CONNECTORS.items()} == {name: name for name in CONNECTORS}
