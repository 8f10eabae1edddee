"""What the OpenAPI document is told of one method of a path."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.web.schemas import Form

Json = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One method of a path: what goes in, what comes out, and the codes of its own refusals.

    `success` is a status and the type of its body; `session` is a customer's, `staff` means a request
    signed by one of the operator's staff or systems. The codes that every operation has in common are
    added by `codes`.
    """

    method: str
    path: str
    name: str
    summary: str
    success: tuple[int, Any]
    body: type[Form] | None = None
    session: bool = False
    staff: bool = False
    parameters: Sequence[Json] = ()
    refusals: Sequence[str] = ()

    @property
    def codes(self) -> set[str]:
        """Every code with which the operation may be refused."""
        codes = {"unsupported_media_type", *self.refusals}
        if self.body:
            codes |= {"malformed_body", "body_too_large"}
        if self.session:
            codes |= {"not_logged_in"}
        if self.staff:
            codes |= {"forbidden"}
        if self.body or self.session or self.staff:  # the others ask nothing of AWS
            codes |= {"internal_error", "unavailable"}
        return codes


def parameter(name: str, place: str, schema: Json, description: str) -> Json:
    """A parameter of a path or query."""
    required = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, "description": description, "schema": schema} | required
