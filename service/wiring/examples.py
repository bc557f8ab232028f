"""Made-up patients for a first look: kept once, however often the service starts."""

import hashlib
from datetime import datetime
from pathlib import Path

from schemas.client import NOBODY
from schemas.review import Actor
from service.wiring.answering import PROFILE
from service.wiring.reviewing import Reviewing

BY = Actor(name="examples", role="integration", tenant=NOBODY.tenant)
LENGTH_OF_DIGEST = 16


def seed_examples(reviews: Reviewing, folder: Path, now: datetime) -> int:
    """Keep every profile in a folder (*.json) for this machine's own tenant; return how many were new.

    A file that was edited since is another request, and its advisory takes the place of the older one.
    """
    return sum(_keep(reviews, file, now) for file in sorted(folder.glob("*.json")))


def _keep(reviews: Reviewing, file: Path, now: datetime) -> bool:
    body = file.read_bytes()
    key = f"example:{file.stem[:64]}:{hashlib.sha256(body).hexdigest()[:LENGTH_OF_DIGEST]}"
    label = f"Example: {file.stem.replace('-', ' ')}"
    return reviews.keep(body, kind=PROFILE, actor=BY, now=now, key=key, label=label).is_new
