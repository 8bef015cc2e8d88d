"""A form takes the mappings that the kit takes, and refuses those that it refuses.

`make test-ui` holds the same for 20,000 mappings of 38 destinations, with Ajv under Node.
"""

import json
from dataclasses import replace

from hypothesis import given, settings, strategies as st

from destination_kit import Catalog
from destination_kit.fields.checker import build_schema_validator
from destination_kit.publish import documents
from destinations.qualtrics import QUALTRICS
from tests.kit.dkit import PARTNER
from tests.kit.publish.forms import FIELDS, to_json
from tests.ui.values import Values, explanation, kit_problems

FIELDS_OF_ALL_KINDS = replace(
    PARTNER,
    slug="all-kinds",
    actions={
        "say": replace(PARTNER.actions["say"], fields={k: v for k, v in FIELDS.items() if k != "allOf"}, choices={})
    },
    presets=(),
)  # fmt: skip
FORMS = [
    (destination, Catalog.of(destination), slug, build_schema_validator(to_json(document)))
    for destination in (QUALTRICS, FIELDS_OF_ALL_KINDS)
    for name, document in documents(destination).items()
    if name.endswith(".form.schema.json")
    for slug in [name.removesuffix(".form.schema.json")]
]


@given(form=st.sampled_from(FORMS), random=st.randoms(use_true_random=False))
@settings(max_examples=400, deadline=None)
def test_the_form_and_the_kit_agree_on_a_mapping(form, random):
    destination, catalog, slug, validator = form
    action = destination.actions[slug]
    fields = json.loads(json.dumps(action.fields, default=dict))
    name, mapping = Values(random).mapping(fields)
    problems = kit_problems(destination, catalog, slug, mapping)
    if validator.is_valid(mapping) is not (not problems):
        assert explanation(action, name, mapping.get(name), problems), (mapping, problems)
