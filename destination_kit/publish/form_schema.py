"""The form schema: a mapping's schema that any form generator can draw.

Each field is a `oneOf` of a few choices: a literal of one type, an event variable, a template,
`@if`, `@arrayPath`, or JSON for everything else that the kit takes. A value fits exactly one of
them. A form takes what `configure` takes, and refuses what it refuses; `docs/ui.md` lists what may
differ. Defaults are a document of their own: in the schema they would return to saved mappings.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from destination_kit._json import as_array
from destination_kit.fields import collect_defaults, drop_conditions, iter_fields
from destination_kit.mapping import DIRECTIVES
from destination_kit.publish.choices import (
    LEAVE_OUT,
    Definitions,
    build_array_choice,
    build_json_choice,
    build_open_value,
    iter_directive_choices,
)
from destination_kit.publish.grammar import NO_DIRECTIVE_KEYS, JsonDict, refer
from destination_kit.publish.literals import (
    OPEN_FORMATS,
    SCALAR_TYPES,
    TYPE_KEYWORDS,
    Position,
    build_literal_operand,
    get_grammar,
    is_nullable,
    list_constants,
    list_literal_types,
    list_other_literals,
)
from destination_kit.publish.widgets import get_item_schema, get_widget_kind

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

ANNOTATIONS = ("title", "description", "writeOnly")
LITERAL_TITLES = {
    "string": "Text",
    "number": "Number",
    "integer": "Whole number",
    "boolean": "Yes or no",
    "array": "List",
    "object": "Properties",
}
#: Form generators do not know these formats. `vocabulary.json` describes them.
CUSTOM_FORMATS = frozenset({"date-like", "text"})


def build_form_schema(
    schema: JsonObject,
    document: str,
    directives: Collection[str] = tuple(DIRECTIVES),
    *,
    partial: bool = False,
) -> JsonDict:
    """Return the form schema of an action's fields, for the document with this `$id`.

    Titles, descriptions and `x-` annotations stay on the field. A `partial` mapping extends the
    action's defaults, so that it may leave out a required field that has one.
    """
    definitions = Definitions(document, directives)
    form = build_form_rules(schema, definitions, partial=partial)
    return form | {"definitions": definitions.build()}


def build_form_rules(
    schema: JsonObject, definitions: Definitions, *, partial: bool = False
) -> JsonDict:
    """Return a form schema without its definitions, which other schemas may share."""
    builder = _FormBuilder(definitions)
    defaults = collect_defaults(schema) if partial else {}
    # A field that a partial mapping leaves out may have a default, which no condition sees.
    rules = drop_conditions(schema) if partial else schema
    form = {
        key: value
        for key, value in rules.items()
        # The kit warns of an unknown field, and leaves it out.
        if key not in ("additionalProperties", "properties", "required")
    }
    names = [name for name in as_array(schema.get("required")) if name not in defaults]
    form |= {"required": names} if names else {}
    if "properties" in schema:
        required = as_array(schema.get("required"))
        form["properties"] = {
            name: builder.build_field(field, "field", required=name in required)
            for name, field in iter_fields(schema)
        }
    if "properties" not in schema or schema.get("additionalProperties"):
        form["additionalProperties"] = build_open_value(definitions)
    # The fields follow the grammar already. This is for names that no field has. Form generators
    # resolve references outside of `not` themselves, and would follow the grammar without end.
    return form | {"not": {"not": refer("mapping", definitions.document)}}


def strip_custom_format(field: JsonObject) -> JsonDict:
    """Return a field without a format of the kit's own."""
    is_custom = field.get("format") in CUSTOM_FORMATS
    return {key: value for key, value in field.items() if not (is_custom and key == "format")}


class _FormBuilder:
    """Builds the fields of one document, which share definitions."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions

    def build_field(self, field: JsonObject, position: Position, *, required: bool) -> JsonDict:
        annotations = {
            key: value for key, value in field.items() if key in ANNOTATIONS or key.startswith("x-")
        }
        annotations |= _build_widget_annotations(field)
        rules = _build_rules(strip_custom_format(field), position, required=required)
        choices = self._list_choices(field, position, required=required)
        return annotations | rules | {"oneOf": choices}

    def _list_choices(
        self, field: JsonObject, position: Position, *, required: bool
    ) -> list[JsonDict]:
        types = list_literal_types(field)
        literals = [self._build_literal(name, field, position) for name in types]
        scalars = [literal for literal in literals if literal["type"] in SCALAR_TYPES]
        drawn = [*iter_directive_choices(scalars)]
        if not {"array", "object"}.isdisjoint(types):
            drawn.append(build_array_choice(get_item_schema(field), self.definitions))
        other = list_other_literals(field, position, required=required)
        literal = build_literal_operand(field, other, position, required=required)
        grammar = get_grammar(position)
        json_choice = build_json_choice(drawn, other, literal, self.definitions, grammar)
        # A list drops null, so that its items need no choice to leave one out.
        nullable = is_nullable(field, required=required) and position != "item"
        shared = [*drawn, json_choice, *([LEAVE_OUT] if nullable else [])]
        return [*literals, *map(self.definitions.add, shared)]

    def _build_literal(self, type_name: str, field: JsonObject, position: Position) -> JsonDict:
        keywords = _select_choice_keywords(field, type_name)
        literal = {"title": LITERAL_TITLES[type_name], **keywords, "type": type_name}
        if type_name == "array":
            return literal | {"items": self._build_items(get_item_schema(field))}
        return literal | self._build_object(field, position) if type_name == "object" else literal

    def _build_items(self, items: JsonObject) -> JsonDict:
        if not items:
            return build_open_value(self.definitions, "item")
        return self.build_field(items, "item", required=True)

    def _build_object(self, field: JsonObject, position: Position) -> JsonDict:
        """Return the keywords of a literal object: its fields, each with choices, or an open map."""
        keywords = dict(NO_DIRECTIVE_KEYS)
        grammar = get_grammar(position)
        if "properties" not in field:
            values = build_open_value(self.definitions, grammar)
            return keywords | {"additionalProperties": values}
        required = as_array(field.get("required"))
        inner: Position = "item" if position == "item" else "member"
        keywords["properties"] = {
            name: self.build_field(member, inner, required=name in required)
            for name, member in iter_fields(field)
        }
        if field.get("additionalProperties"):
            keywords["additionalProperties"] = build_open_value(self.definitions, grammar)
        # The kit drops other names, whose values follow the grammar all the same.
        return keywords | {"not": {"not": refer(grammar, self.definitions.document)}}


def _build_widget_annotations(field: JsonObject) -> JsonDict:
    """Return what a format asks of an input, because a form generator need not know the format."""
    if get_widget_kind(field) == "password":
        return {"writeOnly": True}
    return {"x-multiline": True} if field.get("format") == "text" else {}


def _build_rules(field: JsonDict, position: Position, *, required: bool) -> JsonDict:
    """Return the rules of a field's values, beside its choices.

    Inside of the choices, they would give a message for each choice that a wrong value does not
    fit.
    """
    rules = {key: rule for key, rule in field.items() if key in TYPE_KEYWORDS}
    is_text = "string" in list_literal_types(field)
    if rules.get("format") in OPEN_FORMATS:
        del rules["format"]
    if position != "field" or not is_text:
        return rules
    if required:
        return {**rules, "minLength": max(1, int(rules.get("minLength", 1)))}
    # The kit drops an empty text, so that no rule sees it.
    texts = {key: rules.pop(key) for key in ("format", "pattern", "minLength") if key in rules}
    return rules | ({"if": {"minLength": 1}, "then": texts} if texts else {})


def _select_choice_keywords(field: JsonObject, type_name: str) -> JsonDict:
    """Return the keywords that belong into a choice, such as `enum`, and not beside the choices."""
    keywords = {
        key: value
        for key, value in field.items()
        if key not in TYPE_KEYWORDS
        and key not in (*ANNOTATIONS, "default", "readOnly", "type")
        and not key.startswith("x-")
    }
    # The kit drops the names that an object does not list.
    if keywords.get("additionalProperties") is False:
        del keywords["additionalProperties"]
    if type_name != "object":
        for key in ("properties", "required", "additionalProperties"):
            keywords.pop(key, None)
    if type_name != "array":
        keywords.pop("items", None)
    is_bare = type_name in SCALAR_TYPES and list_constants(field) is None
    return {key: value for key, value in keywords.items() if not is_bare or key != "oneOf"}
