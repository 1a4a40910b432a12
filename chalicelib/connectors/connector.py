"""What a connector is: the facts of one platform, and for each stream how it is read.

A `Reader` turns a position into a page and the next position. A position is a small JSON object: at once the next
request and the checkpoint, so resuming is free. `None` as the position means "from the start"; `None` as `Page.next`
means that the vendor said, in so many words, that this was the last page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Raw

from chalicelib.connectors.auth import Auth, ClientCredentials, Identity, Keys, OAuth
from chalicelib.connectors.calls import Answer, Download, Fetch, Request
from chalicelib.connectors.checksums import Checksum
from chalicelib.connectors.limits import Limit, Quota, no_quota
from chalicelib.errors import BackupError

__all__ = [
    "Answer", "Auth", "Children", "ClientCredentials", "Connector", "Content", "Deletes", "Download", "Dynamic",
    "Facts", "Fetch", "Identity", "Keys", "Limit", "OAuth", "Page", "Parent", "Position", "Promised", "Quota",
    "Reader", "Reading", "Request", "Skipped", "Stream", "Window", "no_quota",
]  # fmt: skip

Position = dict[str, Any]
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Skipped:
    """One record or file that could not be had: its key where known, and why.

    One that is `there` all the same is not gone: what was kept of it before stays, and the snapshot is not complete.
    `under` says that it is all that is under that key, a parent or a group: none of it counts as gone.
    """

    key: str | None
    reason: str
    there: bool = False
    under: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the vendor, cut into records.

    `records` are the vendor's own bytes of each record. `deleted` are keys the vendor reports as gone, before the
    page's records; one that ends in `/` stands for every key that begins so. `since` is where a later incremental
    reading starts; the last page that gives one wins. `parents`, one per record, says whose child each record is
    where the reading was for several parents or for none (an incremental reading of a child stream), or what group it
    is of in a stream that is nobody's child; the keys in `deleted` are then whole, `parent/key`. `reset` says of an
    incremental reading that it has turned into a full one: once it has ended, what it did not list is gone.
    """

    records: Sequence[Raw]
    next: Position | None
    deleted: Sequence[str] = ()
    since: Any = None
    skipped: Sequence[Skipped] = ()
    parents: Sequence[str] = ()
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Parent:
    """A record of the parent stream: its key and its stored line."""

    key: str
    line: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading of a stream is asked for.

    `since` is what the stream's last complete reading left behind (None on a full one); `until` is the vendor's time
    at the start of the job; `window` is the slice [from, to) of the stream's window field; `parents` are the records
    whose children are read; `facts` is what `Stream.prepare` found out for this job's full listing.
    """

    since: Any = None
    until: datetime | None = None
    window: tuple[str, str] | None = None
    parents: Sequence[Parent] = ()
    facts: Facts = field(default_factory=dict)


Reader = Callable[[Fetch, Reading, Position | None], Page]


@dataclass(frozen=True, slots=True)
class Deletes:
    """How a stream's deletions are found, and the greatest delay until they are.

    sweep: what a full listing does not have is gone · listing: the vendor lists deleted records · events, feed: the
    vendor reports them · never: the vendor never deletes such records, and what a full listing no longer has stays.
    Whatever the way, a full listing is made no less often than `within`; 0 is every time for a sweep, and never for
    the others. `listed_whole` is False where no listing shows all that is there: what it lacks stays, too, and only
    the vendor's own word takes a record for gone.
    """

    how: Literal["sweep", "listing", "events", "feed", "never"]
    within: timedelta = timedelta(0)
    listed_whole: bool = True

    @property
    def by_listing(self) -> bool:
        """Tell whether what a full listing does not have is gone."""
        return self.listed_whole and self.how != "never"


@dataclass(frozen=True, slots=True)
class Children:
    """A stream read once per record (or per `batch` records) of its parent stream.

    `keyed` streams have one record per parent, whose key is the parent's own; the others' keys are `parent/key`, and
    their stored lines begin with `{"_parent":"…",`. `when` says for which parents an incremental reading asks where
    the stream has no `changes` of its own: only those this job found added or changed, or all of them.
    """

    of: str
    batch: int = 1
    keyed: bool = False
    when: Literal["changed", "always"] = "changed"


@dataclass(frozen=True, slots=True)
class Promised:
    """What is known of a file's bytes before they come; `not_these` is why those that come are not the record's."""

    size: int | None = None
    checksum: str | None = None
    not_these: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """Files behind a stream's records, stored once per account under their SHA-256.

    `fingerprint` tells contents apart (None: the record has no file); `locate` is the request for the bytes, and may
    ask the vendor for it; `checksum` names how `expected` is computed from the bytes (None: the vendor gives none).
    `promised` reads what the headers of the bytes say of them, where the record does not.
    """

    fingerprint: Callable[[bytes], str | None]
    locate: Callable[[Fetch, bytes], Request]
    size: Callable[[bytes], int | None] = lambda _line: None
    checksum: Checksum | None = None
    expected: Callable[[bytes], str | None] = lambda _line: None
    promised: Callable[[Mapping[str, str], bytes], Promised] = lambda _headers, _line: Promised()


@dataclass(frozen=True, slots=True)
class Window:
    """A field by whose value a full listing can be cut into slices that are read in parallel.

    `Reading.window` bounds are written in `unit`: whole seconds since 1970, or RFC 3339 in UTC. No record is before
    `earliest`.
    """

    field: str
    earliest: str
    unit: Literal["seconds", "rfc3339"] = "seconds"


@dataclass(frozen=True)
class Stream:
    """One collection of a platform's records.

    `full` lists everything; `changes` what is new since the last complete reading (None: every reading is full).
    `key` and `cursor` are dotted paths into a record. `retains` is how long the vendor keeps the change feed: after a
    longer pause the stream is listed in full. `prepare` learns what a full listing has to know first. The records of a
    `grouped` stream come in groups that are no records of ours, such as the properties of each object type: its pages
    name them as `parents`. `edition` is raised with whatever lets the vendor send more, or other records, than before:
    then all sources read the stream in full once.
    """

    name: str
    full: Reader
    deletes: Deletes
    key: str = "id"
    cursor: str | None = None
    changes: Reader | None = None
    retains: timedelta | None = None
    children: Children | None = None
    grouped: bool = False
    window: Window | None = None
    prepare: Callable[[Fetch], Facts] | None = None
    content: Content | None = None
    edition: int = 1
    scopes: tuple[str, ...] = ()
    restorable: bool = False
    not_restorable_because: str = ""
    about: str = ""


@dataclass(frozen=True)
class Dynamic:
    """Streams that exist only in some accounts, such as custom objects; `prefix` begins all their names.

    `discover` raises ForbiddenStreamError where the connection may not ask which there are; that must never look as if
    there were none. A stream that is always there should be refused for the same reason, and so tell of it.
    """

    prefix: str
    discover: Callable[[Fetch], Sequence[str]]
    build: Callable[[str], Stream]


@dataclass(frozen=True)
class Connector:
    """All there is to know of a platform.

    `host` is what `Request.path` is joined to; `{name}` in it is filled in from the connection's `platform_data`,
    whose value must match the pattern in `tenant`; `asks` names those that who connects has to tell. `hosts` are
    others that credentials may be sent to, `content_hosts` domains of the vendor's own, to which and below which only
    unauthorised downloads may go (no patterns: one that fits the vendor's next domain fits a stranger's, too).
    `headers` authorises a request from the stored tokens. `refusal` names the error behind an answer where the status
    alone does not tell (also a 2xx one that hides an error); None leaves it to the status. `limits` by name, one of
    them "default"; `quota` reads what is left of one from an answer. `lacks` names, for its page, what the vendor has
    and we do not back up.
    """

    name: str
    title: str
    category: str
    host: str
    auth: Auth
    streams: tuple[Stream, ...]
    headers: Callable[[Mapping[str, Any]], Mapping[str, str]]
    refusal: Callable[[int, Mapping[str, str], bytes], BackupError | None]
    limits: Mapping[str, Limit]
    docs: str
    dynamic: tuple[Dynamic, ...] = ()
    quota: Callable[[Mapping[str, str], bytes], Quota | None] = no_quota
    hosts: tuple[str, ...] = ()
    content_hosts: tuple[str, ...] = ()
    tenant: Mapping[str, str] = field(default_factory=dict)
    asks: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    def stream(self, name: str) -> Stream:
        """Find a stream by name; raises KeyError where the platform has none of it."""
        for stream in self.streams:
            if stream.name == name:
                return stream
        for dynamic in self.dynamic:
            if name.startswith(dynamic.prefix):
                return dynamic.build(name)
        raise KeyError(name)
