"""The faults that change an account while it is being read."""

from sandbox.faults import Hit, fault
from sandbox.messages import Response
from sandbox.vendor import Account


@fault("insert_head")
def insert_head(hit: Hit) -> Response:
    """Create records before the page is read, so that rows move towards the end."""
    _account(hit).create(_collection(hit), hit.rule.count, {})
    return hit.proceed()


@fault("delete_row")
def delete_row(hit: Hit) -> Response:
    """Delete records before the page is read, so that rows move towards the start."""
    _account(hit).delete(_collection(hit), _keys(hit))
    return hit.proceed()


@fault("change_row")
def change_row(hit: Hit) -> Response:
    """Change records before the page is read."""
    _account(hit).change(_collection(hit), _keys(hit), {})
    return hit.proceed()


@fault("lost_place")
def lost_place(hit: Hit) -> Response:
    """Say that the place to go on from is not there any more."""
    return hit.vendor.lost_place()


def _account(hit: Hit) -> Account:
    account: Account = hit.vendor.account(hit.vendor.account_of(hit.request))
    return account


def _collection(hit: Hit) -> str:
    return hit.rule.collection or hit.vendor.collection_of(hit.request.path)


def _keys(hit: Hit) -> list[str]:
    """Name the records that are meant: those in `text`, else the `count` oldest ones."""
    if hit.rule.text:
        return hit.rule.text.split(",")
    return _account(hit).keys(_collection(hit), 0, hit.rule.count)
