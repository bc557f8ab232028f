"""What is kept for review, and who is acting on it, for every view that needs it."""

from werkzeug.exceptions import ServiceUnavailable

from schemas.review import Actor
from service.web.context import context
from service.web.ports import Reviews
from service.web.trust import bearer_of_request

# Where nothing is kept, nothing will be in a second; whoever runs the service must give it a database first.
SECONDS_WITHOUT_STORE = 60


def reviews() -> Reviews:
    """Return what is kept for review; a service that keeps nothing answers 503."""
    found = context().service.reviews
    if found is None:
        raise ServiceUnavailable(retry_after=SECONDS_WITHOUT_STORE)
    return found


def actor_of_request() -> Actor:
    """Return who makes this call, as the history will name them."""
    bearer = bearer_of_request()
    return Actor(bearer.name, bearer.role, bearer.tenant)
