"""A world whose workers run in processes of their own, behind edges at which they can be killed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from moto.server import ThreadedMotoServer

from tests.backup.conftest import running_aws, sandbox, world
from tests.backup.world import World, aws_that_runs_machines, create_table, new_world
from tests.faults.edge import Edge
from tests.faults.lambdas import Machine, Worker

__all__ = ["running_aws", "sandbox", "world"]


@dataclass
class Mortal:
    """A world, its worker and the two edges between the worker and the rest."""

    world: World
    worker: Worker
    aws: Edge
    vendor: Edge
    kills: int = field(default=0)

    def machine(self) -> Machine:
        return Machine(self.worker.call)

    @property
    def calls(self) -> int:
        return len(self.aws.calls) + len(self.vendor.calls)


@pytest.fixture
def mortal(sandbox: str) -> Iterator[Mortal]:
    """One Stripe account as a source, backed up by workers that can be killed."""
    with a_mortal_world(sandbox, "stripe") as found:
        yield found


@pytest.fixture
def mortal_dropbox(sandbox: str) -> Iterator[Mortal]:
    """One Dropbox account as a source: its access tokens end, and are refreshed."""
    with a_mortal_world(sandbox, "dropbox") as found:
        yield found


@contextmanager
def a_mortal_world(sandbox: str, platform: str) -> Iterator[Mortal]:
    """Run AWS as a server, and workers behind edges."""
    with aws_that_runs_machines():
        server = ThreadedMotoServer(port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        aws, vendor = Edge(f"http://{host}:{port}"), Edge(sandbox)
        vendor_address = vendor.start()
        create_table()
        world = new_world(sandbox, platform, reached_at=vendor_address)
        worker = Worker(aws.start(), [aws, vendor])
        yield Mortal(world, worker, aws, vendor)
        worker.close()
        for edge in (aws, vendor):
            edge.stop()
        server.stop()
