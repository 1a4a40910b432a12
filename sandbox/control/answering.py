"""Answers calls of the control API."""

# Importing them is what registers their routes.
from sandbox.control import records, surroundings  # noqa: F401
from sandbox.control.call import Call, World, routes
from sandbox.messages import BadBodyError, Request, Response, to_json
from sandbox.vendor import UnknownError


def answer(world: World, request: Request) -> Response:
    found = routes.find(request.method, request.path)
    if found is None:
        return to_json({"error": f"no {request.method} {request.path} in the control API"}, 404)
    view, params = found
    try:
        return view(Call(world, request, params))
    except UnknownError as error:
        return to_json({"error": str(error)}, 404)
    except (AttributeError, BadBodyError, KeyError, TypeError, ValueError) as error:
        return to_json({"error": f"{type(error).__name__}: {error}"}, 400)
