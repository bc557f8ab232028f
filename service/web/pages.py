"""The pages for people: where to start, and the description of the API. No script, nothing from elsewhere."""

import json
from typing import Any

from flask import Blueprint, Response, current_app, render_template

from service.web.body import JSON
from service.web.evaluate import EXAMPLE

blueprint = Blueprint("pages", __name__)
METHODS = ("get", "post", "put", "patch", "delete")


@blueprint.get("/")
def landing() -> str:
    """Say what this is and what to try."""
    return render_template("landing.html", example=json.dumps(EXAMPLE, indent=2))


@blueprint.get("/docs")
def docs() -> str:
    """Show the description of the API as a page."""
    return render_template("docs.html", spec=_spec(), operations=_operations(_spec()), kind=kind)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Show the description of the API for machines (OpenAPI 3.1)."""
    return Response(json.dumps(_spec(), ensure_ascii=False), content_type=JSON)


def _spec() -> dict[str, Any]:
    spec: dict[str, Any] = current_app.extensions["openapi"]
    return spec


def _operations(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return path, method and description of every call, in the order of the paths."""
    return [
        {**spec["paths"][path][method], "path": path, "method": method.upper()}
        for path in sorted(spec["paths"])
        for method in METHODS
        if method in spec["paths"][path]
    ]


def kind(schema: dict[str, Any]) -> str:
    """Say in a few words what a JSON schema takes."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(kind(each) for each in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(str(word) for word in schema["enum"])
    named = schema.get("type", "anything")
    told = " or ".join(named) if isinstance(named, list) else str(named)
    if "items" in schema:
        return told.replace("array", f"list of ({kind(schema['items'])})")
    return f"{told} ({schema['format']})" if "format" in schema else told
