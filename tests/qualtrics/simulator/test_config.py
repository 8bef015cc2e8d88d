import pytest

from destinations.qualtrics.simulator import Config, ConfigError, load_config
from destinations.qualtrics.simulator.record_loader import merge_patch, render_record


def test_an_empty_document_is_the_defaults():
    assert load_config({}) == Config()


def test_a_configuration_renders_as_the_document_that_loads_it():
    document = {
        "seed": 7,
        "latency": [0.1, 0.2],
        "directories": {
            "POOL_x": {
                "name": None,
                "mergeRules": [["email", "phone"]],
                "mailingLists": {"CG_x": {}},
            }
        },
        "faults": {"statuses": {"503": 0.5}, "script": ["503-html-late"]},
    }
    config = load_config(document)
    assert load_config(render_record(config)) == config
    assert config.directories["POOL_x"].name is None


@pytest.mark.parametrize(
    ("document", "pointer", "message"),
    [
        ([], "", "(document): expected an object, found an empty list"),
        ({"sed": 1}, "/sed", "/sed: unknown key; did you mean 'seed'?"),
        (
            {"search": {"depht": 1}},
            "/search/depht",
            "/search/depht: unknown key; did you mean 'depth'?",
        ),
        (
            {"search": {"zzz": 1}},
            "/search/zzz",
            "/search/zzz: unknown key; the keys are lag, depth",
        ),
        ({"seed": "1"}, "/seed", "/seed: expected a whole number, found the string '1'"),
        ({"seed": True}, "/seed", "/seed: expected a whole number, found true"),
        ({"seed": 1.5}, "/seed", "/seed: expected a whole number, found the number 1.5"),
        ({"seed": None}, "/seed", "/seed: expected a whole number, found null"),
        ({"tokens": []}, "/tokens", "/tokens: expected an object, found an empty list"),
        (
            {"tokens": {"a/b~c": 1}},
            "/tokens/a~1b~0c",
            "/tokens/a~1b~0c: expected a string, found the number 1",
        ),
        (
            {"latency": "slow"},
            "/latency",
            "/latency: expected a number or a list of 2, found the string 'slow'",
        ),
        (
            {"latency": [1]},
            "/latency",
            "/latency: expected a number or a list of 2, found a list of 1",
        ),
        (
            {"latency": [1, "x"]},
            "/latency/1",
            "/latency/1: expected a number, found the string 'x'",
        ),
        (
            {"latency": [2, 1]},
            "/latency",
            "/latency: expected the lower end of the range first",
        ),
        (
            {"search": {"lag": -1}},
            "/search/lag",
            "/search/lag: expected a number of at least 0, found -1.0",
        ),
        (
            {"faults": {"html": 2}},
            "/faults/html",
            "/faults/html: expected a number from 0 to 1, found 2.0",
        ),
        (
            {"contacts": {"nulls": "no"}},
            "/contacts/nulls",
            "/contacts/nulls: expected 'ignore' or 'refuse', found the string 'no'",
        ),
        (
            {"directories": {"P": {"mergeRules": [["name"]]}}},
            "/directories/P/mergeRules/0/0",
            (
                "/directories/P/mergeRules/0/0: expected 'email' or 'extRef' or 'firstName' or "
                "'lastName' or 'phone', found the string 'name'"
            ),
        ),
        (
            {"directories": {"P": {"mergeRules": "email"}}},
            "/directories/P/mergeRules",
            "/directories/P/mergeRules: expected a list, found the string 'email'",
        ),
        (
            {"directories": {"P": {"mergeRules": [["email"]] * 4}}},
            "/directories/P/mergeRules",
            "/directories/P/mergeRules: a directory has at most 3 merge rules",
        ),
        (
            {"directories": {"P": {"mergeRules": [[]]}}},
            "/directories/P/mergeRules/0",
            "/directories/P/mergeRules/0: a merge rule needs at least one field",
        ),
        (
            {"directories": {"P": {"contacts": [{"lists": ["CG_x"]}]}}},
            "/directories/P/contacts/0/lists/0",
            "/directories/P/contacts/0/lists/0: no such mailing list: 'CG_x'",
        ),
        (
            {"directories": {"P": {"contacts": [{"embeddedData": {"Points": 1}}]}}},
            "/directories/P/contacts/0",
            "/directories/P/contacts/0: embeddedData: the name Points is reserved.",
        ),
        ({"tokens": {"a/b": "UR_x"}}, "/tokens/a~1b", "/tokens/a~1b: no such user: 'UR_x'"),
        ({"tokens": {"t": "UR_x"}}, "/tokens/t", "/tokens/t: no such user: 'UR_x'"),
        (
            {"bearerTokens": {"t": "UR_x"}},
            "/bearerTokens/t",
            "/bearerTokens/t: no such user: 'UR_x'",
        ),
        (
            {"tokens": {}, "users": {"U": {"directories": ["P"]}}},
            "/users/U/directories/0",
            "/users/U/directories/0: no such directory: 'P'",
        ),
        (
            {"faults": {"statuses": {"200": 1}}},
            "/faults/statuses/200",
            "/faults/statuses/200: expected a status from 400 to 599",
        ),
        (
            {"faults": {"resetBefore": 0.6, "resetAfter": 0.6}},
            "/faults",
            "/faults: the probabilities of statuses and resets add up to more than 1",
        ),
        (
            {"faults": {"script": ["later"]}},
            "/faults/script/0",
            "/faults/script/0: unknown fault 'later'; write ok, reset-before, reset-after, or a status such as 503-html-late",
        ),
    ],
)
def test_an_error_names_the_json_pointer_of_a_mistake(document, pointer, message):
    with pytest.raises(ConfigError) as caught:
        load_config(document)
    assert (caught.value.pointer, str(caught.value)) == (pointer, message)


def test_every_option_is_a_key_of_the_document():
    document = render_record(Config())
    assert set(document) == {
        *("seed", "latency", "bodyBytes", "contentTypeChecked", "tokens", "bearerTokens"),
        *("users", "directories", "dataCenters", "errors", "contacts", "search", "pages"),
        *("transactions", "workflow", "imports", "faults", "limits"),
    }


@pytest.mark.parametrize(
    ("document", "patch", "merged"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}),
        ({"a": 1}, [1], [1]),
    ],
)
def test_a_patch_merges_as_rfc_7386_says(document, patch, merged):
    assert merge_patch(document, patch) == merged
