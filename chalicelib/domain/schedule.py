"""When a source is due next."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any


def next_sync(settings: Mapping[str, Any], planned: datetime | None, now: datetime) -> datetime | None:
    """Give the first time after `now` on the source's rhythm; None where it has none.

    The rhythm counts from `planned`, so that runs do not drift by how long they take; missed times are not made up for.
    """
    minutes = settings.get("interval_minutes")
    if not minutes:
        return None
    interval = timedelta(minutes=minutes)
    if planned is None:
        return now + interval
    return planned if planned > now else planned + interval * ((now - planned) // interval + 1)
