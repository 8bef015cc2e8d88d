"""Values that a person has still to fill in."""

import pytest

from destination_kit import Problem, find_placeholders
from destination_kit.placeholders import placeholder


def found(**document):
    return {problem.path: problem.message for problem in find_placeholders(document)}


def test_what_dkit_init_writes_is_found_in_settings_and_enabled_subscriptions():
    text = placeholder("the id of the directory")
    assert found(
        settings={"a": text, "b": {"c": ["x", text]}},
        subscriptions=[{"mapping": {"d": text}}, {"enabled": False, "mapping": {"d": text}}],
    ) == dict.fromkeys(
        ["/settings/a", "/settings/b/c/1", "/subscriptions/0/mapping/d"],
        f"still to be filled in: {text}",
    )


@pytest.mark.parametrize("text", ["${API_TOKEN}", "${API_TOKEN:-none}", "https://${API_TOKEN}/x"])
def test_a_variable_in_a_setting_is_found_with_what_to_write_instead(text):
    [message] = found(settings={"token": text}).values()
    assert message == (
        "variables are not filled in: instead of ${API_TOKEN}"
        ' write {"$secret": "API_TOKEN"} for a secret, else the value'
    )


def test_a_name_that_may_be_a_secret_is_not_shown():
    [message] = found(settings={"token": "${s3cretT0ken}"}).values()
    assert "s3cret" not in message
    assert "${NAME}" in message


def test_a_text_of_a_mapping_may_speak_of_variables_unless_it_is_one():
    assert [*found(subscriptions=[{"mapping": {"a": "${A}", "b": "Dear ${name}", "c": "$A"}}])] == [
        "/subscriptions/0/mapping/a"
    ]


@pytest.mark.parametrize("document", [None, [], {}, {"subscriptions": [5]}, {"settings": "${A}"}])
def test_any_document_may_be_asked(document):
    assert [problem.path for problem in find_placeholders(document)] in ([], ["/settings"])


def test_of_a_placeholder_that_its_field_refuses_the_placeholder_alone_is_shown():
    refused = [
        Problem("/settings/a", "pattern", "wrong"),
        Problem("/settings/b", "x", "also wrong"),
    ]
    problems = find_placeholders({"settings": {"a": "${A}", "b": 1}}, refused)
    assert [(problem.path, problem.code) for problem in problems] == [
        ("/settings/b", "x"),
        ("/settings/a", "PLACEHOLDER"),
    ]
