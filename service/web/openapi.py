"""The description of the API, made from the schemas that read and from the routes that answer."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

import flask_smorest
from flask import Flask

from schemas.problem_schema import ProblemDetailsSchema
from schemas.profile_schema import MOST_ENTRIES, EntryField
from schemas.strict import Day, Flag, LooseDay, Number, Text, Word
from service.web.errors import CONTENT_TYPE, DETAILS
from service.web.outcomes import OUTCOME

View = TypeVar("View", bound=Callable[..., Any])
VERSION = "1.0.0"
YEAR = r"^(?!0000)[0-9]{4}$"
MONTH = r"^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])$"
TEXTS = {"type": "array", "items": {"type": "string"}}
RULES = {
    "type": "object",
    "required": ["rules"],
    "properties": {
        "rules": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "version", "title", "category", "severity", "status", "active", "claims"],
                "properties": {
                    "id": {"type": "string"},
                    "version": {"type": "integer"},
                    "title": {"type": "string"},
                    "category": {"type": "string"},
                    "severity": {"type": ["string", "null"]},
                    "status": {"type": "string"},
                    "active": {"type": "boolean"},
                    "claims": TEXTS,
                },
            },
        }
    },
}


class Api(flask_smorest.Api):
    """flask-smorest's description of the API, with our own shape of errors."""

    ERROR_SCHEMA = ProblemDetailsSchema
    # Every route says which errors it answers with, so there is no default one.
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave the errors to service.web.errors, which is their one place."""


def make_api(app: Flask) -> Api:
    """Return an empty description, which fills up as blueprints are registered."""
    app.config.update(API_TITLE="magflag", API_VERSION=VERSION, OPENAPI_VERSION="3.1.0")
    about = "Advisory flags on magnesium and nerve pain, with provenance, for review by a clinician."
    api = Api(app, spec_kwargs={"info": {"description": about, "license": {"name": "Apache-2.0"}}})
    api.ma_plugin.converter.add_attribute_function(strict_properties)
    return api


def description(api: Api) -> dict[str, Any]:
    """Return the finished description as plain data, without what flask-smorest adds and no route uses."""
    spec: dict[str, Any] = api.spec.to_dict()
    spec["components"]["schemas"].pop("PaginationMetadata", None)
    return spec


def refuses(blueprint: flask_smorest.Blueprint, *statuses: int) -> Callable[[View], View]:
    """Say in the description which errors a route answers with."""

    def decorate(view: View) -> View:
        for status in statuses:
            told = DETAILS.get(status, HTTPStatus(status).phrase)
            documented = blueprint.alt_response(
                status, schema=ProblemDetailsSchema, content_type=CONTENT_TYPE, description=told
            )
            view = documented(view)
        return view

    return decorate


def refuses_as_outcome(blueprint: flask_smorest.Blueprint, kind: str, *statuses: int) -> Callable[[View], View]:
    """Say in the description which errors a route of FHIR or CDS Hooks answers with, as an OperationOutcome."""

    def decorate(view: View) -> View:
        for status in statuses:
            told = DETAILS.get(status, HTTPStatus(status).phrase)
            view = blueprint.alt_response(status, schema=OUTCOME, content_type=kind, description=told)(view)
        return view

    return decorate


def strict_properties(self: Any, field: Any, ret: dict[str, Any]) -> dict[str, Any]:
    """Say of our own kinds of field what they take, as JSON Schema; apispec calls this for every field."""
    if isinstance(field, EntryField):
        plain = {"type": "string", "maxLength": field.text.longest, "pattern": r"\S"}
        return {"anyOf": [plain, self.resolve_nested_schema(field.schema)]}
    if ret.get("type") in ("array", ["array", "null"]) and isinstance(getattr(field, "inner", None), EntryField):
        return {"maxItems": MOST_ENTRIES}
    told = _scalar(field)
    if told and field.allow_none:
        return {"anyOf": [told, {"type": "null"}], **_forget(ret)}
    return told


def _forget(ret: dict[str, Any]) -> dict[str, Any]:
    """Take back the type that apispec had guessed."""
    ret.pop("type", None)
    return {}


def _scalar(field: Any) -> dict[str, Any]:
    if isinstance(field, LooseDay):
        coarse = [{"type": "string", "pattern": pattern} for pattern in (YEAR, MONTH)]
        return {"anyOf": [*coarse, _day()]}
    if isinstance(field, Word):
        return {"type": "string", "enum": list(field.words)}
    if isinstance(field, Text):
        return {"type": "string", "maxLength": field.longest, "pattern": r"\S"}
    if isinstance(field, Number):
        kind = "integer" if field.whole else "number"
        return {"type": kind, "minimum": field.low, "maximum": field.high}
    if isinstance(field, Day):
        return _day()
    return {"type": "boolean"} if isinstance(field, Flag) else {}


def _day() -> dict[str, Any]:
    return {"type": "string", "format": "date"}
