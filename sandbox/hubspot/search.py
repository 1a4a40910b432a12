"""POST /crm/v3/objects/{type}/search, with its limits and its lagging index."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.collection import Record
from sandbox.hubspot import errors, seeds
from sandbox.hubspot.call import Call, routes
from sandbox.hubspot.index import Index
from sandbox.hubspot.kinds import Kind
from sandbox.hubspot.objects import OBJECTS
from sandbox.hubspot.view import object_view, wanted
from sandbox.messages import Response, to_json
from sandbox.spelling import Json

LIMIT = 200
CAP = 10_000
GROUPS = 5
FILTERS = 6
QUERY = 3000

Test = Callable[[Any], bool]
Group = list[tuple[str, Test]]


@routes.route("POST", OBJECTS + "/search")
def search(call: Call) -> Response:
    kind, body = call.kind(), call.body
    limit, after = _window(body)
    ordered = _ordered(call, kind, _found(call, kind, body), body.get("sorts") or [])
    names = wanted(kind, body.get("properties") or [])
    views = [_view(call, kind, ordinal, names) for ordinal in ordered[after : after + limit]]
    paging = {"paging": {"next": {"after": str(after + limit)}}} if after + limit < len(ordered) else {}
    return to_json({"total": len(ordered), "results": views, **paging})


def _view(call: Call, kind: Kind, ordinal: int, names: list[str]) -> Record:
    record = call.account.indexes[kind.name].seen(ordinal)
    assert record is not None  # noqa: S101
    return object_view(call.account, kind, call.account.objects[kind.name].key(ordinal), record, names)


def _window(body: Record) -> tuple[int, int]:
    limit, after = body.get("limit", 10), str(body.get("after") or "0")
    if not isinstance(limit, int) or not 0 <= limit <= LIMIT:
        raise errors.invalid(f"The limit must be between 0 and {LIMIT}.")
    if not after.isdigit():
        raise errors.invalid("There was a problem with the request.", errors=[{"message": "after is not a number"}])
    if int(after) + limit > CAP:
        raise errors.invalid(f"The maximum number of results that can be paged through is {CAP}.")
    return limit, int(after)


def _found(call: Call, kind: Kind, body: Record) -> list[int]:
    groups, query = body.get("filterGroups") or [], str(body.get("query") or "")
    if len(groups) > GROUPS or any(len(group.get("filters", [])) > FILTERS for group in groups):
        raise errors.invalid(f"At most {GROUPS} filter groups of {FILTERS} filters are allowed.")
    if len(query) > QUERY:
        raise errors.invalid(f"The query may have at most {QUERY} characters.")
    tests = [[_test(call, kind, given) for given in group.get("filters", [])] for group in groups]
    index = call.account.indexes[kind.name]
    seen = (ordinal for ordinal in index.ordinals(_start(call, kind, groups)) if index.visible(ordinal))
    return [ordinal for ordinal in seen if _matches(index, ordinal, tests, query.lower())]


def _matches(index: Index, ordinal: int, tests: list[Group], query: str) -> bool:
    if query and not any(query in text.lower() for text in index.texts(ordinal)):
        return False
    return not tests or any(all(test(index.value(ordinal, name)) for name, test in group) for group in tests)


def _start(call: Call, kind: Kind, groups: list[Record]) -> int:
    """Narrow a search over seeded records: ids and times of change grow with the ordinal."""
    if len(groups) != 1:
        return 0
    return max((_first(call, kind, given) for given in groups[0].get("filters", [])), default=0)


def _first(call: Call, kind: Kind, given: Record) -> int:
    name, base = given.get("propertyName"), call.account.objects[kind.name].base
    if given.get("operator") not in ("GT", "GTE", "EQ", "BETWEEN"):
        return 0
    if name == "hs_object_id":
        return call.account.ids[kind.name].at_or_after(int(_number(given["value"])))
    if name != kind.modified:
        return 0
    moment, low, high = _number(given["value"]), 0, base
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if seeds.modified(base, middle) < moment else (low, middle)
    return low


def _test(call: Call, kind: Kind, given: Record) -> tuple[str, Test]:
    name, operator = str(given.get("propertyName", "")), str(given.get("operator", ""))
    if name not in call.account.properties[kind.name]:
        raise errors.invalid(f"There was a problem with the request: property {name} does not exist.")
    if operator not in OPERATORS:
        raise errors.invalid(f"Unknown operator {operator}.")
    numeric = call.account.properties[kind.name][name]["type"] in ("number", "datetime")
    return name, OPERATORS[operator](given, _number if numeric else _lower)


Cast = Callable[[Any], Any]


def _compare(check: Callable[[Any, Any], bool]) -> Callable[[Record, Cast], Test]:
    def build(given: Record, cast: Cast) -> Test:
        bound = cast(given["value"])
        return lambda value: value is not None and check(cast(value), bound)

    return build


def _between(given: Record, cast: Cast) -> Test:
    low, high = cast(given["value"]), cast(given["highValue"])
    return lambda value: value is not None and low <= cast(value) <= high


def _among(given: Record, cast: Cast) -> Test:
    values = {cast(value) for value in given["values"]}
    return lambda value: value is not None and cast(value) in values


def _not_among(given: Record, cast: Cast) -> Test:
    within = _among(given, cast)
    return lambda value: not within(value)


OPERATORS: dict[str, Callable[[Record, Cast], Test]] = {
    "EQ": _compare(lambda value, bound: bool(value == bound)),
    "NEQ": _compare(lambda value, bound: bool(value != bound)),
    "LT": _compare(lambda value, bound: bool(value < bound)),
    "LTE": _compare(lambda value, bound: bool(value <= bound)),
    "GT": _compare(lambda value, bound: bool(value > bound)),
    "GTE": _compare(lambda value, bound: bool(value >= bound)),
    "CONTAINS_TOKEN": _compare(lambda value, bound: bound.strip("*") in value),
    "BETWEEN": _between,
    "IN": _among,
    "NOT_IN": _not_among,
    "HAS_PROPERTY": lambda _given, _cast: lambda value: value is not None,
    "NOT_HAS_PROPERTY": lambda _given, _cast: lambda value: value is None,
}


def _number(value: Json) -> float:
    """Read a number, or a time as milliseconds."""
    try:
        return float(value)
    except ValueError:
        return datetime.fromisoformat(str(value)).timestamp() * 1000


def _lower(value: Json) -> str:
    return str(value).lower()


def _ordered(call: Call, kind: Kind, rows: list[int], sorts: list[Any]) -> list[int]:
    """Sort by the one sort that is allowed; without one, by creation."""
    if not sorts:
        return rows
    if len(sorts) > 1:
        raise errors.invalid("Only one sort can be applied.")
    given = sorts[0] if isinstance(sorts[0], dict) else {"propertyName": str(sorts[0])}
    name, index = given["propertyName"], call.account.indexes[kind.name]
    definition = call.account.properties[kind.name].get(name, {})
    cast = _number if definition.get("type") in ("number", "datetime") else _lower

    def key(ordinal: int) -> tuple[bool, Any]:
        value = index.value(ordinal, name)
        return (value is not None, cast(value) if value is not None else 0)

    return sorted(rows, key=key, reverse=given.get("direction") == "DESCENDING")
