"""A run's session with its vendor."""

from functools import partial
from zlib import crc32

from chalicelib.backup.means import Means
from chalicelib.backup.run import Run
from chalicelib.connectors.session import VendorSession
from chalicelib.credentials.vendor import open_session
from chalicelib.errors import ReauthorizeError
from chalicelib.store.connections import Connection


def session_for(run: Run, means: Means, share: float = 1.0) -> VendorSession:
    """Open the run's session, which may use `share` of the vendor's limits.

    Raises ReauthorizeError where the connection is gone or was already found to need its owner.
    """
    connection = Connection.fetch(account_id=run.account_id, connection_id=run.connection_id)
    if connection is None or connection.status in {"expired", "revoked"}:
        raise ReauthorizeError("the connection is not authorised (any more); its owner must authorize it again")
    connector, notify = means.connector(run.platform), partial(_tell, run, means)
    return open_session(connector, means.custody, connection, clock=means.clock, share=share, notify=notify)


def _tell(run: Run, means: Means, notice: str) -> None:
    """Tell the bus what a vendor announces; workers of a job that see the same tell it under the same id."""
    names = ("account_id", "source_id", "connection_id", "job_id", "platform")
    detail = {name: getattr(run, name) for name in names}
    told = {"id": f"{run.job_id}-notice-{crc32(notice.encode()):08x}", "notice": notice}
    means.events.tell("vendor.notice", detail | told, at=means.clock.now())
