"""The OpenAPI 3.1 document, built from what the endpoints declare. `python -m chalicelib.api.openapi` writes it."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chalicelib.api.endpoint import ENDPOINTS, Endpoint
from chalicelib.api.models import ErrorView

FILE = Path(__file__).parents[2] / "docs" / "openapi.json"
JSON = "application/json"
Document = dict[str, Any]

_MEANINGS = {
    400: "The request is malformed.",
    401: "There is no valid access token.",
    403: "The caller may see the object, but not do this to it.",
    404: "The object is absent, or another tenant's.",
    409: "The object's state, or another object, stands in the way.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "Fields are missing, unknown or of the wrong type; each is named with its path.",
    429: "Too many requests; try again after `Retry-After` seconds.",
    500: "Something went wrong on our side.",
    502: "Something this depends on, such as the platform, could not be used.",
    503: "Try again after `Retry-After` seconds.",
}
_ABOUT = (
    "Keeps businesses' SaaS data safe. Requests and answers are JSON in UTF-8, times RFC 3339 in UTC, ids prefixed "
    "ULIDs. Every error has one shape; lists go on with `cursor`; a `POST` with an `Idempotency-Key` can be repeated "
    "for 24 hours; a change with `If-Match` is made only to the `version` it names."
)


def document() -> Document:
    """Build the document."""
    endpoints = sorted(ENDPOINTS, key=lambda one: (one.path, one.method))
    schemas, names = _schemas(endpoints)
    paths: Document = {}
    for declared in endpoints:
        paths.setdefault(declared.path, {})[declared.method.lower()] = _operation(declared, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": "ListBackup API", "version": "1.0.0", "description": _ABOUT},
        "servers": [{"url": "https://api.listbackup.ai"}],
        "tags": [{"name": name} for name in sorted({_tag(one) for one in endpoints})],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": _refusals(names),
            "securitySchemes": {"accessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def as_json(written: Document) -> str:
    """Write a document, always the same text for the same endpoints."""
    return json.dumps(written, indent=2, ensure_ascii=False) + "\n"


Names = dict[Any, Document]


def _schemas(endpoints: Iterable[Endpoint]) -> tuple[Document, Names]:
    """Collect the models' schemas under plain names, and what to refer to each model by."""
    answers = sorted({one.returns for one in endpoints} | {ErrorView}, key=str)
    bodies = sorted({one.body for one in endpoints if one.body}, key=str)
    wanted: Any = [(model, "serialization") for model in answers] + [(model, "validation") for model in bodies]
    refs, definitions = models_json_schema(wanted, by_alias=True, ref_template="#/components/schemas/{model}")
    plain = {name: _plain(name) for name in definitions["$defs"]}
    renamed = json.loads(_renamed(json.dumps(definitions["$defs"]), plain))
    schemas = {plain[name]: renamed[name] for name in sorted(renamed)}
    names: Names = {model: json.loads(_renamed(json.dumps(ref), plain)) for (model, _), ref in refs.items()}
    return schemas, names


def _plain(name: str) -> str:
    return re.sub(r"_([A-Za-z0-9]+)_$", r"Of\1", name)


def _renamed(text: str, plain: dict[str, str]) -> str:
    return re.sub(r"#/components/schemas/([^\"]+)", lambda found: f"#/components/schemas/{plain[found[1]]}", text)


def _operation(declared: Endpoint, names: Names) -> Document:
    operation: Document = {
        "operationId": declared.name,
        "summary": declared.summary,
        "description": _description(declared),
        "tags": [_tag(declared)],
        "parameters": [*_path_parameters(declared), *_query_parameters(declared), *_header_parameters(declared)],
        "responses": _responses(declared, names),
        "security": [] if declared.on == "public" else [{"accessToken": []}],
    }
    if declared.allow:
        operation["x-permission"] = declared.allow
    if declared.body:
        media = {"schema": names[declared.body], "example": example(declared.body)}
        operation["requestBody"] = {"required": True, "content": {JSON: media}}
    return operation


def _description(declared: Endpoint) -> str:
    if declared.on == "public":
        return f"{declared.summary}\n\nNeeds no token."
    return f"{declared.summary}\n\nNeeds the permission `{declared.allow}`."


def _tag(declared: Endpoint) -> str:
    return declared.act.__module__.rpartition(".")[2]


def _path_parameters(declared: Endpoint) -> list[Document]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", declared.path)
    ]


def _query_parameters(declared: Endpoint) -> list[Document]:
    if declared.query is None:
        return []
    schema = declared.query.model_json_schema(by_alias=True)
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": facts}
        for name, facts in schema.get("properties", {}).items()
    ]


def _header_parameters(declared: Endpoint) -> list[Document]:
    headers = {
        "X-Account-Context": declared.on == "context" and "the account to act in; the user's current one if left out",
        "Idempotency-Key": declared.repeatable and "the same key and body get the same answer for 24 hours",
        "If-Match": declared.method in ("PATCH", "DELETE") and "the `version` that is to be changed",
    }
    return [
        {"name": name, "in": "header", "required": False, "description": text, "schema": {"type": "string"}}
        for name, text in headers.items()
        if text
    ]


def _responses(declared: Endpoint, names: Names) -> Document:
    shown = {"schema": names[declared.returns], "example": example(declared.returns)}
    good = {"description": declared.summary, "content": {JSON: shown}}
    elsewhere = (
        {"303": {"description": "Back to the app's page that `returnTo` named."}} if 303 in declared.errors else {}
    )
    bad = {str(status): {"$ref": f"#/components/responses/Error{status}"} for status in _statuses(declared)}
    return {str(declared.status): good, **elsewhere, **bad}


def _refusals(names: Names) -> Document:
    """Describe each error status once: they share one shape."""
    refused = {"schema": names[ErrorView], "example": example(ErrorView)}
    return {
        f"Error{status}": {"description": meaning, "content": {JSON: refused}} for status, meaning in _MEANINGS.items()
    }


def _statuses(declared: Endpoint) -> list[int]:
    found = {*declared.errors, 422, 500} - {303}
    if declared.on != "public":
        found |= {401, 403}
    if "{" in declared.path:
        found |= {404}
    if declared.body:
        found |= {400, 413, 415}
    if declared.repeatable:
        found |= {409}
    if declared.changes:
        found |= {409, 503}
    return sorted(found)


def example(model: type[BaseModel]) -> Any:  # noqa: ANN401 (anything JSON can say)
    """Make an example of a model from its fields' own examples, defaults and types."""
    schema = model.model_json_schema(by_alias=True, mode="serialization")
    return _example(schema, schema.get("$defs", {}))


def _example(schema: Document, definitions: Document) -> Any:  # noqa: ANN401 (as above)
    if "$ref" in schema:
        return _example(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    for given in ("examples", "enum"):
        if schema.get(given):
            return schema[given][0]
    for given in ("const", "default"):
        if given in schema:
            return schema[given]
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], definitions)
    return _typed(schema, definitions)


def _typed(schema: Document, definitions: Document) -> Any:  # noqa: ANN401 (as above)
    match schema.get("type"), schema.get("format"):
        case "object", _:
            return {name: _example(facts, definitions) for name, facts in schema.get("properties", {}).items()}
        case "array", _:
            return [_example(schema["items"], definitions)] if schema.get("items") else []
        case "string", "date-time":
            return "2026-01-31T09:30:00Z"
        case "integer" | "number", _:
            return schema.get("minimum", 1)
        case "boolean", _:
            return True
        case "string", _:
            return "text"
        case _:
            return None


def write(file: Path = FILE) -> None:
    """Write the document to its file."""
    import app  # noqa: F401 (declares every endpoint)

    file.write_text(as_json(document()), encoding="utf-8")


if __name__ == "__main__":
    write()
