"""Forms with their submissions, and marketing e-mails."""

from sandbox.collection import Record
from sandbox.hubspot import listing
from sandbox.hubspot.call import Call, routes
from sandbox.messages import Response, to_json

FORMS = "/marketing/v3/forms"
EMAILS = "/marketing/v3/emails"
SUBMISSIONS = "/form-integrations/v1/submissions/forms/{formId}"
LIMIT = 100
UNASKED = "hubspot"
SUBMISSION_LIMIT = 50
EMAIL_SCOPES = ("content", "marketing-email", "marketing.email.read")


@routes.route("GET", FORMS)
def list_forms(call: Call) -> Response:
    """List the forms of the types named; unasked, only those made in the form editor."""
    call.needs("forms")
    archived, types = call.flag("archived"), set(call.names("formTypes") or [UNASKED])

    def wanted(record: Record) -> bool:
        return record["archived"] == archived and bool(types & {record["formType"], "all"})

    return listing.in_order(call, "forms", call.limit(LIMIT, 20), wanted)


@routes.route("GET", FORMS + "/{formId}")
def read_form(call: Call) -> Response:
    call.needs("forms")
    return to_json(call.account.shelves["forms"].record(listing.find(call, "forms", call.params["formId"])))


@routes.route("GET", SUBMISSIONS)
def list_submissions(call: Call) -> Response:
    """Page through submissions, newest first."""
    call.needs("forms")
    form = call.params["formId"]
    listing.find(call, "forms", form)
    submitted = call.account.cabinet.children("form_submissions", form)
    limit = call.limit(SUBMISSION_LIMIT, 20)
    return listing.by_member(call, "form_submissions", "-submittedAt", limit, lambda _: True, submitted)


@routes.route("GET", EMAILS)
def list_emails(call: Call) -> Response:
    call.needs(*EMAIL_SCOPES)
    archived, within, shelf = call.flag("archived"), listing.within_times(call, "marketing_emails"), "marketing_emails"
    total = len(call.account.shelves[shelf])
    limit = call.limit(LIMIT, 20)
    return listing.in_order(call, shelf, limit, lambda row: row["archived"] == archived and within(row), total=total)


@routes.route("GET", EMAILS + "/{emailId}")
def read_email(call: Call) -> Response:
    call.needs(*EMAIL_SCOPES)
    return to_json(
        call.account.shelves["marketing_emails"].record(listing.find(call, "marketing_emails", call.params["emailId"]))
    )
