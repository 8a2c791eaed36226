"""How a refusal is told: ``application/problem+json`` to programs (RFC 9457), a page to people; never a traceback."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, json, render_template, request
from werkzeug.exceptions import HTTPException

from hall.errors import Refusal

log = logging.getLogger("antre.web")
CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
SENTENCES = {
    400: "Permintaan tidak dapat dibaca.",
    404: "Halaman atau data ini tidak ada.",
    405: "Cara permintaan ini tidak dilayani di sini.",
    413: "Isi permintaan terlalu besar.",
}


def problem(status: int, code: str, message: str, extra: dict[str, Any] | None = None) -> Response:
    """A problem document; the page's own look when a person's browser asked for a page."""
    if wants_page():
        page = render_template("web/error.html", status=status, code=code, message=message)
        response = Response(page, status, content_type="text/html; charset=utf-8")
    else:
        body = {"type": f"urn:antre:problem:{code}", "title": HTTPStatus(status).phrase, "status": status}
        body |= {"detail": message, "code": code}
        body = (extra or {}) | body  # what a refusal adds never hides what every problem says
        response = Response(json.dumps(body), status, content_type="application/problem+json")
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="antre"'
    if extra and "retry_after" in extra:
        response.headers["Retry-After"] = str(extra["retry_after"])
    return response


def wants_page() -> bool:
    """Whether a person's browser asked for a page rather than a program for data."""
    return not request.path.startswith(("/api/", "/healthz", "/readyz", "/metrics", "/iclock")) and bool(
        request.accept_mimetypes.accept_html
    )


def tell_problems(app: Flask) -> None:
    """Hangs the handlers into the app."""

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> Response:
        return problem(refusal.status, refusal.code, refusal.message, refusal.extra)

    @app.errorhandler(HTTPException)
    def http(fault: HTTPException) -> Response:
        if fault.response is not None:
            return fault.response  # type: ignore[return-value]
        status = fault.code or 500
        message = SENTENCES.get(status, fault.description or "Permintaan tidak dapat dilayani.")
        return problem(status, CODES.get(status, f"http_{status}"), message)

    @app.errorhandler(Exception)
    def broken(fault: Exception) -> Response:
        # the rule, not the path: the path of a phone's page is the ticket's secret
        log.error("unexpected fault at %s %s", request.method, request.url_rule, exc_info=fault)
        # nothing of what was recorded: it may have come before the commit or after it
        return problem(500, "internal", "Terjadi kesalahan di server; hubungi petugas.")
