"""One call of the control API, and the parts of the sandbox that it may reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.clock import Clock
from sandbox.faults import FaultPlan
from sandbox.journal import Journal
from sandbox.messages import Request
from sandbox.router import Router
from sandbox.settings import Settings
from sandbox.vendor import Account, AnyVendor, UnknownError


@dataclass(frozen=True)
class World:
    settings: Settings
    clock: Clock
    vendors: Mapping[str, AnyVendor]
    faults: FaultPlan
    journal: Journal


@dataclass
class Call:
    world: World
    request: Request
    params: dict[str, str]

    @property
    def vendor(self) -> AnyVendor:
        name = self.params["vendor"]
        if name not in self.world.vendors:
            raise UnknownError(f"no vendor {name}")
        return self.world.vendors[name]

    @property
    def account(self) -> Account:
        account: Account = self.vendor.account(self.request.args.get("account", ""))
        return account

    @property
    def body(self) -> dict[str, Any]:
        body = self.request.json
        return body if isinstance(body, dict) else {}


routes: Router[Call] = Router()
