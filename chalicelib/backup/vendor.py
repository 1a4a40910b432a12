"""A run's sessions with its vendor: one after the other, each knowing what the one before has asked of late."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from zlib import crc32

import msgspec

from chalicelib.backup.crowd import jobs_running
from chalicelib.backup.means import Means
from chalicelib.backup.run import Run
from chalicelib.connectors.pacing import Patience, usual_patience
from chalicelib.connectors.session import VendorSession
from chalicelib.credentials.expiry import expire
from chalicelib.credentials.vendor import open_session
from chalicelib.errors import MissingObjectError, ReauthorizeError
from chalicelib.store.connections import Connection

NAME = "asked.json"


class Recent(msgspec.Struct, frozen=True):
    """The requests that counted against the vendor's limit when a session ended, each by the seconds since then."""

    ended_at: datetime
    requests: list[float]


@contextmanager
def session_for(
    run: Run, means: Means, share: float = 1.0, patience: Patience = usual_patience
) -> Iterator[VendorSession]:
    """Have a session for a while, which may use `share` of the vendor's limits; raises what `opened` raises.

    A connection that the vendor no longer takes meanwhile is marked as expired. A session that has only a share knows
    of no other's requests: it begins with a debt instead (`Pacer`).
    """
    whole = share >= 1
    session = opened(run, means, share, _asked_before(run, means) if whole else (), patience)
    try:
        yield session
    except ReauthorizeError as refused:
        expire(run.account_id, run.connection_id, str(refused), means.clock.now())
        raise
    finally:
        session.close()
        if whole:
            recent = Recent(means.clock.now(), [round(seconds, 3) for seconds in session.recent()])
            means.temp.put(run.workspace(NAME), msgspec.json.encode(recent))


def opened(
    run: Run,
    means: Means,
    share: float = 1.0,
    before: Sequence[float] = (),
    patience: Patience = usual_patience,
) -> VendorSession:
    """Open a session that knows of the requests `before`; close it when done.

    Raises ReauthorizeError where the connection is gone or was already found to need its owner.
    """
    connection = Connection.fetch(account_id=run.account_id, connection_id=run.connection_id)
    if connection is None or connection.status in {"expired", "revoked"}:
        raise ReauthorizeError("the connection is not authorised (any more); its owner must authorize it again")
    return open_session(
        means.connector(run.platform),
        means.custody,
        connection,
        clock=means.clock,
        share=share,
        before=before,
        patience=patience,
        crowd=partial(jobs_running, run.platform),
        notify=partial(_tell, run, means),
    )


def _asked_before(run: Run, means: Means) -> list[float]:
    """Tell the seconds since each request of the run's session before."""
    try:
        recent = msgspec.json.decode(means.temp.get(run.workspace(NAME)), type=Recent)
    except MissingObjectError:
        return []
    since = max(0.0, (means.clock.now() - recent.ended_at).total_seconds())
    return [since + seconds for seconds in recent.requests]


def _tell(run: Run, means: Means, notice: str) -> None:
    """Tell the bus what a vendor announces; workers of a job that see the same tell it under the same id."""
    names = ("account_id", "source_id", "connection_id", "job_id", "platform")
    detail = {name: getattr(run, name) for name in names}
    told = {"id": f"{run.job_id}-notice-{crc32(notice.encode()):08x}", "notice": notice}
    means.events.tell("vendor.notice", detail | told, at=means.clock.now())
