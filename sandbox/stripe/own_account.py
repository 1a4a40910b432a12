"""The account that the token speaks for; under /v1/accounts it is found beside the connected ones."""

from sandbox.messages import Response
from sandbox.spelling import encode, pretty
from sandbox.stripe.catalog import BY_NAME
from sandbox.stripe.endpoints import Call, read_one, routes


@routes.route("GET", "/v1/account")
def read_own_account(call: Call) -> Response:
    return Response(200, pretty(encode(call.account.profile())))


@routes.route("GET", "/v1/accounts/{id}")
def read_account(call: Call) -> Response:
    return read_own_account(call) if call.params["id"] == call.account.id else read_one(BY_NAME["accounts"], call)
