"""Platforms: what can be connected, and what of it is backed up."""

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.caller import Person
from chalicelib.api.endpoint import endpoint
from chalicelib.api.models import Query, View
from chalicelib.connectors.connector import Connector, Stream
from chalicelib.services import platforms

routes = Blueprint(__name__)


class PlatformFilter(Query):
    category: str | None = Field(default=None, max_length=64)


class StreamView(View):
    """One collection of the platform's records, and what can be done with it.

    `deletions` says how deleted records are found, `deletionsWithinSeconds` after how long at the latest.
    """

    name: str
    about: str
    key: str
    cursor: str | None
    incremental: bool
    deletions: Literal["sweep", "listing", "events", "feed", "never"]
    deletions_within_seconds: int
    child_of: str | None
    has_files: bool
    restorable: bool
    not_restorable_because: str
    scopes: Sequence[str]

    @classmethod
    def of(cls, stream: Stream) -> Self:
        """Show a stream."""
        return cls(
            name=stream.name,
            about=stream.about,
            key=stream.key,
            cursor=stream.cursor,
            incremental=stream.changes is not None,
            deletions=stream.deletes.how,
            deletions_within_seconds=int(stream.deletes.within.total_seconds()),
            child_of=stream.children.of if stream.children else None,
            has_files=stream.content is not None,
            restorable=stream.restorable,
            not_restorable_because=stream.not_restorable_because,
            scopes=stream.scopes,
        )


class PlatformView(View):
    platform: str = Field(examples=["stripe"])
    title: str
    category: str
    auth_type: Literal["oauth", "api_key", "client_credentials"]
    docs: str
    asks: Mapping[str, str] = Field(description="what who connects has to tell, each with its pattern (`tenant`)")
    scopes: Sequence[str]
    optional_scopes: Sequence[str]
    streams: int
    dynamic_streams: Sequence[str]

    @classmethod
    def of(cls, connector: Connector) -> Self:
        """Show a platform; `dynamicStreams` are the prefixes of streams that exist only in some accounts."""
        return cls(
            platform=connector.name,
            title=connector.title,
            category=connector.category,
            auth_type=connector.auth.kind,
            docs=connector.docs,
            asks={name: connector.tenant[name] for name in connector.asks},
            scopes=connector.auth.scopes,
            optional_scopes=connector.auth.optional_scopes,
            streams=len(connector.streams),
            dynamic_streams=[dynamic.prefix for dynamic in connector.dynamic],
        )


class PlatformsView(View):
    items: Sequence[PlatformView]


class StreamsView(View):
    items: Sequence[StreamView]


@endpoint(
    routes,
    "GET",
    "/platforms",
    name="platforms.list",
    on="self",
    allow="platforms:view",
    query=PlatformFilter,
    returns=PlatformsView,
)
def list_(_caller: Person, query: PlatformFilter) -> PlatformsView:
    """List the platforms that can be connected."""
    chosen = [one for one in platforms.connectors() if query.category in (None, one.category)]
    return PlatformsView(items=[PlatformView.of(connector) for connector in chosen])


@endpoint(
    routes,
    "GET",
    "/platforms/{platform}",
    name="platforms.get",
    on="self",
    allow="platforms:view",
    returns=PlatformView,
    errors=(404,),
)
def get(_caller: Person, platform: str) -> PlatformView:
    """Show a platform."""
    return PlatformView.of(platforms.connector(platform))


@endpoint(
    routes,
    "GET",
    "/platforms/{platform}/sources",
    name="platform-sources.list",
    on="self",
    allow="platforms:view",
    returns=StreamsView,
    errors=(404,),
)
def streams(_caller: Person, platform: str) -> StreamsView:
    """List what is backed up of a platform, and how."""
    return StreamsView(items=[StreamView.of(stream) for stream in platforms.connector(platform).streams])


@endpoint(
    routes,
    "GET",
    "/platforms/{platform}/sources/{stream}",
    name="platform-sources.get",
    on="self",
    allow="platforms:view",
    returns=StreamView,
    errors=(404,),
)
def stream(_caller: Person, platform: str, stream: str) -> StreamView:
    """Show one stream of a platform."""
    return StreamView.of(platforms.stream(platform, stream))
