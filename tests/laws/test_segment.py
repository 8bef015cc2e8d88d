"""A published definition comes back as it was, whatever it holds."""

import json

from hypothesis import given, strategies as st

from destination_kit.segment import read_definition, write_definition
from destination_kit.segment.write_fields import FIELD, SETTING

TEXTS = st.text(max_size=6)
NAMES = st.sampled_from(["a", "b", "first name", "c-d"])
ODD = st.none() | st.booleans() | st.integers(0, 3) | TEXTS | st.lists(TEXTS, max_size=2)
WHEN = st.fixed_dictionaries(
    {
        "conditions": st.lists(
            st.fixed_dictionaries(
                {
                    "fieldKey": NAMES,
                    "operator": st.sampled_from(["is", "is_not", "like"]),
                    "value": ODD,
                }
            ),
            max_size=2,
        )
    },
    optional={"match": st.sampled_from(["any", "all"])},
)
SAID = {
    "label": TEXTS,
    "description": TEXTS,
    "type": st.sampled_from(
        [
            "string",
            "text",
            "password",
            "number",
            "integer",
            "boolean",
            "datetime",
            "object",
            "money",
        ]
    ),
    "required": st.booleans() | WHEN,
    "multiple": st.booleans(),
    "allowNull": st.booleans(),
    "dynamic": st.booleans(),
    "default": ODD | st.just({"@path": "$.a"}),
    "choices": st.none()
    | st.lists(TEXTS, max_size=2)
    | st.lists(st.fixed_dictionaries({"label": TEXTS, "value": ODD}), max_size=2),
    "placeholder": ODD,
    "category": ODD,
    "depends_on": st.none() | WHEN,
    "readOnly": st.none() | st.booleans(),
    "hidden": st.none() | st.booleans(),
    "minimum": st.none() | st.integers(0, 3),
    "maximum": st.none() | st.integers(0, 3),
    "defaultObjectUI": st.sampled_from([None, "keyvalue", "other"]),
    "disabledInputMethods": st.none() | st.lists(TEXTS, max_size=1),
    "displayMode": st.sampled_from([None, "collapsed"]),
    "format": st.sampled_from([None, "text", "uri", "date-like", "unheard-of"]),
    "additionalProperties": st.booleans(),
}


def fields(attributes, level=1):
    said = dict(SAID)
    if level:
        said["properties"] = st.none() | fields(FIELD, level - 1)
    known = {name: said[name] for name in attributes if name in said}
    full = st.fixed_dictionaries(known, optional={"unheardOf": ODD})
    sparse = st.fixed_dictionaries({}, optional={**known, "unheardOf": ODD})
    return st.dictionaries(NAMES, full | sparse, max_size=3)


ACTIONS = st.fixed_dictionaries(
    {"fields": fields(FIELD)},
    optional={
        "title": TEXTS,
        "description": TEXTS,
        "platform": st.sampled_from(["cloud", "web"]),
        "defaultSubscription": st.none() | TEXTS,
        "hidden": st.booleans(),
        "hasPerformBatch": st.booleans(),
        "syncMode": st.none()
        | st.fixed_dictionaries(
            {"default": ODD, "label": TEXTS, "description": TEXTS, "choices": SAID["choices"]}
        ),
        "hooks": st.none()
        | st.dictionaries(
            NAMES,
            st.fixed_dictionaries({"label": TEXTS, "inputFields": fields(FIELD, 0)}),
            max_size=1,
        ),
        "dynamicFields": st.none()
        | st.dictionaries(NAMES, st.lists(st.just("__keys__"), max_size=1), max_size=2),
        "unheardOf": ODD,
    },
)
PRESETS = st.fixed_dictionaries(
    {},
    optional={
        "name": TEXTS,
        "type": st.sampled_from(["automatic", "specificEvent", "other"]),
        "partnerAction": NAMES,
        "subscribe": st.none() | TEXTS,
        "mapping": st.just({"a": {"@path": "$.a"}}),
        "eventSlug": st.none() | TEXTS,
        "unheardOf": ODD,
    },
)
DOCUMENTS = st.fixed_dictionaries(
    {"slug": st.sampled_from(["acme", "Acme Two_3"]), "name": st.just("Acme")},
    optional={
        "mode": st.sampled_from(["cloud", "device"]),
        "description": TEXTS,
        "authentication": st.none()
        | st.fixed_dictionaries(
            {"scheme": st.sampled_from(["custom", "oauth2", "magic"]), "fields": fields(SETTING, 0)}
        ),
        "audienceConfig": st.none()
        | st.fixed_dictionaries(
            {"mode": st.just({"type": "synced", "full_audience_sync": False})},
            optional={"audienceFields": fields(SETTING, 0), "supportsAudienceFunctions": ODD},
        ),
        "actions": st.dictionaries(NAMES, ACTIONS, max_size=2),
        "presets": st.lists(PRESETS, max_size=2),
        "version": st.integers(2, 3),
    },
)


@given(DOCUMENTS)
def test_an_imported_definition_is_written_as_it_was(document):
    before = json.dumps(document, sort_keys=True)
    written = write_definition(read_definition(document).destination)
    assert json.dumps(written, sort_keys=True) == before
    assert json.dumps(document, sort_keys=True) == before


@given(DOCUMENTS)
def test_every_key_that_nobody_knows_is_named(document):
    noted = {each.path for each in read_definition(document).notes}
    assert ("/version" in noted) == ("version" in document)
    for slug, action in document.get("actions", {}).items():
        assert (f"/actions/{slug}/unheardOf" in noted) == ("unheardOf" in action)
        for name, field in action["fields"].items():
            place = f"/actions/{slug}/fields/{name}/unheardOf"
            assert (place in noted) == ("unheardOf" in field)
