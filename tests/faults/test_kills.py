"""F1-F4: workers killed with SIGKILL after effects they had outside; the job is run to its end all the same."""

from collections import Counter
from typing import Any

from chalicelib.store.jobs import Job
from tests.backup.reading import kept, manifest_of, snapshot_of
from tests.backup.world import World
from tests.faults.conftest import Mortal
from tests.faults.lambdas import Ended, Machine

STEPS = {"authorize", "plan", "ReadStream", "plan-files", "CopyFiles", "seal", "verify", "close"}


class AfterEachCall:
    """Kills a step's first attempt after `every` calls, the second after twice as many, until one gets through.

    Of a step's lanes one that stores a part is treated so, and one that stores nothing; the others are spared.
    """

    def __init__(self, mortal: Mortal, every: int = 1) -> None:
        self._mortal, self._every = mortal, every
        self._kind, self._step, self._attempt, self._made, self._stored = "", "", 0, 0, False
        self._survived: set[tuple[str, bool]] = set()
        self.kills = Counter[str]()
        for edge in (mortal.aws, mortal.vendor):
            edge.strike = self._strikes

    def call(self, name: str, event: dict[str, Any]) -> Ended:
        kind = str(event.get("step", name.removeprefix("listbackup-test-")))
        step = f"{kind} {event.get('level')} {event.get('lane')}"
        if step != self._step:
            self._step, self._attempt, self._stored = step, 0, False
        self._kind, self._attempt, self._made = kind, self._attempt + self._every, 0
        self._spared = (kind, True) in self._survived
        ended = self._mortal.worker.call(name, event)
        if "result" in ended:
            self._survived.add((kind, self._stored))
        return ended

    def _strikes(self, method: str, what: str) -> bool:
        self._made += 1
        self._stored |= method == "PUT" and "/listbackup-data-test/" in what
        struck = not self._spared and self._made == self._attempt
        self.kills[self._kind] += struck
        return struck


def the_snapshot_is_the_vendors(world: World, job: Job, *streams: str) -> None:
    found = Job.fetch(account_id=job.account_id, job_id=job.job_id)
    assert found is not None
    assert (found.status, found.error) == ("completed", None), manifest_of(job).reasons
    assert snapshot_of(job).verified
    assert world.source().active_job_id is None
    for stream in streams:
        assert kept(job, stream) == world.vendor.records(stream)
    manifest = manifest_of(job)
    assert {name: stream.live for name, stream in manifest.streams.items()} == {
        name: len(kept(job, name)) for name in manifest.streams
    }


def test_f1_a_job_whose_workers_are_killed_again_and_again_loses_and_doubles_nothing(mortal: Mortal) -> None:
    mortal.world.choose("payment_links", "payment_link_line_items", "files")
    job, killer = mortal.world.request(), AfterEachCall(mortal, every=3)

    Machine(killer.call).run(job)

    assert killer.kills.keys() == STEPS
    assert all(killer.kills.values())
    assert killer.kills.total() > 30
    the_snapshot_is_the_vendors(mortal.world, job, "payment_links", "files")


def test_f1_an_incremental_job_whose_workers_are_killed_ends_with_what_the_vendor_has(mortal: Mortal) -> None:
    mortal.world.choose("payment_links")
    mortal.machine().run(mortal.world.request())
    mortal.world.vendor.create("payment_links", 3)
    job, killer = mortal.world.request(), AfterEachCall(mortal, every=4)

    Machine(killer.call).run(job)

    assert killer.kills.total() > 12
    the_snapshot_is_the_vendors(mortal.world, job, "payment_links")
    assert manifest_of(job).streams["payment_links"].added == 3
