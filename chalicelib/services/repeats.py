"""Claims on idempotency keys."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pynamodb.exceptions import PutError

from chalicelib.errors import ConflictError
from chalicelib.store.answers import Answer

REMEMBERED_FOR = timedelta(hours=24)
LONGEST_REQUEST = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Claim:
    """A request that may come again: whose, under which key, with which content.

    `account_id` is the account it acts in, or the user's own id where they act for themselves.
    """

    account_id: str
    user_id: str
    key_hash: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the request was answered before."""

    status: int
    body: str


def claim(claim: Claim, now: datetime) -> Earlier | None:
    """Take the key for this request; gives the earlier answer where there is one.

    Raises ConflictError where the key was used with other content, or the first request is still being worked on. A
    claim whose worker died is free again after the longest time a request can take.
    """
    item = Answer.new(
        now=now,
        account_id=claim.account_id,
        user_id=claim.user_id,
        key_hash=claim.key_hash,
        body_hash=claim.body_hash,
        expires_at=now + REMEMBERED_FOR,
        claimed_until=now + LONGEST_REQUEST,
        ttl=int((now + REMEMBERED_FOR).timestamp()),
    )
    abandoned = Answer.status.does_not_exist() & (Answer.claimed_until < now) & (Answer.body_hash == claim.body_hash)
    try:
        item.save(condition=Answer.pk.does_not_exist() | (Answer.expires_at < now) | abandoned)
    except PutError as taken:
        if taken.cause_response_code != "ConditionalCheckFailedException":
            raise
        return _earlier(claim)
    return None


def keep(claim: Claim, status: int, body: str) -> None:
    """Remember the answer."""
    _item(claim).update(actions=[Answer.status.set(status), Answer.body.set(body)])


def release(claim: Claim) -> None:
    """Give the key back: the request came to nothing."""
    _item(claim).delete()


def _earlier(claim: Claim) -> Earlier:
    kept = Answer.fetch(account_id=claim.account_id, user_id=claim.user_id, key_hash=claim.key_hash)
    if kept is not None and kept.body_hash != claim.body_hash:
        raise ConflictError("this Idempotency-Key was used with another request; use a new one")
    if kept is None or kept.status is None or kept.body is None:
        raise ConflictError("the first request with this Idempotency-Key is still being worked on; try again shortly")
    return Earlier(int(kept.status), kept.body)


def _item(claim: Claim) -> Answer:
    keys = {"account_id": claim.account_id, "user_id": claim.user_id, "key_hash": claim.key_hash}
    return Answer(Answer.PK.format(**keys), Answer.SK.format(**keys))
