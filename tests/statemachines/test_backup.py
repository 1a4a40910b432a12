"""The state machine's own file, executed by moto, with the real handlers and the sandbox's vendors."""

from tests.backup.reading import kept, snapshot_of
from tests.backup.world import World


def test_a_first_backup_keeps_what_the_vendor_has(world: World) -> None:
    world.choose("customers", "invoices", "invoice_lines")

    job = world.sync()

    assert (job.status, job.error) == ("completed", None)
    assert snapshot_of(job).verified
    for stream, collection in {"customers": "customers", "invoices": "invoices"}.items():
        assert kept(job, stream) == world.vendor.records(collection)
    assert world.source().active_job_id is None
    assert world.source().last_snapshot_id == job.snapshot_id
