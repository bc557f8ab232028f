"""Who may call which route, and with which query parameters.

The table is complete: an application with a route that is not in it does not start. An address that is no route is
held to what its first part says, so that a stranger cannot learn which addresses there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum

from flask import Flask, request

from schemas.problem import Problem, Refused
from service.web.advisory_query import NAMES as WORKLIST


class Who(Enum):
    """Who may call a route."""

    ANYONE = "anyone who reaches the address: nothing here is about a patient"
    CLIENT = "a bearer of a token of ours, in a role (MAGFLAG_AUTH)"
    EHR = "an EHR of the clients file, by a token it signs for each call (MAGFLAG_CDS_AUTH)"
    PERSON = "somebody who is logged in, in a role, by a session and for pages only (MAGFLAG_AUTH)"


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
# A decision is a clinician's, never that of the program that sent the patient.
DECIDES = frozenset({Role.CLINICIAN, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Access:
    """What one route allows; the roles matter where `who` is CLIENT or PERSON. A `query` of None is any at all."""

    who: Who
    query: frozenset[str] | None = frozenset()
    roles: frozenset[Role] = EVERY_ROLE


ACCESS: Mapping[str, Access] = {
    "evaluate.evaluate": Access(Who.CLIENT, frozenset({"explain"})),
    "advisories.keep": Access(Who.CLIENT, roles=WITH_PATIENTS),
    "advisories.worklist": Access(Who.CLIENT, WORKLIST, roles=WITH_PATIENTS),
    "advisories.one": Access(Who.CLIENT, roles=WITH_PATIENTS),
    "advisories.decide": Access(Who.CLIENT, roles=DECIDES),
    "advisories.sign": Access(Who.CLIENT, roles=DECIDES),
    "advisories.history": Access(Who.CLIENT, roles=WITH_PATIENTS),
    "advisories.replay": Access(Who.CLIENT, roles=WITH_PATIENTS),
    "advisories.diff": Access(Who.CLIENT, roles=WITH_PATIENTS),
    "cds.services": Access(Who.EHR),
    "cds.hook": Access(Who.EHR),
    "cds.feedback": Access(Who.EHR),
    "cds.summary": Access(Who.CLIENT, roles=ON_FEEDBACK),
    "cds.schema": Access(Who.ANYONE),
    "fhir.advise": Access(Who.CLIENT, roles=WITH_PATIENTS),
    # Clients of FHIR say in the address which format they want, which is the one we have (R4, RESTful API, _format).
    "fhir.metadata": Access(Who.CLIENT, frozenset({"_format", "_pretty"})),
    "fhir.definition": Access(Who.CLIENT, frozenset({"_format", "_pretty"})),
    # A provider may add what it likes to its answer (RFC 6749, section 4.1.2), and an EHR to its launch.
    "launch.launch": Access(Who.ANYONE, None),
    "launch.callback": Access(Who.ANYONE, None),
    "people.login": Access(Who.ANYONE, frozenset({"next"})),
    "people.name": Access(Who.ANYONE),
    "people.start": Access(Who.ANYONE, frozenset({"next"})),
    "people.callback": Access(Who.ANYONE, None),
    "people.logout": Access(Who.ANYONE),
    "people.logged_out": Access(Who.ANYONE),
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
    "assets.asset": Access(Who.ANYONE),
    "review.advisory": Access(Who.PERSON, frozenset({"recorded"}), WITH_PATIENTS),
    "review.printed": Access(Who.PERSON, roles=WITH_PATIENTS),
    "review.decide": Access(Who.PERSON, roles=DECIDES),
    "review.sign": Access(Who.PERSON, roles=DECIDES),
    # A patient's name is looked for by a form that is posted: an address is logged on its way.
    "review_list.worklist": Access(Who.PERSON, WORKLIST - {"text", "size"}, WITH_PATIENTS),
    "review_list.find": Access(Who.PERSON, roles=WITH_PATIENTS),
    "review_list.new": Access(Who.PERSON, frozenset({"example"}), WITH_PATIENTS),
    "review_list.create": Access(Who.PERSON, roles=WITH_PATIENTS),
    "review_list.diff": Access(Who.PERSON, roles=WITH_PATIENTS),
    "review_list.screen_help": Access(Who.PERSON),
    "rule_pages.rules": Access(Who.ANYONE),
    "rule_pages.rule": Access(Who.ANYONE),
}


SERVICES = "cds-services"
BY_FIRST_PART = {SERVICES: Who.EHR, "fhir": Who.CLIENT, "review": Who.PERSON, "v1": Who.CLIENT}


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
