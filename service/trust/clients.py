"""Reads the clients file: every mistake at once, each with its place."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

from schemas.client import Client
from schemas.clients_file import ClientsFileSchema
from schemas.problem import Problem, Refused
from schemas.strict import did_you_mean
from service.intake.strict_json import parse
from service.knowledge.files import checked
from service.knowledge.yaml_strict import BrokenYaml, Document, read, type_path
from service.trust.audience import covers
from service.trust.keys import UnusableKey, key_of
from service.trust.smart_entries import launched_twice, smart_of

MOST_BYTES = 262_144
SHAPE = 'Its shape is {"keys": [...]}, with one key or more (RFC 7517).'


class BrokenClients(Exception):
    """The clients file holds mistakes; all of them are told at once, at `file:line:column`."""

    def __init__(self, problems: Collection[Problem]) -> None:
        super().__init__(f"{len(problems)} problem(s) in the clients file")
        self.problems = sorted(set(problems), key=_place)


def load_clients(path: Path, services: Collection[str] | None = None) -> tuple[Client, ...]:
    """Return the clients of a file; raise BrokenClients. `services` are the ids that exist, where they are known."""
    document = _read(path)
    data = checked(document, ClientsFileSchema(), document.data, ())
    if document.problems or data is None:
        raise BrokenClients(document.problems)
    key_sets = [_jwks(document, path.parent, number, row) for number, row in enumerate(data["clients"])]
    clients = tuple(
        replace(_client(row, jwks), smart=smart_of(document, path.parent, number, row))
        for number, (row, jwks) in enumerate(zip(data["clients"], key_sets, strict=True))
    )
    document.problems.extend(_unreachable(document, clients))
    document.problems.extend(_confused(document, clients))
    document.problems.extend(launched_twice(document, clients))
    document.problems.extend(_unknown_services(document, data["clients"], services))
    if document.problems:
        raise BrokenClients(document.problems)
    return clients


def _read(path: Path) -> Document:
    try:
        return read(path, path.name)
    except BrokenYaml as broken:
        raise BrokenClients([broken.problem]) from None
    except OSError as error:
        told = f"This file cannot be read ({error.strerror})."
        raise BrokenClients([Problem(f"{path.name}:1:1", told, "MAGFLAG_CLIENTS names it.")]) from None


def _place(problem: Problem) -> tuple[int, int, str]:
    _, line, column = problem.at.rsplit(":", 2)
    return int(line), int(column), problem.message


def _client(row: Mapping[str, Any], jwks: tuple[dict[str, Any], ...]) -> Client:
    services = row.get("services")
    return Client(
        name=row["name"],
        tenant=row["tenant"],
        issuer=row["issuer"],
        audience=tuple(row["audience"]),
        jwks=jwks,
        jku=row.get("jku"),
        services=None if services is None else frozenset(services),
        fhir_servers=tuple(row.get("fhir_servers", ())),
        max_token_seconds=int(row.get("max_token_seconds", 300)),
        origins=tuple(row.get("origins", ())),
        flavour=row.get("flavour", "generic"),
        token_tenant=row.get("token_tenant"),
    )


def _jwks(document: Document, folder: Path, number: int, row: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return the keys that stand in the clients file or beside it; note every one that cannot be used."""
    path: type_path = ("clients", number, "jwks", "keys")
    keys = row.get("jwks", {}).get("keys", [])
    if "jwks_file" in row:
        path = ("clients", number, "jwks_file")
        keys = _keys_of_file(document, path, folder / row["jwks_file"])
    kids: set[str] = set()
    for index, jwk in enumerate(keys):
        place = (*path, index)
        prefix = f"Key {index + 1} of the key set: " if "jwks_file" in row else ""
        try:
            kid = key_of(jwk).kid
        except UnusableKey as unusable:
            document.problems.append(document.problem(place, f"{prefix}{unusable}", unusable.hint))
            continue
        if kid in kids:
            told = f"{prefix}Another key of this client has the same `kid`."
            document.problems.append(document.problem(place, told, "A token names its key, so each needs its own."))
        kids.add(kid)
    return tuple(keys)


def _keys_of_file(document: Document, path: type_path, file: Path) -> list[dict[str, Any]]:
    try:
        data = parse(file.read_bytes(), MOST_BYTES)
    except OSError as error:
        told = f"The key set cannot be read ({error.strerror})."
        document.problems.append(document.problem(path, told, "Its path is relative to the clients file."))
        return []
    except Refused as refused:
        told = f"The key set cannot be read. {refused.problems[0].message}"
        document.problems.append(document.problem(path, told, SHAPE))
        return []
    keys = data.get("keys") if isinstance(data, dict) else None
    if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) for key in keys):
        document.problems.append(document.problem(path, "This file is not a key set.", SHAPE))
        return []
    return keys


def _unreachable(document: Document, clients: tuple[Client, ...]) -> Iterator[Problem]:
    """Yield the audiences that no token can be meant for."""
    for number, client in enumerate(clients):
        for index, base in enumerate(client.audience):
            if not covers(base, base):
                place = ("clients", number, "audience", index)
                yield document.problem(place, "This address can be read in two ways.", "Write it without % and dots.")


def _confused(document: Document, clients: tuple[Client, ...]) -> Iterator[Problem]:
    """Yield the clients that one token, or one log line, could mean both of."""
    for (_, first), (number, second) in combinations(enumerate(clients), 2):
        if first.name == second.name:
            yield document.problem(
                ("clients", number, "name"), f"`{second.name}` is the name of two clients.", "Rename one."
            )
        if first.issuer == second.issuer and _share_tenant(first, second) and _share_audience(first, second):
            told = f"This client has the issuer of `{first.name}`, and nothing tells their tokens apart."
            hint = "Give each its own audience, or its own token_tenant."
            yield document.problem(("clients", number, "issuer"), told, hint)


def _share_tenant(first: Client, second: Client) -> bool:
    return None in (first.token_tenant, second.token_tenant) or first.token_tenant == second.token_tenant


def _share_audience(first: Client, second: Client) -> bool:
    return any(covers(one, two) or covers(two, one) for one in first.audience for two in second.audience)


def _unknown_services(
    document: Document, rows: list[Mapping[str, Any]], services: Collection[str] | None
) -> Iterator[Problem]:
    for number, row in enumerate(rows):
        for index, service in enumerate(row.get("services", ())):
            if services is not None and service not in services:
                place = ("clients", number, "services", index)
                yield document.problem(place, "There is no such service.", did_you_mean(service, tuple(services)))
