"""A run's session with its vendor."""

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
    return open_session(means.connector(run.platform), means.custody, connection, clock=means.clock, share=share)
