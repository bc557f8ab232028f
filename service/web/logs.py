"""One line of JSON per request, on standard error, made only of what cannot hold a patient's data.

Bodies, paths, query strings, header values and the messages of exceptions never come near a log call.
"""

import logging
import sys
import traceback
from time import perf_counter
from typing import Any, Protocol

import structlog
from flask import Flask, Response, g, request

# A method or a path that is not ours was invented by the caller, and may hold anything.
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
UNMATCHED = "unmatched"


class Log(Protocol):
    """The two things we say."""

    def info(self, event: str, **fields: Any) -> Any:
        """Say that something happened."""
        ...

    def error(self, event: str, **fields: Any) -> Any:
        """Say that something went wrong."""
        ...


def make_log() -> Log:
    """Return a log that writes one line of JSON per event to standard error."""
    log: Log = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    return log


def route_of_request() -> str:
    """Return the template of the route, never the path that was asked for."""
    return request.url_rule.rule if request.url_rule else UNMATCHED


def method_of_request() -> str:
    """Return the method, if it is one that exists."""
    return request.method if request.method in METHODS else "other"


def log_requests(app: Flask, log: Log) -> None:
    """Write a line after each request."""

    def start() -> None:
        g.started = perf_counter()

    def finish(response: Response) -> Response:
        spent = (perf_counter() - g.started) * 1000
        log.info(
            "request",
            method=method_of_request(),
            route=route_of_request(),
            status=response.status_code,
            milliseconds=round(spent, 1),
        )
        return response

    app.before_request(start)
    app.after_request(finish)


def log_failure(log: Log, error: BaseException) -> None:
    """Say which exception it was and where it was raised; its message may hold a patient's data, so it stays unsaid."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].name}:{frames[-1].lineno}" if frames else "unknown"
    log.error("failure", error=type(error).__name__, where=where, route=route_of_request())
