"""Every call that this process makes to AWS, seen where it leaves and where its answer comes back."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from chalicelib.aws import clients
from chalicelib.store.table import Item


class KilledError(BaseException):
    """The process is gone; nothing of it may catch this."""


def callers() -> list[Any]:
    """The clients that call AWS."""
    return [Item.database().client, clients.cognito(), clients.secrets_manager(), clients.step_functions()]


@contextmanager
def seen(moment: str, see: Callable[[str, dict[str, Any]], Any]) -> Iterator[None]:
    """Show `see` each call, by its operation, at a moment of botocore's.

    "before-call": what it gives, if anything, is the answer; "needs-retry": the effect is done, and where it gives a
    number the call is sent again after as many seconds; "after-call": the effect is done.
    """

    def pass_on(model: Any = None, operation: Any = None, params: Any = None, **_: Any) -> Any:
        return see((model or operation).name, params or {})

    with ExitStack() as watching:
        for client in callers():
            client.meta.events.register_first(moment, pass_on)
            watching.callback(client.meta.events.unregister, moment, pass_on)
        yield


@contextmanager
def killed_at(number: int) -> Iterator[None]:
    """Die once the call of this number (from 0 on) has had its effect, and before its answer is here."""
    calls: list[str] = []

    def die(name: str, _: dict[str, Any]) -> None:
        calls.append(name)
        if len(calls) == number + 1:
            raise KilledError(name)

    with seen("after-call", die):
        yield


class Answered:
    status_code = 400


class Refusing:
    """DynamoDB refuses the next transactions, or those that hold a text."""

    def __init__(self, code: str, times: int, holding: str = "") -> None:
        self.code, self.times, self._holding = code, times, holding

    def __call__(self, name: str, params: dict[str, Any]) -> Any:
        if name != "TransactWriteItems" or not self.times or self._holding not in str(params["body"]):
            return None
        self.times -= 1
        reasons = [{"Code": "None"}, {"Code": self.code}, {"Code": "None"}]
        error = {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"}
        return Answered(), {"Error": error, "CancellationReasons": reasons, "ResponseMetadata": {}}
