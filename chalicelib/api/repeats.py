"""Repeated requests: the same Idempotency-Key and body get the same answer for 24 hours, another body a conflict."""

import hashlib
import re
from collections.abc import Callable

from chalice.app import Response

from chalicelib.api import answers
from chalicelib.api.caller import Caller, Person
from chalicelib.api.incoming import Incoming
from chalicelib.errors import BadRequestError
from chalicelib.services import repeats

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def once(operation: str, caller: Person, incoming: Incoming, perform: Callable[[], Response]) -> Response:
    """Perform a request, or give the answer it had before; what fails leaves no trace and may be tried again."""
    key = incoming.header("idempotency-key")
    if key is None:
        return perform()
    if not _KEY.fullmatch(key):
        raise BadRequestError("Idempotency-Key takes 1 to 255 visible ASCII characters")
    claim = repeats.Claim(
        account_id=caller.account_id if isinstance(caller, Caller) else caller.user_id,
        user_id=caller.user_id,
        key_hash=_hash(operation, key),
        body_hash=_hash(incoming.route, repr(sorted(incoming.path_parameters().items())), incoming.raw_body()),
    )
    earlier = repeats.claim(claim, caller.now)
    if earlier is not None:
        return answers.answer(incoming, earlier.status, earlier.body, {"Idempotency-Replayed": "true"})
    try:
        response = perform()
    except BaseException:
        repeats.release(claim)
        raise
    repeats.keep(claim, response.status_code, str(response.body))
    return response


def _hash(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()
