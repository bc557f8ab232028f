"""Who may call which route, and with which query parameters.

The table is complete: an application with a route that is not in it does not start. An address that is no route is
held to what its first part says, so that a stranger cannot learn which addresses there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum

from flask import Flask, request

from schemas.problem import Problem, Refused


class Who(Enum):
    """Who may call a route."""

    ANYONE = "anyone who reaches the address: nothing here is about a patient"
    CLIENT = "a bearer of a token of ours, in a role (MAGFLAG_AUTH)"
    EHR = "an EHR of the clients file, by a token it signs for each call (MAGFLAG_CDS_AUTH)"


class Role(StrEnum):
    """What the bearer of a token of ours may be."""

    INTEGRATION = "integration"
    CLINICIAN = "clinician"
    AUTHOR = "author"
    ADMIN = "admin"


EVERY_ROLE = frozenset(Role)
# Authors of rules try them on made-up profiles; whole records of patients are not their business.
WITH_PATIENTS = EVERY_ROLE - {Role.AUTHOR}
# Feedback is counted to see how rules fare. It is no way to watch over single clinicians.
ON_FEEDBACK = EVERY_ROLE - {Role.CLINICIAN}


@dataclass(frozen=True, slots=True)
class Access:
    """What one route allows; the roles matter where `who` is CLIENT."""

    who: Who
    query: frozenset[str] = frozenset()
    roles: frozenset[Role] = EVERY_ROLE


ACCESS: Mapping[str, Access] = {
    "evaluate.evaluate": Access(Who.CLIENT, frozenset({"explain"})),
    "cds.services": Access(Who.EHR),
    "cds.hook": Access(Who.EHR),
    "cds.feedback": Access(Who.EHR),
    "cds.summary": Access(Who.CLIENT, roles=ON_FEEDBACK),
    "cds.schema": Access(Who.ANYONE),
    "fhir.advise": Access(Who.CLIENT, roles=WITH_PATIENTS),
    # Clients of FHIR say in the address which format they want, which is the one we have (R4, RESTful API, _format).
    "fhir.metadata": Access(Who.CLIENT, frozenset({"_format", "_pretty"})),
    "fhir.definition": Access(Who.CLIENT, frozenset({"_format", "_pretty"})),
    "knowledge.rules": Access(Who.CLIENT),
    "knowledge.rule": Access(Who.CLIENT),
    "knowledge.claim": Access(Who.CLIENT),
    "knowledge.sources": Access(Who.CLIENT),
    "knowledge.source": Access(Who.CLIENT),
    "knowledge.pack": Access(Who.CLIENT),
    "operations.live": Access(Who.ANYONE),
    "operations.ready": Access(Who.ANYONE),
    "operations.metrics": Access(Who.ANYONE),
    "pages.landing": Access(Who.ANYONE),
    "pages.docs": Access(Who.ANYONE),
    "pages.openapi": Access(Who.ANYONE),
    "pages.style": Access(Who.ANYONE),
    "rule_pages.rules": Access(Who.ANYONE),
    "rule_pages.rule": Access(Who.ANYONE),
}


SERVICES = "cds-services"
BY_FIRST_PART = {SERVICES: Who.EHR, "fhir": Who.CLIENT, "review": Who.CLIENT, "v1": Who.CLIENT}


def first_part() -> str:
    """Return the first part of the path of this request."""
    return request.path.strip("/").partition("/")[0]


def access_of_request() -> Access:
    """Return what the route of this request allows."""
    if request.endpoint:
        return ACCESS[request.endpoint]
    return Access(BY_FIRST_PART.get(first_part(), Who.ANYONE))


def guard_routes(app: Flask) -> None:
    """Refuse to start with a route that does not declare its access; then hold every request to what is declared."""
    undeclared = {rule.endpoint for rule in app.url_map.iter_rules()} - set(ACCESS)
    if undeclared:
        raise RuntimeError(f"These routes do not declare who may call them: {', '.join(sorted(undeclared))}.")
    app.before_request(_check_query)


def _check_query() -> None:
    """Refuse what we would ignore: a misspelt parameter must not pass for one that was heard."""
    allowed = ACCESS[request.endpoint].query if request.endpoint else None
    if allowed is None:
        return
    known = f"Known here: {', '.join(sorted(allowed))}." if allowed else "This route takes none."
    given = [name for name, _ in request.args.items(multi=True)]
    problems = []
    if set(given) - allowed:
        problems.append(Problem("", "A query parameter is not known here.", known))
    if len(given) > len(set(given)):
        problems.append(Problem("", "A query parameter is given more than once.", "Give it once."))
    if problems:
        raise Refused(422, problems)
