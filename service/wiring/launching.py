"""Launches from an EHR (SMART App Launch 2.2, EHR launch): who came, and the record of the patient they came with."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from schemas.client import Client, Smart
from schemas.hook import GIVEN, Part
from schemas.person import BY_LAUNCH, Launched, Login
from schemas.review import Actor
from service.fetch import Fetcher, FetchFailed
from service.fetch.forms import Asker, is_server, well_known
from service.intake.fhir.fetched import record_of
from service.presenters.plain import to_bytes
from service.trust.asking import Question, Us, address_to_ask
from service.trust.people import name_of
from service.trust.untrusted import Untrusted
from service.wiring.endpoints import Endpoints, LoginServer, endpoints_of
from service.wiring.remembered import Remembered

DOCUMENT = "smart-configuration"
TYPES = (
    "Patient", "Condition", "Observation", "MedicationRequest", "MedicationStatement", "AllergyIntolerance",
    "Procedure", "NutritionOrder",
)  # fmt: skip
# To read, and nothing else (SMART App Launch 2.2, Scopes for requesting FHIR resources).
USUAL_SCOPES = " ".join(("launch", "openid", "fhirUser", *(f"patient/{kind}.rs" for kind in TYPES)))
FHIR_ID = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)
STAFF = re.compile(r"(?:.*/)?((?:Practitioner|PractitionerRole)/[A-Za-z0-9.-]{1,64})", re.ASCII)
LONGEST_CONTEXT = 64
# Somebody who waits for a page waits longer than an EHR that asks for cards.
SECONDS_FOR_RECORD = 6.0
CLINICIAN = "clinician"


class EhrLaunches:
    """See service.web.people_ports.Launches. `queries` are what is asked about a patient, by prefetch key.

    Each client's own servers are asked, and those that its entry names; tokens are used for this and forgotten.
    """

    def __init__(
        self,
        clients: Sequence[Client],
        queries: Callable[[str], Mapping[str, str]],
        fetcher: Fetcher,
        certificates: str | None = None,
    ) -> None:
        self._clients = [client for client in clients if client.smart]
        self._queries = queries
        self._fetcher = fetcher
        self._certificates = certificates
        self._known: Remembered[Endpoints] = Remembered(self._ask)

    def begin(self, server: str, launch: str, question: Question, now: datetime) -> str:
        """Return the address to send a browser to; raise Untrusted for a server that nobody listed, or FetchFailed."""
        base, _, smart = self._listed(server)
        at = self._known.get(base, now)
        asked = _redirected(question, smart)
        # `aud` is the server as it named itself, so that it cannot be told that its token is for another.
        return address_to_ask(at.authorize, _us(smart), asked, smart.scopes or USUAL_SCOPES, aud=server, launch=launch)

    def finish(self, server: str, question: Question, code: str, issuer: str | None, now: datetime) -> Launched:
        """Return what the launch brought; raise Untrusted, or FetchFailed where login or record cannot be had."""
        base, client, smart = self._listed(server)
        ehr = LoginServer(self._asker(client, smart), self._known.get(base, now), _us(smart))
        asked = _redirected(question, smart)
        tokens = ehr.redeem(asked, code, issuer, now)
        patient = tokens.get("patient")
        if not isinstance(patient, str) or FHIR_ID.fullmatch(patient) is None:
            raise FetchFailed("The server did not say which patient it is about.")
        actor = _actor(ehr.claims(asked, tokens, now), client)
        context = tokens.get("appContext")
        return Launched(
            # Only an EHR that shows the patient itself says false; one that says nothing may not.
            login=Login(actor, BY_LAUNCH, needs_banner=tokens.get("need_patient_banner") is not False),
            patient=patient,
            record=self._record(base, client, patient, _access_token(tokens)),
            context=context if isinstance(context, str) and 0 < len(context) <= LONGEST_CONTEXT else None,
        )

    def _record(self, base: str, client: Client, patient: str, token: str) -> bytes:
        """Return the record that the token opens, what could not be had included; raise FetchFailed without a patient.

        A record in which nobody can be recognised is not shown: it might be anybody's.
        """
        parts = self._fetcher.fetch(base, token, self._queries(patient), client.fhir_servers)
        if not _is_there(parts["patient"], patient):
            raise FetchFailed("The server did not give the patient it named.")
        return to_bytes(record_of(tuple(parts.values())))

    def _listed(self, server: str) -> tuple[str, Client, Smart]:
        """Return the listed server that this is, as it stands in the clients file, its client, and how we are known."""
        for client in self._clients:
            for base in client.fhir_servers:
                if client.smart and is_server(server, (base,)):
                    return base, client, client.smart
        raise Untrusted("iss")

    def _ask(self, base: str) -> Endpoints:
        _, client, smart = self._listed(base)
        asker = self._asker(client, smart)
        return endpoints_of(asker.get_json(well_known(base, DOCUMENT)), asker, must_list_pkce=True)

    def _asker(self, client: Client, smart: Smart) -> Asker:
        return Asker((*client.fhir_servers, *smart.servers), certificates=self._certificates)


def _us(smart: Smart) -> Us:
    return Us(smart.client_id, smart.secret, smart.private_key)


def _redirected(question: Question, smart: Smart) -> Question:
    return replace(question, redirect=smart.redirect) if smart.redirect else question


def _actor(claims: dict[str, Any], client: Client) -> Actor:
    """Return the practitioner who came. A patient may launch apps, too; this screen is not for them."""
    said = claims.get("fhirUser") or claims.get("profile")
    staff = STAFF.fullmatch(said) if isinstance(said, str) else None
    if staff is None:
        raise Untrusted("not_staff", client.name)
    # The name alone is not enough for a history: two of one name may work there.
    here = f"{staff[1]} at {client.name}"
    name = claims.get("name")
    return Actor(f"{name_of({'name': name})}, {here}" if name else here, CLINICIAN, client.tenant)


def _access_token(tokens: Mapping[str, Any]) -> str:
    token, kind = tokens.get("access_token"), tokens.get("token_type")
    if not isinstance(token, str) or not token or not isinstance(kind, str) or kind.lower() != "bearer":
        raise FetchFailed("The server gave no access token that we can use.")
    return token


def _is_there(part: Part, patient: str) -> bool:
    page = part.pages[0] if part.state == GIVEN and part.pages else None
    return isinstance(page, dict) and (page.get("resourceType"), page.get("id")) == ("Patient", patient)
