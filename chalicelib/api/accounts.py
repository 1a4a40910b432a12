"""Accounts: the tenants, in trees."""

from datetime import datetime
from typing import Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.caller import Caller, Person, reached
from chalicelib.api.endpoint import endpoint
from chalicelib.api.listing import Page, page
from chalicelib.api.models import Body, Listing, Name, View
from chalicelib.config import settings
from chalicelib.domain.accounts import MAX_LEVEL, effective_role
from chalicelib.services import accounts, quotas
from chalicelib.store.accounts import Account
from chalicelib.store.recording import Deed

routes = Blueprint(__name__)


class NewAccount(Body):
    name: Name = Field(examples=["Analytical Engines"])
    company: Name | None = None


class AccountChanges(Body):
    """Fields that are left out or null stay as they are."""

    name: Name | None = None
    company: Name | None = None


class AccountSwitch(Body):
    account_id: str = Field(min_length=1, max_length=64, examples=["acc_01JZ9Y7T3N8Q4V6W2X5K1M0PRS"])


class Subtree(Listing):
    depth: int | None = Field(default=None, ge=0, le=MAX_LEVEL, description="levels below the account; all if left out")


class AccountView(View):
    """An account; `role` is the caller's highest in it where it was asked for by name."""

    account_id: str = Field(examples=["acc_01JZ9Y7T3N8Q4V6W2X5K1M0PRS"])
    parent_account_id: str | None
    owner_user_id: str
    name: str
    company: str | None
    account_path: str
    level: int
    plan: str
    status: str
    role: str | None = None
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def of(cls, account: Account, role: str | None = None) -> Self:
        """Show an account."""
        return cls(
            account_id=account.account_id,
            parent_account_id=account.parent_account_id,
            owner_user_id=account.owner_user_id,
            name=account.name,
            company=account.company,
            account_path=account.path,
            level=int(account.level),
            plan=account.plan,
            status=account.status,
            role=role,
            created_at=account.created_at,
            updated_at=account.updated_at,
            version=int(account.version),
        )


@endpoint(
    routes,
    "POST",
    "/accounts",
    name="accounts.create",
    on="self",
    allow="accounts:create",
    body=NewAccount,
    returns=AccountView,
    status=201,
    errors=(409,),
)
def create(caller: Person, body: NewAccount, deed: Deed) -> AccountView:
    """Create a root account owned by the caller."""
    owned = (held for held in caller.memberships if held.role == "owner")
    quotas.must_have_room("accounts of your own", owned, settings().accounts_per_user)
    return AccountView.of(accounts.create(caller.user, body.name, body.company, deed), "owner")


@endpoint(
    routes,
    "GET",
    "/accounts",
    name="accounts.list",
    on="self",
    allow="accounts:list",
    query=Listing,
    returns=Page[AccountView],
)
def list_(caller: Person, query: Listing) -> Page[AccountView]:
    """List the accounts the caller is a member of by name; those below them are in their hierarchy."""
    return page(
        caller,
        "accounts.list",
        query,
        lambda after: accounts.joined(caller.memberships, after),
        show=lambda account: _shown(caller, account),
        position=lambda account: account.account_id,
    )


@endpoint(
    routes,
    "GET",
    "/accounts/{account_id}",
    name="accounts.get",
    on="account_id",
    allow="account:view",
    returns=AccountView,
)
def get(caller: Caller, account_id: str) -> AccountView:  # noqa: ARG001 (the caller is already in it)
    """Show an account the caller reaches."""
    return _shown(caller, caller.account)


@endpoint(
    routes,
    "PATCH",
    "/accounts/{account_id}",
    name="accounts.update",
    on="account_id",
    allow="account:update",
    body=AccountChanges,
    returns=AccountView,
    errors=(409,),
)
def update(caller: Caller, account_id: str, body: AccountChanges, deed: Deed) -> AccountView:  # noqa: ARG001 (as above)
    """Change an account's name or company."""
    return _updated(caller, body, deed)


@endpoint(
    routes,
    "POST",
    "/accounts/{account_id}/sub-accounts",
    name="account.create-sub-account",
    on="account_id",
    allow="account:create-child",
    body=NewAccount,
    returns=AccountView,
    status=201,
    errors=(409, 429),
)
def create_sub_account(caller: Caller, account_id: str, body: NewAccount, deed: Deed) -> AccountView:  # noqa: ARG001
    """Create an account below this one; whoever belongs to this one belongs to it, too."""
    quotas.take(caller.account.root_account_id, "sub-accounts", settings().sub_accounts_per_hour, caller.now)
    return _shown(caller, accounts.create_below(caller.account, caller.user, body.name, body.company, deed))


@endpoint(
    routes,
    "GET",
    "/accounts/{account_id}/hierarchy",
    name="account.list-hierarchy",
    on="account_id",
    allow="account:view",
    query=Subtree,
    returns=Page[AccountView],
)
def hierarchy(caller: Caller, account_id: str, query: Subtree) -> Page[AccountView]:
    """List the account and all below it, parents before children."""
    return page(
        caller,
        "account.list-hierarchy",
        query,
        lambda after: accounts.below(caller.account, query.depth, after),
        show=lambda account: _shown(caller, account),
        position=lambda account: account.path,
        within={"account_id": account_id},
    )


@endpoint(routes, "GET", "/account", name="account.get", allow="account:view", returns=AccountView)
def current(caller: Caller) -> AccountView:
    """Show the account the caller acts in."""
    return _shown(caller, caller.account)


@endpoint(
    routes,
    "POST",
    "/account/switch-context",
    name="account.switch-context",
    on="self",
    allow="profile:switch-account",
    body=AccountSwitch,
    returns=AccountView,
    errors=(404,),
)
def switch(caller: Person, body: AccountSwitch, deed: Deed) -> AccountView:
    """Make another account the caller's current one, in which they act where no X-Account-Context is sent."""
    account = reached(caller, body.account_id)
    accounts.switch(caller.user, account, deed)
    return _shown(caller, account)


@endpoint(
    routes,
    "PATCH",
    "/account",
    name="account.update",
    allow="account:update",
    body=AccountChanges,
    returns=AccountView,
    errors=(409,),
)
def update_current(caller: Caller, body: AccountChanges, deed: Deed) -> AccountView:
    """Change the account the caller acts in."""
    return _updated(caller, body, deed)


def _updated(caller: Caller, body: AccountChanges, deed: Deed) -> AccountView:
    changes = body.model_dump(exclude_none=True)
    return _shown(caller, accounts.update(caller.account, changes, caller.expected_version, deed))


def _shown(caller: Person, account: Account) -> AccountView:
    return AccountView.of(account, effective_role(caller.memberships, account.path))
