"""How prompts are read, and which instances schemas get."""

import jsonschema
import pytest

from synth_pipeline.mock.draws import Draws
from synth_pipeline.mock.prompt import read
from synth_pipeline.mock.rejection import Rejected
from synth_pipeline.mock.schema import Filling, strict_problem

PROMPT = """You write short questions.
label: card arrival
Count: 4
- where is my card
-   it has not come
```document
label: not this
- nor this
It ends here.
```
Write now.
"""


def filled(schema, count=1, **facts):
    return Filling(schema, lambda place: facts, Draws("test"), count).instance()


def closed(**properties):
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def test_a_prompt_is_read_over_all_messages_but_the_assistants():
    messages = [
        {"role": "system", "content": "label: the first"},
        {"role": "user", "content": [{"type": "text", "text": PROMPT}]},
        {"role": "assistant", "content": "label: wrong\n- wrong"},
        {"role": "user", "content": "That was no JSON."},
    ]
    prompt = read(messages)
    assert (prompt.label, prompt.count) == ("card arrival", 4)
    assert prompt.examples == ("where is my card", "it has not come")
    assert prompt.document == "label: not this\n- nor this\nIt ends here."
    assert prompt.last == "That was no JSON."


def test_a_prompt_without_any_of_it():
    prompt = read([{"role": "user", "content": "A label: of sorts - and no list"}])
    assert (prompt.label, prompt.count, prompt.document, prompt.examples) == (None, 1, None, ())


SCHEMAS = [
    closed(a={"type": "integer", "minimum": 3, "maximum": 4}, b={"type": "number", "minimum": 0.5, "maximum": 0.75}),
    closed(a={"type": "integer", "exclusiveMinimum": 5, "multipleOf": 7}, b={"const": "c"}, c={"type": "boolean"}),
    closed(a={"enum": ["x", "y", 3]}, b={"type": ["null", "string"]}, c={"type": "string", "format": "date"}),
    closed(a={"type": "string", "maxLength": 3}, b={"type": "string", "minLength": 300}, c={"type": "null"}),
    closed(a={"type": "array", "items": {"type": "integer"}, "minItems": 3}, b={"type": "array", "maxItems": 0}),
    closed(a={"anyOf": [{"type": "null"}, {"type": "integer"}]}, b={"oneOf": [{"type": "string"}]}),
    closed(a={"allOf": [{"type": "string"}, {"minLength": 90}]}),
    {
        "$defs": {"P": closed(name={"type": "string"})},
        **closed(people={"type": "array", "items": {"$ref": "#/$defs/P"}}),
    },
    {"$defs": {"N": closed(next={"anyOf": [{"$ref": "#/$defs/N"}, {"type": "null"}]})}, "$ref": "#/$defs/N"},
    {"$defs": {"T": closed(kids={"type": "array", "items": {"$ref": "#/$defs/T"}})}, "$ref": "#/$defs/T"},
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_instance_keeps_to_its_schema(schema):
    for count in (1, 2):
        jsonschema.validate(filled(schema, count), schema)


def test_known_fields_are_filled_and_wrong_kinds_are_not():
    schema = closed(text={"type": "string"}, label={"enum": ["a", "b"]}, start={"type": "integer"})
    assert filled(schema, text="said", label="b", start=7) == {"text": "said", "label": "b", "start": 7}
    other = filled(schema, text=5, label="c", start="x")
    jsonschema.validate(other, schema)


def test_lists_of_a_known_field_hold_it():
    assert filled(closed(questions={"type": "array", "items": {"type": "string"}}), 2, question="why?") == {
        "questions": ["why?", "why?"]
    }


@pytest.mark.parametrize("reference", ["#/$defs/nowhere", "#/$defs/round"])
def test_references_that_lead_nowhere_are_rejected(reference):
    with pytest.raises(Rejected, match="Invalid schema"):
        filled({"$defs": {"round": {"$ref": "#/$defs/round"}}, **closed(a={"$ref": reference})})


def test_strict_output_wants_closed_objects_with_all_fields_required():
    assert strict_problem(closed(properties=closed(a={"type": "string"}))) is None
    assert "additionalProperties" in (strict_problem({"type": "object", "properties": {}}) or "")
    inner = closed(a={"type": "string"}, b={"type": "string"}) | {"required": ["a"]}
    assert "Missing 'b'" in (strict_problem(closed(items={"type": "array", "items": inner})) or "")
    assert "object" in (strict_problem({"type": "array"}) or "")


def test_a_strict_schema_that_is_open_is_answered_with_400(mock_server, asked):
    answer = asked(mock_server, "x", {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]})
    assert answer.status == 400
    assert answer.body["error"]["param"] == "response_format"
