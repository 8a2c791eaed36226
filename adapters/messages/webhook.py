"""Signs what a command centre is told of a flag and posts it: HMAC-SHA256 over time and body, and an id."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

import requests

from adapters.messages.bounded import FAILED, SENT, UNKNOWN, Bounded, Outcome
from adapters.messages.channels import Webhook
from adapters.messages.sender import CONNECT_S, MOST_S, READ_S

GONE = (400, 404, 405, 410, 413, 415, 422)  # another attempt with the same body would end alike


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature of a body sent at ``timestamp`` (whole seconds since 1970 as text): hex HMAC-SHA256."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class Poster:
    """Posts signed bodies. Never raises for what a receiver does."""

    def __init__(self, *, connect_s: float = CONNECT_S, read_s: float = READ_S, most_s: float = MOST_S) -> None:
        self._timeouts = (connect_s, read_s)
        self._bounded = Bounded(most_s)

    def post(self, webhook: Webhook, told: dict[str, Any], *, now: datetime) -> Outcome:
        """Posts once: 2xx is ``sent``. ``told["id"]`` is the same at every attempt, so a receiver can drop doubles."""
        body = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        timestamp = str(int(now.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Antre",
            "X-Antre-Id": str(told["id"]),
            "X-Antre-Event": str(told["event"]),
            "X-Antre-Timestamp": timestamp,
            "X-Antre-Signature": f"sha256={sign(webhook.secret, timestamp, body)}",
        }

        def attempt() -> Outcome:
            try:
                with requests.post(
                    webhook.url,
                    data=body,
                    headers=headers,
                    timeout=self._timeouts,
                    allow_redirects=False,
                    stream=True,  # what the receiver says besides its status is not waited for
                ) as answer:
                    status = answer.status_code
            except requests.ConnectTimeout:
                return Outcome(FAILED, "unreachable")
            except requests.Timeout:
                return Outcome(UNKNOWN, "no_answer")
            except requests.RequestException:
                return Outcome(FAILED, "unreachable")
            if 200 <= status < 300:
                return Outcome(SENT)
            return Outcome(FAILED, f"http_{status}", again=status not in GONE)

        return self._bounded.run(webhook.name, attempt)
