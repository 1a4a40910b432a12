"""Forms with their submissions, and marketing e-mails."""

from collections.abc import Callable
from itertools import islice
from uuid import NAMESPACE_URL, uuid5

from sandbox.chance import Chance, seed_of
from sandbox.collection import Record
from sandbox.hubspot import errors
from sandbox.hubspot.call import Call, paged, routes
from sandbox.messages import Response, to_json

FORMS = "/marketing/v3/forms"
EMAILS = "/marketing/v3/emails"
SUBMISSIONS = "/form-integrations/v1/submissions/forms/{formId}"
LIMIT = 100
SUBMISSION_LIMIT = 50
EMAIL_SCOPES = ("content", "marketing-email", "marketing.email.read")


@routes.route("GET", FORMS)
def list_forms(call: Call) -> Response:
    call.needs("forms")
    return _list(call, "forms", lambda record: record["archived"] == call.flag("archived"))


@routes.route("GET", FORMS + "/{formId}")
def read_form(call: Call) -> Response:
    call.needs("forms")
    return to_json(_record(call, "forms", call.params["formId"]))


@routes.route("GET", SUBMISSIONS)
def list_submissions(call: Call) -> Response:
    """Page through submissions, newest first."""
    call.needs("forms")
    form, limit = _record(call, "forms", call.params["formId"]), call.limit(SUBMISSION_LIMIT, 20)
    start = int(call.request.args.get("after") or 0)
    count = Chance(seed_of(call.account.seed, form["id"]), 0).below(120)
    rows = [_submission(form, number) for number in range(count - 1 - start, -1, -1)[:limit]]
    return paged(call, rows, str(start + limit) if start + limit < count else None)


def _submission(form: Record, number: int) -> Record:
    return {
        "conversionId": str(uuid5(NAMESPACE_URL, f"{form['id']}/{number}")),
        "submittedAt": 1_700_000_000_000 + number * 60_000,
        "values": [{"name": "email", "value": f"visitor{number}@example.com", "objectTypeId": "0-1"}],
        "pageUrl": f"https://example.com/forms/{form['id']}",
    }


@routes.route("GET", EMAILS)
def list_emails(call: Call) -> Response:
    call.needs(*EMAIL_SCOPES)
    since = call.request.args.get("updatedAfter", "")
    archived = call.flag("archived")
    return _list(call, "marketing_emails", lambda row: row["archived"] == archived and row["updatedAt"] > since)


@routes.route("GET", EMAILS + "/{emailId}")
def read_email(call: Call) -> Response:
    call.needs(*EMAIL_SCOPES)
    return to_json(_record(call, "marketing_emails", call.params["emailId"]))


def _list(call: Call, shelf: str, wanted: Callable[[Record], bool]) -> Response:
    rows, limit = call.account.shelves[shelf], call.limit(LIMIT, 20)
    after = call.request.args.get("after")
    start = rows.locate(after) if after else 0
    if start is None:
        raise errors.invalid(f"Invalid after: {after}")
    matching = (n for n in rows.live(range(start, rows.end)) if wanted(rows.record(n)))
    found = list(islice(matching, limit + 1))
    total = {"total": len(rows)} if shelf == "marketing_emails" else {}
    following = rows.key(found[limit]) if len(found) > limit else None
    return paged(call, [rows.record(n) for n in found[:limit]], following, **total)


def _record(call: Call, shelf: str, key: str) -> Record:
    rows = call.account.shelves[shelf]
    ordinal = rows.find(key)
    if ordinal is None:
        raise errors.missing(f"{shelf} {key} does not exist")
    return rows.record(ordinal)
