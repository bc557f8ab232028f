"""What every answer tells the browser."""

from flask import Flask, Response

# No script runs anywhere, ours or anybody's; the one style sheet is our own.
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# A Server of our own keeps the server from naming itself.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Server": "magflag",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def add_headers(app: Flask) -> None:
    """Put the headers on every answer, errors included."""

    def add(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    app.after_request(add)
