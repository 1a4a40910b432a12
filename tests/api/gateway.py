"""API Gateway, as far as a Lambda sees it: the proxy event of a request, and the answer read back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chalice.app import Chalice
from chalice.local import LambdaContext, RouteMatcher


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str | None:
        return self.json["error"]["code"] if self.status >= 400 else None


class Gateway:
    """Sends requests to the app; `headers` go with every one, each a text or a list of texts."""

    def __init__(self, app: Chalice, headers: Mapping[str, str | list[str]] | None = None) -> None:
        self.app = app
        self.headers = dict(headers or {})

    def but(self, **headers: str | list[str] | None) -> "Gateway":
        """The same client with other headers; None takes one away."""
        named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        merged = {**self.headers, **named}
        return Gateway(self.app, {name: value for name, value in merged.items() if value is not None})

    def get(self, url: str) -> Answer:
        return self.send("GET", url)

    def post(self, url: str, body: Any = None) -> Answer:
        return self.send("POST", url, {} if body is None else body)

    def patch(self, url: str, body: Any = None) -> Answer:
        return self.send("PATCH", url, {} if body is None else body)

    def delete(self, url: str) -> Answer:
        return self.send("DELETE", url)

    def send(self, method: str, url: str, body: Any = None, content_type: str = "application/json") -> Answer:
        event = self._event(method, url, body, content_type)
        answered = self.app(event, LambdaContext("api_handler", 256))
        return Answer(answered["statusCode"], answered["headers"], answered["body"])

    def _event(self, method: str, url: str, body: Any, content_type: str) -> dict[str, Any]:
        route = RouteMatcher(list(self.app.routes)).match_route(urlsplit(url).path)
        headers = self.headers | ({"content-type": content_type} if body is not None else {})
        several = {name: value if isinstance(value, list) else [value] for name, value in headers.items()}
        return {
            "requestContext": {"httpMethod": method, "resourcePath": route.route, "requestId": "request"},
            "headers": {name: values[-1] for name, values in several.items()},
            "multiValueHeaders": several,
            "pathParameters": dict(route.captured) or None,
            "multiValueQueryStringParameters": parse_qs(urlsplit(url).query, keep_blank_values=True) or None,
            "stageVariables": None,
            "isBase64Encoded": False,
            "body": body if body is None or isinstance(body, str) else json.dumps(body),
        }
