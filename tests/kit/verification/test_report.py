"""Reports and recordings show no id, no name and no address."""

import json

import pytest
import yaml
from hypothesis import example, given, strategies as st

from destination_kit.verification import SessionOptions
from destination_kit.verification.recording import Scrubber, _yaml, render_cassette
from destination_kit.verification.report import (
    create_report,
    create_simulator_config,
    mask_identifiers,
)
from tests.kit.verification.conftest import VERIFICATION, check


def scrubber():
    return Scrubber("dkit-verify-00ff00ff", frozenset({"id", "result"}), frozenset({"code"}))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("POOL_0a1B2c3D4e5F6g7 is here", "(removed) is here"),
        ("request 0a1b2c3d-0000-1111-2222-0a1b2c3d4e5f", "request (removed)"),
        ("ann.b+c@mail.example.com wrote", "(removed) wrote"),
        ("code SIM_VALIDATION", "code SIM_VALIDATION"),
        ("DCD_7", "DCD_7"),
    ],
)
def test_identifiers_are_masked_and_codes_are_not(text, masked):
    assert mask_identifiers([{"a": text}]) == [{"a": masked}]


async def test_a_report_has_each_finding(run, script):
    script.responses = {"GET /color": (200, {"color": "POOL_0a1B2c3D4e5F6g7"})}
    report = create_report("actions-partner", await run(), is_simulated=False)
    assert report["against"] == "partner"
    assert report["counts"] == {"differs": 1, "holds": 1}
    assert report["findings"][0]["seen"] == "(removed)"
    assert {"check", "fact", "question", "expected", "switch"} <= set(report["findings"][0])


async def test_a_configuration_has_each_settled_answer(run, script):
    from dataclasses import replace

    from destination_kit.verification import UnsettledError

    async def unsettled(_session):
        raise UnsettledError("no")

    script.responses = {"GET /color": (200, {"color": "blue"})}
    outcome = await run(*VERIFICATION.checks, check("other", unsettled))
    base = replace(VERIFICATION, base_configuration={"options": {"size": 1}})
    config = create_simulator_config(base, outcome)
    assert config == {"options": {"size": 1, "color": "blue", "thing": True}}


def test_the_same_id_has_the_same_stand_in():
    scrub = scrubber()
    assert scrub.ids("CID_0a1B2c3D4 and CID_9z8Y7x6W5") == (
        "CID_000000000000001 and CID_000000000000002"
    )
    assert scrub.ids("/contacts/CID_9z8Y7x6W5") == "/contacts/CID_000000000000002"


def test_a_text_stays_only_where_the_run_has_sent_it_or_the_partner_defines_it():
    scrub = scrubber()
    scrub.request(b'{"mark": "dkit-verify-00ff00ff-a"}')
    body = {
        "result": {"id": "dkit-verify-00ff00ff-a", "code": "A_1", "mark": "Ann", "Ann": 5550100},
        "list": [True, None, "Ann"],
    }
    assert json.loads(scrub.response(body)) == {
        "result": {
            "id": "dkit-verify-00ff00ff-a",
            "code": "A_1",
            "mark": "(removed)",
            "removed3": 0,
        },
        "removed1": [True, None, "(removed)"],
    }


def test_a_public_text_names_no_brand_and_a_next_page_has_no_query():
    scrub = scrubber()
    body = {"code": "use acme.iad1.partner.example", "result": {"code": "https://a.b.c.d/x?t=Ann"}}
    assert json.loads(scrub.response(body)) == {
        "code": "use iad1.partner.example",
        "result": {"code": "https://b.c.d/x"},
    }


def test_a_host_names_no_brand_and_a_workflow_no_secret():
    scrub = scrubber()
    url = "https://acme.iad1.partner.example/inbound-event/v1/x?urlTokenId=s3cret"
    assert scrub.url(url) == "https://iad1.partner.example/inbound-event/v1/x"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(JSON)
@example({"a": {"k" * 2_000: {"b": ["x", {"\u034d" * 500: None}]}, "c": 1}})
def test_a_document_in_yaml_is_the_document(value):
    assert yaml.safe_load("\n".join(_yaml(value, ""))) == value


async def test_a_cassette_has_each_exchange_and_how_it_was_made(run, script):
    outcome = await run()
    options = SessionOptions(run_id="dkit-verify-00ff00ff", max_calls=9)
    report = create_report("actions-partner", outcome, is_simulated=True)
    cassette = yaml.safe_load(render_cassette(VERIFICATION, outcome, options, report))
    assert cassette["made"]["against"] == "simulator"
    assert [step["request"]["method"] for step in cassette["interactions"]] == [
        "GET",
        "POST",
        "DELETE",
    ]


def test_a_recorded_form_stays_and_its_texts_count_as_sent():
    scrub = scrubber()
    form = "application/x-www-form-urlencoded;charset=UTF-8"
    assert scrub.request(b"name=Ann+Lee", form) == "name=Ann+Lee"
    assert json.loads(scrub.response({"id": "Ann Lee"})) == {"id": "Ann Lee"}
