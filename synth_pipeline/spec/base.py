"""The base of every declaration, and the union that is chosen by ``kind``."""

from typing import Any

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler


class Spec(BaseModel):
    """Frozen, and deaf to fields that nothing reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OneOf:
    """Marks a union that is chosen by its ``kind``.

    Its JSON schema is if/then instead of anyOf, so that an editor or ``dg check yaml`` names the one
    wrong field rather than every member of the union.
    """

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        members = handler(core).get("discriminator", {}).get("mapping", {})
        return {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"enum": list(members)}},
            "allOf": [
                {
                    "if": {"type": "object", "properties": {"kind": {"const": kind}}, "required": ["kind"]},
                    "then": {"$ref": reference},
                }
                for kind, reference in members.items()
            ],
        }


class OrAbsent:
    """Marks a field that may be left out.

    Its JSON schema has no null, so that an editor or ``dg check yaml`` names what is wrong inside the
    field rather than that neither of two schemas fits.
    """

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(core)
        given = [option for option in schema.pop("anyOf", []) if option != {"type": "null"}]
        return schema | given[0] if len(given) == 1 else schema
