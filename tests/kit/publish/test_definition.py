from dataclasses import replace

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from destination_kit import BatchLimits
from destination_kit.fields import load_metaschema
from destination_kit.publish import definition_document
from tests.kit.dkit import PARTNER, say
from tests.kit.publish.forms import to_json
from tests.kit.publish.test_documents import HOOKED


def definition_validator():
    names = ("destination", "action", "field", "mapping")
    resources = [Resource.from_contents(load_metaschema(name)) for name in names]
    registry = Registry().with_resources((resource.id(), resource) for resource in resources)
    return Draft7Validator(load_metaschema("destination"), registry=registry)


@pytest.mark.parametrize("hosts", [(), ("*.partner.example",)])
def test_a_definition_is_valid_under_its_metaschema(hosts):
    bare = replace(PARTNER, extend_request=None, presets=(), hosts=hosts)
    for destination in (PARTNER, bare, HOOKED):
        document = to_json(definition_document(destination))
        assert not list(definition_validator().iter_errors(document))


async def say_all(context, payloads):
    return [await say(context, payload) for payload in payloads]


def test_a_definition_has_flags_and_names_for_functions():
    batching = replace(
        PARTNER.actions["say"], perform_batch=say_all, batch=BatchLimits(count=5, keys=("room",))
    )
    document = to_json(definition_document(replace(PARTNER, actions={"say": batching})))
    assert document["authentication"] == {"scheme": "custom", "test": True, "refresh": False}
    assert document["actions"]["say"]["choices"] == ["room"]
    assert document["actions"]["say"]["batches"] is True
    assert document["actions"]["say"]["batch"]["keys"] == ["room"]


def test_a_definition_names_the_choices_of_every_form():
    async def list_nothing(context, request):
        raise NotImplementedError

    choices = {"list": list_nothing}
    hook = replace(HOOKED.actions["say"].hooks["onMappingSave"], choices=choices)
    say_it = replace(HOOKED.actions["say"], hooks={"onMappingSave": hook})
    audience = replace(HOOKED.audience, choices=choices)
    destination = replace(HOOKED, choices=choices, audience=audience, actions={"say": say_it})
    document = to_json(definition_document(destination))
    hooks = document["actions"]["say"]["hooks"]
    forms = (document, document["audience"], hooks["onMappingSave"])
    assert [form["choices"] for form in forms] == [["list"]] * 3
