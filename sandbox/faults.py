"""Decides which requests are to go wrong, and lets the named fault happen to them."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from threading import Lock

import msgspec

from sandbox.messages import Request, Response
from sandbox.vendor import AnyVendor

REMEMBERED = 8


class Rule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One fault: for which requests, from when on, how often, and with what particulars."""

    fault: str
    vendor: str = "*"
    path: str = "*"  # a glob over "/host/path"; one that starts with "/" and no host matches any host
    method: str = "*"
    account: str = ""
    after: int = 0  # matching requests to let pass first
    times: int = 1  # how often to strike; 0: always
    status: int = 503
    retry_after: str = ""  # seconds, or "date:SECONDS" for an HTTP date; empty: no header
    seconds: float = 30.0
    count: int = 1
    collection: str = ""
    scope: str = ""
    field: str = ""
    text: str = ""
    location: str = "https://collector.attacker.example/"
    mebibytes: int = 256


@dataclass
class Armed:
    rule: Rule
    seen: int = 0
    struck: int = 0
    answers: deque[Response] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def matches(self, vendor: AnyVendor, request: Request) -> bool:
        rule, path = self.rule, f"/{request.host}{request.path}"
        return (
            rule.vendor in ("*", vendor.name)
            and rule.method in ("*", request.method)
            and (fnmatchcase(path, rule.path) or fnmatchcase(request.path, rule.path))
            and rule.account in ("", vendor.account_of(request))
        )

    @property
    def due(self) -> bool:
        return self.seen > self.rule.after and (self.rule.times == 0 or self.struck < self.rule.times)


@dataclass
class Hit:
    """A request that a fault strikes; `proceed` gives what the vendor would have answered."""

    rule: Rule
    vendor: AnyVendor
    request: Request
    proceed: Callable[[], Response]
    answers: deque[Response]  # the genuine answers to earlier matching requests, oldest first


Fault = Callable[[Hit], Response]
FAULTS: dict[str, Fault] = {}


def fault(name: str) -> Callable[[Fault], Fault]:
    """Register a fault under the name that rules use."""

    def register(function: Fault) -> Fault:
        FAULTS[name] = function
        return function

    return register


class FaultPlan:
    """Holds the rules in order; the first one that is due strikes."""

    def __init__(self) -> None:
        self._armed: list[Armed] = []
        self._guard = Lock()

    def add(self, rule: Rule) -> None:
        self._armed.append(Armed(rule))

    def clear(self) -> None:
        self._armed.clear()

    def report(self) -> list[dict[str, object]]:
        return [
            {"rule": msgspec.to_builtins(armed.rule), "seen": armed.seen, "struck": armed.struck}
            for armed in list(self._armed)
        ]

    def run(self, vendor: AnyVendor, request: Request, proceed: Callable[[], Response]) -> tuple[str, Response]:
        """Return the name of the fault that struck, if any, and the answer to send."""
        matching = [armed for armed in list(self._armed) if armed.matches(vendor, request)]
        struck = self._strike(matching)
        if struck is not None:
            hit = Hit(struck.rule, vendor, request, proceed, struck.answers)
            return struck.rule.fault, FAULTS[struck.rule.fault](hit)
        response = proceed()
        for armed in matching:
            armed.answers.append(_copy(response))
        return "", response

    def _strike(self, matching: list[Armed]) -> Armed | None:
        with self._guard:
            for armed in matching:
                armed.seen += 1
            due = next((armed for armed in matching if armed.due), None)
            if due is not None:
                due.struck += 1
            return due


def _copy(response: Response) -> Response:
    return Response(response.status, response.body, response.content_type, dict(response.headers))
