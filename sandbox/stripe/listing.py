"""Pages of a list: newest first, from or up to a given id, filtered."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sandbox.collection import Record
from sandbox.messages import Response
from sandbox.spelling import Json, encode, pretty
from sandbox.stripe import errors, views
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.resource import Resource

LIMIT = 100
DEFAULT_LIMIT = 10
TYPES_LIMIT = 20
BOUNDS = ("gt", "gte", "lt", "lte")
ENDED = ("canceled", "incomplete_expired")

Read = Callable[[int], bytes | None]  # the encoded row, or None if it is not wanted
Locate = Callable[[str], int | None]


@dataclass(frozen=True)
class Window:
    """What part of a list is asked for; ordinals are exclusive bounds."""

    limit: int
    after: int | None = None
    before: int | None = None


def window(args: dict[str, str], noun: str, locate: Locate) -> Window:
    text = args.get("limit", str(DEFAULT_LIMIT))
    if not text.lstrip("-").isdigit():
        raise errors.invalid(f"Invalid integer: {text}", param="limit", code="parameter_invalid_integer")
    if int(text) < 1:
        message = "This value must be greater than or equal to 1."
        raise errors.invalid(message, param="limit", code="parameter_invalid_integer")
    return Window(
        min(int(text), LIMIT), *(_bound(args, name, noun, locate) for name in ("starting_after", "ending_before"))
    )


def _bound(args: dict[str, str], name: str, noun: str, locate: Locate) -> int | None:
    if name not in args:
        return None
    ordinal = locate(args[name])
    if ordinal is None:
        raise errors.invalid(f"No such {noun}: '{args[name]}'", param=name, code="resource_missing")
    return ordinal


def page(ordinals: Sequence[int], read: Read, asked: Window) -> tuple[list[bytes], bool]:
    """Return the rows of one page, newest first, and whether there are more in the direction of reading."""
    backwards = asked.before is not None
    if asked.before is not None:
        wanted: Iterable[int] = islice(ordinals, bisect_left(ordinals, asked.before + 1), None)
    else:
        top = len(ordinals) if asked.after is None else bisect_left(ordinals, asked.after)
        wanted = (ordinals[at] for at in range(top - 1, -1, -1))
    rows = list(islice(_read(wanted, read), asked.limit + 1))
    shown = rows[: asked.limit]
    return shown[::-1] if backwards else shown, len(rows) > asked.limit


def _read(ordinals: Iterable[int], read: Read) -> Iterator[bytes]:
    return (row for row in map(read, ordinals) if row is not None)


def answer(rows: list[bytes], has_more: bool, url: str) -> Response:
    body = b'{"object":"list","data":[%s],"has_more":%s,"url":%s}' % (
        b",".join(rows), b"true" if has_more else b"false", encode(url)
    )  # fmt: skip
    return Response(200, pretty(body))


def of_collection(account: StripeAccount, resource: Resource, args: dict[str, str], parent: str = "") -> Response:
    rows = account.collections[resource.name]
    wanted = _conditions(resource, {**resource.unasked, **args}, parent)

    def encoded(record: Record) -> bytes:
        return encode(views.shown(resource, record))

    def read(ordinal: int) -> bytes | None:
        if ordinal in rows.deleted or not all(condition(rows.record(ordinal)) for condition in wanted):
            return None
        return rows.encoded(ordinal, encoded)

    ordinals = _born_within(account, resource, args, _candidates(account, resource, args, parent))
    found = page(ordinals, read, window(args, resource.object, rows.locate))
    return answer(*found, f"/v1/{resource.path.replace('{parent}', parent)}")


def _candidates(account: StripeAccount, resource: Resource, args: dict[str, str], parent: str) -> Sequence[int]:
    """Narrow the search to the records of one owner, where the request names one."""
    if parent:
        return account.owned(resource, resource.parent_field, parent)
    named = next((field for field in resource.owners if args.get(field)), None)
    return account.owned(resource, named, args[named]) if named else range(account.collections[resource.name].end)


def _born_within(
    account: StripeAccount, resource: Resource, args: dict[str, str], ordinals: Sequence[int]
) -> Sequence[int]:
    low, high = created_bounds(args) if resource.created_filter else (None, None)
    rows = account.collections[resource.name]
    start = 0 if low is None else bisect_left(ordinals, rows.first_born_at(low))
    stop = len(ordinals) if high is None else bisect_left(ordinals, rows.first_born_at(high))
    return ordinals[start:stop]


def created_bounds(args: dict[str, str]) -> tuple[int | None, int | None]:
    """Return the first second wanted and the first one not wanted any more."""
    given = {name: _seconds(args[f"created[{name}]"]) for name in BOUNDS if f"created[{name}]" in args}
    if "created" in args:
        exact = _seconds(args["created"])
        given = {"gte": exact, "lte": exact}
    lows = [given[name] + shift for name, shift in (("gte", 0), ("gt", 1)) if name in given]
    highs = [given[name] + shift for name, shift in (("lte", 1), ("lt", 0)) if name in given]
    return max(lows, default=None), min(highs, default=None)


def _seconds(text: str) -> int:
    if not text.lstrip("-").isdigit():
        raise errors.invalid(f"Invalid integer: {text}", param="created", code="parameter_invalid_integer")
    return int(text)


def _conditions(resource: Resource, args: dict[str, str], parent: str) -> list[Callable[[Record], bool]]:
    tests: list[Callable[[Record], bool]] = [resource.listed]
    tests += [_equals(name, args[name]) for name in resource.filters if name in args]
    tests += [_equals(name, args[name]) for name in resource.owners if name in args and name not in resource.filters]
    if parent:
        tests.append(_equals(resource.parent_field, parent))
    if resource.name == "subscriptions":
        tests.append(_in_status(args.get("status", "")))
    if not args.keys() & {"test_clock", "customer"}:
        tests.append(lambda record: not record.get("test_clock"))
    return tests


def _equals(name: str, text: str) -> Callable[[Record], bool]:
    return lambda record: _text(record.get(name)) == text


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value["id"]) if isinstance(value, dict) and "id" in value else str(value)


def _in_status(status: str) -> Callable[[Record], bool]:
    if status == "all":
        return lambda _: True
    if status == "ended":
        return lambda record: record["status"] in ENDED
    if not status:
        return lambda record: record["status"] not in ENDED
    return lambda record: record["status"] == status


def of_part(record: Record, member: str, args: dict[str, str], url: str) -> Response:
    """Page through a list that is kept inside a record, in the order it has there."""
    rows = record[member]["data"]
    ids = [row["id"] for row in rows]
    # A list inside a record reads from its first row on, so its positions count down.
    last = len(rows) - 1

    def locate(key: str) -> int | None:
        return last - ids.index(key) if key in ids else None

    found = page(range(len(rows)), lambda at: encode(rows[last - at]), window(args, "line_item", locate))
    return answer(*found, url)


def of_events(account: StripeAccount, pairs: list[tuple[str, str]]) -> Response:
    args, log = dict(pairs), account.events
    types = {
        value for name, value in pairs if name == "types[]" or (name.startswith("types[") and name[6:-1].isdigit())
    }
    if len(types) > TYPES_LIMIT:
        raise errors.invalid(f"You may only specify up to {TYPES_LIMIT} types.", param="types")
    if types and "type" in args:
        raise errors.invalid("You may pass either `type` or `types`, but not both.", param="types")
    types = types or ({args["type"]} if "type" in args else set())
    low, high = created_bounds(args)

    def read(ordinal: int) -> bytes | None:
        event = log.at(ordinal)
        within = (low is None or event.created >= low) and (high is None or event.created < high)
        return event.body if within and _is_of(event.type, types) else None

    found = page(range(log.first, log.end), read, window(args, "event", log.find))
    return answer(*found, "/v1/events")


def _is_of(kind: str, types: set[str]) -> bool:
    return not types or kind in types or any(kind.startswith(mask[:-1]) for mask in types if mask.endswith("*"))
