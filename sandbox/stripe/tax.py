"""Tax: where a business collects it, and the settings it is computed by, of which an account has one."""

from typing import Any

from sandbox.messages import Response
from sandbox.spelling import encode, pretty
from sandbox.stripe.endpoints import Call, routes
from sandbox.stripe.shapes import blank


@routes.route("GET", "/v1/tax/settings")
def read_settings(_call: Call) -> Response:
    address = {"city": "Reno", "country": "US", "line1": "1 Main St", "line2": None, "postal_code": None, "state": "NV"}
    settings: dict[str, Any] = {
        "defaults": {"tax_behavior": "exclusive", "tax_code": "txcd_10000000"},
        "head_office": {"address": address},
        "status": "active",
        "status_details": {"active": {}},
    }
    return Response(200, pretty(encode(blank("tax.settings") | settings)))
