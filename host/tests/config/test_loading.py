"""A configuration is checked whole, with its secrets and instances, before anything starts."""

import json

import pytest

from destination_host.config.files import ConfigFileError
from destination_host.config.loading import load_config
from destination_host.config.starter import starter_config
from destination_kit import ConfigurationError
from host.tests.running import SECRETS, Partner, document, instance, write_config


def load(folder, config, secrets=SECRETS.get):
    return load_config(write_config(folder, config), Partner().catalog, secrets)


def problems_of(folder, config, secrets=SECRETS.get):
    with pytest.raises(ConfigurationError) as caught:
        load(folder, config, secrets)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_a_small_document_gets_every_default(tmp_path):
    config = load(tmp_path, {"sources": {"web": {"writeKeys": [{"$secret": "WEB_KEY"}]}}})
    assert (config.ingress.host, config.ingress.port) == ("127.0.0.1", 8080)
    assert (config.administration.host, config.administration.port) == ("127.0.0.1", 8484)
    assert config.queue_file == tmp_path / "queue.db"
    assert (config.retention.delivered, config.retention.dead) == (86_400, 30 * 86_400)
    assert (config.limits.event_bytes, config.limits.batch_bytes) == (32_768, 512_000)
    assert (config.retry.time_limit, config.retry.max_pause) == (14_400, 300)
    assert config.warnings == ("web: its events go nowhere, since it has no destinations",)


def test_all_problems_are_named_at_once_with_their_places(tmp_path):
    config = document(
        sources={
            "web": {"writeKeys": [{"$secret": "NONE"}], "destinations": ["partnr"]},
            "app": {"writeKeys": [{"$secret": "WEB_KEY"}, {"$secret": "WEB_KEY"}]},
        },
        destinations={
            "partner": instance(trigger="type ="),
            "file": {"file": "missing.json"},
            "odd": 5,
        },
        limits={"eventBytes": "many"},
        more=1,
    )
    config["listen"]["administration"] = {"host": "0.0.0.0"}  # noqa: S104 - no listener
    problems = problems_of(tmp_path, config)
    assert problems.keys() == {
        "/sources/web/writeKeys/0",
        "/sources/web/destinations/0",
        "/sources/app/writeKeys/1",
        "/destinations/partner/subscriptions/0/trigger",
        "/destinations/file/file",
        "/destinations/odd",
        "/limits/eventBytes",
        "/listen/administration/token",
        "/more",
    }
    assert "did you mean 'partner'" in problems["/sources/web/destinations/0"]
    assert "same value as a write key of app" in problems["/sources/app/writeKeys/1"]
    assert "No such file" in problems["/destinations/file/file"]


FILL_IN = "<fill in: the id of the directory>"


def test_what_is_still_to_be_filled_in_is_named_in_the_document_and_in_instance_files(tmp_path):
    inline, filed = instance(), instance()
    inline["subscriptions"][0]["mapping"] = {"event": {"id": FILL_IN, "name": "Dear ${name}"}}
    filed["subscriptions"][0]["mapping"] = {"event": "${DIRECTORY_ID}"}
    (tmp_path / "filed.json").write_text(json.dumps(filed))
    config = document(
        destinations={
            "partner": inline,
            "filed": {"file": "filed.json"},
            "gone": {"file": "${FOLDER}/i.json"},
        },
        queue={"file": "${DATA:-/var}/queue.db"},
        limits={"eventBytes": "${MAX}"},
    )
    config["sources"]["web"]["writeKeys"] = ["${WEB_KEY}", {"$secret": "${s3cretKey}"}]
    config["listen"]["ingress"]["host"] = "${HOST}"
    problems = problems_of(tmp_path, config)
    assert problems["/destinations/partner/subscriptions/0/mapping/event/id"].endswith(FILL_IN)
    assert "instead of ${DIRECTORY_ID}" in problems["/destinations/filed/file"]
    assert problems["/queue/file"] == (
        "variables are not filled in: write the value in place of ${DATA}"
    )
    assert '{"$secret": NAME}' in problems["/sources/web/writeKeys/0"]
    assert "s3cret" not in "".join(problems.values())
    assert problems.keys() == {
        "/destinations/partner/subscriptions/0/mapping/event/id",
        "/destinations/filed/file",
        "/destinations/gone/file",
        "/queue/file",
        "/limits/eventBytes",
        "/sources/web/writeKeys/0",
        "/sources/web/writeKeys/1",
        "/sources/web/writeKeys/1/$secret",
        "/listen/ingress/host",
    }


@pytest.mark.parametrize("value", [None, ""])
def test_every_secret_that_is_not_set_is_named_by_its_variable_and_place(tmp_path, value):
    settings = {
        "type": "object",
        "required": ["token"],
        "properties": {
            "token": {"type": "string", "title": "Token", "format": "password", "minLength": 1}
        },
    }
    partner = Partner(settings=settings)
    filed = instance(settings={"token": {"$secret": "FILED_TOKEN"}})
    (tmp_path / "filed.json").write_text(json.dumps(filed))
    config = document(
        sources={
            "web": {
                "writeKeys": [{"$secret": "WRITE_KEY"}],
                "webhook": {"sender": "segment", "secret": {"$secret": "SHARED_SECRET"}},
            }
        },
        destinations={
            "inline": instance(settings={"token": {"$secret": "PARTNER_TOKEN"}}),
            "filed": {"file": "filed.json"},
        },
    )
    config["listen"]["administration"]["token"] = {"$secret": "ADMIN_TOKEN"}
    with pytest.raises(ConfigurationError) as caught:
        load_config(write_config(tmp_path, config), partner.catalog, lambda name: value)
    problems = {problem.path: problem.message for problem in caught.value.problems}
    assert problems.keys() == {
        "/sources/web/writeKeys/0",
        "/sources/web/webhook/secret",
        "/destinations/inline/settings/token",
        "/destinations/filed/file",
        "/listen/administration/token",
    }
    named = "the secret is empty or missing: set the environment variable"
    assert problems["/sources/web/writeKeys/0"] == f"{named} WRITE_KEY"
    assert problems["/sources/web/webhook/secret"] == f"{named} SHARED_SECRET"
    assert problems["/listen/administration/token"] == f"{named} ADMIN_TOKEN"
    if value is None:
        assert "secret 'PARTNER_TOKEN'" in problems["/destinations/inline/settings/token"]
        assert "secret 'FILED_TOKEN'" in problems["/destinations/filed/file"]


def test_an_instance_file_is_read_beside_the_document_and_its_problems_name_it(tmp_path):
    (tmp_path / "good.json").write_text(json.dumps(instance()))
    (tmp_path / "bad.json").write_text(json.dumps(instance(subscription=5)))
    config = document(destinations={"partner": {"file": "good.json"}})
    loaded = load(tmp_path, config)
    assert loaded.instances["partner"].name == "partner"
    config["destinations"]["partner"] = {"file": "bad.json"}
    [(path, message)] = problems_of(tmp_path, config).items()
    assert path == "/destinations/partner/file"
    assert message.startswith("bad.json: /subscription")


def test_an_instance_file_may_have_segments_own_shape(tmp_path):
    post = {"partnerAction": "post", "subscribe": 'type = "track"', "mapping": {}, "enabled": True}
    (tmp_path / "segment.json").write_text(json.dumps({"settings": {}, "subscriptions": [post]}))
    entry = {"file": "segment.json", "destination": "actions-partner"}
    loaded = load(tmp_path, document(destinations={"partner": entry}))
    assert len(loaded.instances["partner"].subscriptions) == 1


def test_toml_is_read_too(tmp_path):
    path = tmp_path / "host.toml"
    path.write_text('[sources.web]\nwriteKeys = [{"$secret" = "WEB_KEY"}]\n', encoding="utf-8")
    [source] = load_config(path, Partner().catalog, SECRETS.get).sources
    assert source.write_keys == ("k-website",)
    assert "k-website" not in repr(source)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "host.json cannot be read: Expecting property name"),
        (b'{"a": 1, "a": 2}', "the key 'a' stands twice in one object"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b"\xff", "host.json is not UTF-8: see byte 0"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_document_is_refused_in_a_sentence(tmp_path, content, reason):
    path = tmp_path / "host.json"
    path.write_bytes(content)
    with pytest.raises(ConfigFileError, match=reason):
        load_config(path, Partner().catalog, SECRETS.get)


def test_administration_elsewhere_needs_a_token(tmp_path):
    config = document()
    config["listen"]["administration"] = {"host": "::", "token": {"$secret": "TOKEN"}}
    assert load(tmp_path, config).administration.token == "t-admin"
    for host in ("127.0.0.1", "::1", "localhost", "127.1.2.3"):
        config["listen"]["administration"] = {"host": host}
        assert load(tmp_path, config).administration.token is None


def test_the_starter_is_a_good_configuration(tmp_path):
    (tmp_path / "my instance.json").write_text(json.dumps(instance()))
    starter = starter_config(["my instance.json"])
    secrets = {"WEBSITE_WRITE_KEY": "w"}
    assert [*load(tmp_path, starter, secrets.get).instances] == ["my-instance"]
    assert load(tmp_path, starter_config([]), secrets.get).warnings
