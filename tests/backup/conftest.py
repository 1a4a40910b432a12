"""A world to back up."""

from collections.abc import Iterator
from typing import Any

import pytest

from processors import runtime
from sandbox.app import Sandbox
from sandbox.settings import Settings
from tests.backup.lambdas import lambdas
from tests.backup.world import aws_that_runs_machines, create_table, new_world


@pytest.fixture(scope="session")
def sandbox() -> Iterator[str]:
    """The vendors."""
    with Sandbox(Settings(port=0, size="tiny")) as running:
        yield running.url


@pytest.fixture
def running_aws(sandbox: str) -> Iterator[str]:
    """AWS, with the table and with Lambdas that run; gives the vendors' address."""
    with aws_that_runs_machines(), lambdas():
        create_table()
        runtime.means.cache_clear()
        yield sandbox


@pytest.fixture
def world(running_aws: str) -> Any:
    """One Stripe account as a source."""
    return new_world(running_aws)
