"""What every answer tells the browser."""

from flask import Flask, Response, request

from service.web.access import Who, access_of_request

# No script runs here, ours or anybody's; the style sheet and the icon are our own.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
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

# A page for people has forms, which lead to us only, and which say that they come from us: without a referrer policy
# that lets them, a browser would send the Origin `null` with them (Fetch standard, append a request Origin header).
WITH_FORMS = {
    "Content-Security-Policy": POLICY.replace("form-action 'none'", "form-action 'self'"),
    "Referrer-Policy": "same-origin",
}


# The pages of the screen have one script, our own, for the keyboard; nothing stands in a page itself.
WITH_SCRIPT = {"Content-Security-Policy": f"{WITH_FORMS['Content-Security-Policy']}; script-src 'self'"}


def add_headers(app: Flask) -> None:
    """Put the headers on every answer, errors included."""

    def add(response: Response) -> Response:
        # Only a file whose address changes with its content says that it may be kept.
        kept = response.headers.get("Cache-Control") if request.blueprint == "assets" else None
        response.headers.update(HEADERS | ({"Cache-Control": kept} if kept else {}))
        is_for_people = access_of_request().who is Who.PERSON
        if is_for_people or request.blueprint == "people":
            response.headers.update(WITH_FORMS)
        if is_for_people:
            response.headers.update(WITH_SCRIPT)
        return response

    app.after_request(add)
