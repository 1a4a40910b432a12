"""Reads form-encoded parameters: brackets become nesting, and texts become what the vendor's document says they are."""

import re
from typing import Any

from sandbox.spelling import Json
from sandbox.stripe import errors
from sandbox.stripe.shapes import WRITES

Tree = dict[str, Any]
SEGMENTS = re.compile(r"\[([^\]]*)\]")
IGNORED = ("expand",)


def parameters(path: str, pairs: list[tuple[str, str]]) -> Tree:
    """Return the parameters of a write to `path` (a template, without /v1/). Refuses unknown and missing ones."""
    declared = WRITES[path]
    given = {name: value for name, value in tree(pairs).items() if name not in IGNORED}
    for name in given:
        if name not in declared["takes"]:
            raise errors.invalid(f"Received unknown parameter: {name}", param=name, code="parameter_unknown")
    for name in declared["required"]:
        if name not in given:
            raise errors.invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
    return {name: typed(value, declared["takes"][name], name) for name, value in given.items()}


def tree(pairs: list[tuple[str, str]]) -> Tree:
    root: Tree = {}
    for name, value in pairs:
        head, _, rest = name.partition("[")
        steps = [head, *SEGMENTS.findall("[" + rest)] if rest else [head]
        node = root
        for step in steps[:-1]:
            child = node.setdefault(step or str(len(node)), {})
            node = child if isinstance(child, dict) else {}
        node[steps[-1] or str(len(node))] = value
    return root


def typed(value: Json, kind: Json, name: str) -> Json:
    """Turn texts into the declared type; an empty text unsets."""
    if value == "":
        return {} if kind == "map" else [] if isinstance(kind, list) else None
    if isinstance(kind, list):
        rows = value.values() if isinstance(value, dict) else [value]
        return [typed(row, kind[0], f"{name}[{at}]") for at, row in enumerate(rows)]
    if isinstance(kind, dict):
        return _object(value, kind, name)
    if kind == "map":
        return dict(value) if isinstance(value, dict) else {}
    return value if isinstance(value, dict) else _scalar(value, kind, name)


def _object(value: Json, kind: Tree, name: str) -> Json:
    if not isinstance(value, dict):
        return value
    for member in value:
        if member not in kind:
            full = f"{name}[{member}]"
            raise errors.invalid(f"Received unknown parameter: {full}", param=full, code="parameter_unknown")
    return {member: typed(inner, kind[member], f"{name}[{member}]") for member, inner in value.items()}


def _scalar(text: str, kind: str, name: str) -> Json:
    try:
        if kind == "integer":
            return int(text)
        if kind == "number":
            return float(text)
    except ValueError as error:
        raise errors.invalid(f"Invalid {kind}: {text}", param=name, code=f"parameter_invalid_{kind}") from error
    if kind == "boolean":
        if text not in ("true", "false"):
            raise errors.invalid(f"Invalid boolean: {text}", param=name, code="parameter_invalid_boolean")
        return text == "true"
    return text


def merged(record: Tree, values: Tree) -> Tree:
    """Return the values to store in a record: those it has a field for, metadata merged key by key."""
    kept = {name: value for name, value in values.items() if name in record}
    if "metadata" in values:
        fields = (record.get("metadata") or {}) | (values["metadata"] or {})
        kept["metadata"] = {name: text for name, text in fields.items() if text != ""} if values["metadata"] else {}
    return kept
