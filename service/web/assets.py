"""Style, script and icon: our own files, each at an address that holds its digest, so that browsers may keep them."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from flask import Blueprint, Flask, Response
from werkzeug.exceptions import NotFound

FOLDER = files("service.web") / "static"
TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
DIGITS = 12
# The address changes with the content, so what is at it never does.
FOREVER = "public, max-age=31536000, immutable"

blueprint = Blueprint("assets", __name__)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, its type, and the name in its address."""

    body: bytes
    type: str
    name: str


def _asset(file: str, body: bytes) -> Asset:
    stem, _, ending = file.rpartition(".")
    return Asset(body, TYPES[ending], f"{stem}.{hashlib.sha256(body).hexdigest()[:DIGITS]}.{ending}")


# Read once: an address then only chooses among names, and never becomes a path.
ASSETS = {file.name: _asset(file.name, file.read_bytes()) for file in FOLDER.iterdir() if file.is_file()}
BY_NAME = {asset.name: asset for asset in ASSETS.values()}


@blueprint.get("/assets/<name>")
def asset(name: str) -> Response:
    """Return a file; an address with another digest is no address of ours."""
    found = BY_NAME.get(name)
    if found is None:
        raise NotFound
    response = Response(found.body, content_type=found.type)
    response.headers["Cache-Control"] = FOREVER
    return response


def install_assets(app: Flask) -> None:
    """Let templates name a file by what it is called in its folder."""
    app.jinja_env.globals["asset"] = address_of


def address_of(file: str) -> str:
    """Return the address of a file of the folder."""
    return f"/assets/{ASSETS[file].name}"
