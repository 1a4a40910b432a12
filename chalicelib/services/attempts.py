"""Attempts at what must not be guessed, limited per address, alike for addresses we know and those we do not."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import ceil
from typing import Literal

from pynamodb.exceptions import PutError

from chalicelib.domain.attempts import LONGEST_PAUSE, pause
from chalicelib.errors import TooManyRequestsError
from chalicelib.store.attempts import Attempts

What = Literal["register", "code", "confirm", "login", "challenge", "reset", "password", "one-time code"]


@contextmanager
def counted(what: What, address: str, now: datetime) -> Iterator[None]:
    """Count an attempt, and forget it and those before it once it has succeeded; raises as `count` does."""
    count(what, address, now)
    yield
    forget(what, address)


def forget(what: What, address: str) -> None:
    """Let the attempts count no more."""
    Attempts(*Attempts.key(address_hash=_hash(address), what=what)).delete()


def count(what: What, address: str, now: datetime) -> None:
    """Count an attempt before it is made; raises TooManyRequestsError where the address has to wait.

    An attempt under way counts as failed until it has succeeded, and of several at once one is let through: to make
    them in parallel is no way around.
    """
    kept = Attempts.fetch(address_hash=_hash(address), what=what)
    if kept is not None and kept.blocked_until > now:
        raise _too_many(kept.blocked_until - now)
    unmoved = Attempts.pk.does_not_exist() if kept is None else Attempts.version == kept.version
    try:
        _next(what, address, kept, now).save(condition=unmoved)
    except PutError as refused:
        if refused.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise _too_many(timedelta(seconds=1)) from refused


def _next(what: What, address: str, kept: Attempts | None, now: datetime) -> Attempts:
    tries = int(kept.tries) + 1 if kept is not None and kept.forgotten_at > now else 1
    blocked_until = now + pause(tries)
    forgotten_at = blocked_until + LONGEST_PAUSE
    return Attempts.new(
        now=now,
        address_hash=_hash(address),
        what=what,
        tries=tries,
        blocked_until=blocked_until,
        forgotten_at=forgotten_at,
        ttl=int(forgotten_at.timestamp()),
        version=int(kept.version) + 1 if kept is not None else 1,
    )


def _too_many(wait: timedelta) -> TooManyRequestsError:
    return TooManyRequestsError(
        "too many attempts; wait before the next one", retry_after_seconds=max(1, ceil(wait.total_seconds()))
    )


def _hash(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()
