"""A connection's authorised session with its vendor."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from chalicelib.connectors.allotment import Crowd, alone
from chalicelib.connectors.clock import Clock
from chalicelib.connectors.connector import Connector
from chalicelib.connectors.pacing import Patience, usual_patience
from chalicelib.connectors.session import Authorization, VendorSession
from chalicelib.credentials.custody import Custody
from chalicelib.credentials.refresh import Refresher
from chalicelib.credentials.tokens import Tokens
from chalicelib.store.connections import Connection


@dataclass(slots=True)
class Credentials:
    """The tokens one session uses now; safe to share among its threads."""

    connector: Connector
    refresher: Refresher
    tokens: Tokens
    lock: Lock

    def headers(self) -> Mapping[str, str]:
        """Authorise a request with the tokens held now."""
        return self.connector.headers(self.tokens.for_connector())

    def renew(self) -> None:
        """Replace tokens the vendor has answered 401 to; raises ReauthorizeError where there are no better ones."""
        with self.lock:
            self.tokens = self.refresher.fresh(rejected=self.tokens)


def open_session(
    connector: Connector,
    custody: Custody,
    connection: Connection,
    *,
    clock: Clock,
    share: float = 1.0,
    before: Sequence[float] = (),
    patience: Patience = usual_patience,
    crowd: Crowd = alone,
    notify: Callable[[str], None] | None = None,
) -> VendorSession:
    """Open a session on a connection's fresh tokens.

    `share` is the part of the vendor's limits this session may use, `before` the requests of others that count
    against them, `patience` how long a turn may be waited for (`Pacer`), `crowd` counts who uses our client at the
    vendor; `notify` is told what the vendor announces.
    Raises ReauthorizeError where the vendor no longer accepts the connection, RetryableError where its tokens are
    being refreshed elsewhere.
    """
    client = custody.client(connector.name)
    refresher = Refresher(custody, connector, client, connection, clock.now)
    held = Credentials(connector, refresher, refresher.fresh(), Lock())
    tenant: Mapping[str, Any] = held.tokens.platform_data
    authorization = Authorization(held.headers, held.renew, tenant)
    return VendorSession(
        connector,
        authorization,
        stand_ins=client.hosts,
        share=share,
        before=before,
        patience=patience,
        crowd=crowd,
        clock=clock,
        notify=notify,
    )
