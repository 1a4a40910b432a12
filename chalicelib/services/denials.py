"""What was refused: told in the activity of the account it was tried in, so much of it an hour and no more."""

from collections.abc import Mapping
from typing import Any

from chalicelib.config import settings
from chalicelib.errors import TooManyRequestsError
from chalicelib.ids import new_id
from chalicelib.services import quotas
from chalicelib.store.activity import Denial
from chalicelib.store.recording import HOT_FOR, Deed
from chalicelib.telemetry import logger, metrics


def tell(deed: Deed, details: Mapping[str, Any]) -> None:
    """Write down who was refused what; beyond the user's number of this hour it leaves a log line and a metric only.

    `details` hold no secret and no record content.
    """
    if deed.told and _may_write(deed):
        _denial(deed, details).create()
    else:
        logger.info("denied, and not written down", action=deed.action, user_id=deed.user_id)


def _may_write(deed: Deed) -> bool:
    """Take one of the user's own allowance, whatever the account: its partition is nobody else's."""
    try:
        quotas.take(str(deed.user_id), "denials", settings().denials_per_hour, deed.now)
    except TooManyRequestsError:
        metrics.add_metric(name="DenialsUnwritten", unit="Count", value=1)
        return False
    return True


def _denial(deed: Deed, details: Mapping[str, Any]) -> Denial:
    return Denial.new(
        now=deed.now,
        account_id=deed.account_id,
        event_id=new_id("evt", deed.now),
        at=deed.now,
        user_id=deed.user_id,
        action=deed.action,
        correlation_id=deed.correlation_id,
        details=dict(details),
        ttl=int((deed.now + HOT_FOR).timestamp()),
    )
