"""One call of the API, and what every endpoint needs of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.grants import Grant
from sandbox.hubspot import errors
from sandbox.hubspot.account import HubSpotAccount
from sandbox.hubspot.kinds import Kind
from sandbox.messages import Request, Response, to_json
from sandbox.router import Router
from sandbox.spelling import Json

API = "https://api.hubapi.com"


@dataclass
class Call:
    request: Request
    params: dict[str, str]
    account: HubSpotAccount
    grant: Grant

    @property
    def body(self) -> dict[str, Any]:
        body = self.request.json
        if not isinstance(body, dict):
            raise errors.invalid("Invalid input JSON: an object was expected")
        return body

    @property
    def inputs(self) -> list[dict[str, Any]]:
        inputs = self.body.get("inputs")
        if not isinstance(inputs, list):
            raise errors.invalid("Invalid input JSON: inputs is required")
        return inputs

    def kind(self, name: str = "objectType") -> Kind:
        """Find the object type that the path names, and check that it may be read or written."""
        kind = self.account.kind(self.params[name])
        if kind is None:
            raise errors.invalid(f"Unable to infer object type from: {self.params[name]}")
        self.needs(kind.write_scope if self._writes() else kind.scope)
        return kind

    def needs(self, *scopes: str) -> None:
        """Refuse the call unless one of the scopes was granted."""
        if not set(scopes).intersection(self.grant.scopes):
            raise errors.missing_scopes(list(scopes))

    def _writes(self) -> bool:
        return self.request.method != "GET" and not self.request.path.endswith(("/search", "/batch/read"))

    def limit(self, most: int, default: int) -> int:
        text = self.request.args.get("limit", str(default))
        if not text.isdigit() or not 1 <= int(text) <= most:
            raise errors.invalid(f"limit must be between 1 and {most}, was {text}")
        return int(text)

    def flag(self, name: str) -> bool:
        return self.request.args.get(name) == "true"

    def names(self, name: str) -> list[str]:
        """Return a list parameter, given comma-separated or repeated."""
        given = [value for key, value in self.request.pairs if key == name]
        return [item.strip() for value in given for item in value.split(",") if item.strip()]


routes: Router[Call] = Router()


def next_page(call: Call, after: str) -> dict[str, Any]:
    """Say where the next page is."""
    kept = "&".join(part for part in call.request.query.split("&") if part and not part.startswith("after="))
    link = f"{API}{call.request.path}?{kept}{'&' if kept else ''}after={after}"
    return {"paging": {"next": {"after": after, "link": link}}}


def paged(call: Call, results: Sequence[Any], after: str | None, **more: Json) -> Response:
    return to_json({**more, "results": results, **(next_page(call, after) if after else {})})
