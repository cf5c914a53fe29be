"""Answers with a secret in them: stored with its seed, told with the secret itself."""

import json
from collections.abc import Callable

from fastapi import Response
from fastapi.responses import JSONResponse


def reveal(stored: Response, name: str, of_seed: Callable[[str], str]) -> Response:
    """`stored` with the secret in the place of its seed: on a second try it is the same one again."""
    body = json.loads(bytes(stored.body))
    kept = ("location", "idempotency-replayed")
    headers = {header: stored.headers[header] for header in kept if header in stored.headers}
    # Nobody on the way may keep it.
    headers["Cache-Control"] = "no-store"
    return JSONResponse({**body, name: of_seed(body[name])}, stored.status_code, headers)
