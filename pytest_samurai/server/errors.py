"""The errors of the API."""

from __future__ import annotations

from pytest_samurai.server.encoding import Json

ERROR_TYPES = {
    400: "bad_request",
    401: "auth_error",
    402: "insufficient_credits",
    403: "permission_denied",
    404: "not_found",
    422: "validation_error",
    429: "rate_limit_exceeded",
    500: "server_error",
    503: "model_unavailable",
}

ERRORS_ON_DEMAND = {
    "error-402": "the pay-as-you-go balance is empty",
    "error-403": "the model needs a higher plan",
    "error-429": "the day's requests for this plan are used up",
    "error-500": "something broke on our side",
    "error-503": "the provider behind the gateway is down",
}
"""Models that always give an error, and its message. A wrong request is enough to get the other errors."""


class ApiError(Exception):
    """A request that gets an error reply: the HTTP status, and a message for people."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def error_object(status: int, message: str) -> Json:
    """`{"error": {"type", "message", "code"}}`, where `code` is the HTTP status as a number."""
    return {"error": {"type": ERROR_TYPES.get(status, "bad_request"), "message": message, "code": status}}
