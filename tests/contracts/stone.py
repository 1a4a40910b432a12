"""As much of Dropbox's Stone files as the tests need: routes and the fields of structs."""

import re
from dataclasses import dataclass, field
from pathlib import Path

_ROUTE = re.compile(r"^route ([\w/]+)(?::(\d+))? \((.+?), (.+?), (.+?)\)")
_TYPE = re.compile(r"^(?:struct|union|union_closed) (\w+)(?: extends ([\w.]+))?")
_FIELD = re.compile(r"^    ([a-z_]+)(?: [A-Z\w.(\[]|$)")
_SCOPE = re.compile(r'^        scope = "([\w.]+)"')


@dataclass
class Route:
    argument: str
    result: str
    scope: str = ""


@dataclass
class Stone:
    routes: dict[str, Route] = field(default_factory=dict)
    fields: dict[str, set[str]] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=dict)

    def load(self, file: Path) -> None:
        space, route, kind = file.stem.removesuffix("_id"), None, ""
        for line in file.read_text().splitlines():
            if found := _ROUTE.match(line):
                name = f"{space}/{found[1]}" + (f"_v{found[2]}" if found[2] else "")
                route = self.routes[name] = Route(_full(space, found[3]), _full(space, found[4]))
                kind = ""
            elif found := _TYPE.match(line):
                kind = _full(space, found[1])
                self.fields.setdefault(kind, set())
                if found[2]:
                    self.bases[kind] = _full(space, found[2])
            elif route and (found := _SCOPE.match(line)):
                route.scope = found[1]
            elif kind and (found := _FIELD.match(line)):
                self.fields[kind].add(found[1])

    def all_fields(self, kind: str) -> set[str]:
        """List a struct's fields, inherited ones too."""
        base = self.bases.get(kind)
        return self.fields[kind] | (self.all_fields(base) if base else set())


def _full(space: str, name: str) -> str:
    return name if "." in name else f"{space}.{name}"
