"""Fresh tokens, by one refresher at a time.

Many vendors' refresh tokens are used up by being used: two workers that refresh at once would kill the connection. So a
lease on the connection's item decides who refreshes, the new tokens are stored before anyone uses them, and whoever was
refused looks first whether another worker has already stored newer ones. The lease outlasts each of its steps (to read
the tokens and ask the vendor once; to store new ones) and is renewed between them: who has lost it asks and stores no
more.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from chalicelib.connectors.connector import Connector
from chalicelib.credentials.custody import Client, Custody
from chalicelib.credentials.expiry import expire
from chalicelib.credentials.tokens import Tokens, refreshed
from chalicelib.errors import ReauthorizeError, RetryableError
from chalicelib.store.connections import Connection

LEASE = timedelta(minutes=2)
TRIES = 3


@dataclass(frozen=True, slots=True)
class Refresher:
    """Keeps one connection's tokens fresh."""

    custody: Custody
    connector: Connector
    client: Client
    connection: Connection
    clock: Callable[[], datetime]

    def fresh(self, *, rejected: Tokens | None = None) -> Tokens:
        """Give tokens that live for at least the buffer, refreshing them if need be.

        `rejected` are tokens the vendor has just answered 401 to: they count as ended whatever they say. Raises
        ReauthorizeError (the connection is then marked expired) or RetryableError (another worker is at it, or the
        vendor cannot be asked now).
        """
        tokens = self._stored()
        if not self._ended(tokens, rejected):
            return tokens
        if tokens.refresh_token is None:
            raise self._expired("the vendor no longer accepts the token and gave none to refresh it with")
        if not self._lease():
            return self._meanwhile(tokens, rejected)
        try:
            return self._refresh(self._stored(), rejected)
        finally:
            self._release()

    def _refresh(self, tokens: Tokens, rejected: Tokens | None) -> Tokens:
        if not self._ended(tokens, rejected):
            return tokens
        try:
            answer = self._asked(tokens)
        except ReauthorizeError as refused:
            newer = self._stored()
            if newer.access_token != tokens.access_token:
                return newer
            raise self._expired(str(refused)) from refused
        except RetryableError:
            return self._meanwhile(tokens, rejected)
        if not self._holds():
            return self._meanwhile(self._stored(), rejected)
        new = refreshed(tokens, answer, self.clock())
        self.custody.store(self.connection.account_id, self.connection.connection_id, new)
        return new

    def _asked(self, tokens: Tokens) -> Mapping[str, Any]:
        for _ in range(TRIES - 1):
            with suppress(RetryableError):
                return self._ask(tokens)
            if not self._holds():
                raise RetryableError("another worker refreshes the connection's tokens now")
        return self._ask(tokens)

    def _ask(self, tokens: Tokens) -> Mapping[str, Any]:
        from chalicelib.credentials import exchange  # Authlib takes 50 ms to import, and few cold starts refresh

        return exchange.renewed(self.connector, self.client, str(tokens.refresh_token), tokens.platform_data)

    def _meanwhile(self, tokens: Tokens, rejected: Tokens | None) -> Tokens:
        """Go on with tokens that have not ended yet while a refresh is under way or impossible."""
        if self._rejected(tokens, rejected) or tokens.due(self.clock(), timedelta(minutes=1)):
            raise RetryableError("the connection's tokens are being refreshed; try again shortly", after_seconds=5)
        return tokens

    def _ended(self, tokens: Tokens, rejected: Tokens | None) -> bool:
        return self._rejected(tokens, rejected) or tokens.due(self.clock())

    def _rejected(self, tokens: Tokens, rejected: Tokens | None) -> bool:
        return rejected is not None and tokens.access_token == rejected.access_token

    def _stored(self) -> Tokens:
        return self.custody.read(self.connection.account_id, self.connection.connection_id)

    def _lease(self) -> bool:
        now = self.clock()
        try:
            self.connection.update(
                actions=[Connection.refresh_until.set(now + LEASE), Connection.refresh_fence.add(1)],
                condition=Connection.pk.exists()
                & (Connection.refresh_until.does_not_exist() | (Connection.refresh_until < now)),
            )
        except UpdateError as refused:
            if refused.cause_response_code == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _holds(self) -> bool:
        """Renew the lease; False where another worker has taken it.

        While DynamoDB does not answer nobody can take it, and what the vendor has just given must not be lost.
        """
        try:
            return self._change(Connection.refresh_until.set(self.clock() + LEASE))
        except UpdateError:
            return True

    def _release(self) -> None:
        """End the lease, unless it ran out and another worker has taken it."""
        self._change(Connection.refresh_until.remove())

    def _change(self, lease: Action) -> bool:
        """Change the lease; False where it is no longer this worker's."""
        try:
            self.connection.update(actions=[lease], condition=Connection.refresh_fence == self.connection.refresh_fence)
        except UpdateError as refused:
            if refused.cause_response_code != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def _expired(self, reason: str) -> ReauthorizeError:
        expire(self.connection.account_id, self.connection.connection_id, reason, self.clock())
        return ReauthorizeError(reason)
