"""Who may call which route, and with which query parameters.

The table is complete: an application with a route that is not in it does not start.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from flask import Flask, request

from schemas.problem import Problem, Refused


class Who(Enum):
    """Who may call a route."""

    ANYONE = "anyone who reaches the address: nothing here is about a patient"
    CLIENT = "a client; with a token, once MAGFLAG_AUTH=required is built"


@dataclass(frozen=True, slots=True)
class Access:
    """What one route allows."""

    who: Who
    query: frozenset[str] = frozenset()


ACCESS: Mapping[str, Access] = {
    "evaluate.evaluate": Access(Who.CLIENT, frozenset({"explain"})),
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
}


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
