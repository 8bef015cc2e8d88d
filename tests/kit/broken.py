"""A sound destination, and many that break one rule each."""

import asyncio
import base64
import contextlib
import itertools
import logging
import socket
from dataclasses import replace

from destination_kit import (
    Action,
    Audience,
    Authentication,
    AuthResult,
    Choice,
    Choices,
    DeliveryError,
    Destination,
    Failed,
    HTTPError,
    IntegrationError,
    MappingHook,
    Preset,
    TransportError,
)

URL = "https://api.acme.example/contacts"
FIELDS = {
    "type": "object",
    "required": ["email"],
    "properties": {
        "email": {
            "type": "string",
            "title": "Email",
            "format": "email",
            "default": {"@path": "$.traits.email"},
        },
        "plan": {"type": "string", "title": "Plan", "default": "free"},
        "list": {"type": "string", "title": "List", "x-dynamic": True},
    },
}


async def perform(context, payload):
    response = await context.http.post(URL, json=payload)
    return response.body


async def perform_batch(context, payloads):
    response = await context.http.post(f"{URL}/batch", json=list(payloads))
    return response.body


async def whoami(context):
    try:
        response = await context.http.get("https://api.acme.example/me")
    except DeliveryError as error:
        return AuthResult(ok=False, message=str(error))
    return AuthResult(ok=True, account=str(response.body))


async def lists(context, mapping, page):
    await context.http.get("https://api.acme.example/lists")
    return Choices((Choice("1", "All"),))


ADD = Action(
    title="Add a contact",
    trigger='type = "identify"',
    fields=FIELDS,
    perform=perform,
    choices={"list": lists},
)
SOUND = Destination(
    slug="acme",
    name="Acme",
    settings={
        "type": "object",
        "required": ["token"],
        "properties": {
            "token": {"type": "string", "format": "password", "writeOnly": True},
            "region": {"type": "string", "default": "eu"},
        },
    },
    authentication=Authentication(test=whoami),
    hosts=("*.acme.example",),
    extend_request=lambda settings: {"authorization": f"Bearer {settings['token']}"},
    actions={"add": ADD},
    presets=(Preset(name="All", action="add", mapping={"email": {"@path": "$.traits.email"}}),),
)


def having(**changes):
    """Return the sound destination with another action."""
    return replace(SOUND, actions={"add": replace(ADD, **changes)})


def field(name, **words):
    """Return the sound destination with another field."""
    properties = {**FIELDS["properties"], name: {"type": "string", **words}}
    return having(fields={**FIELDS, "properties": properties})


WITH_BATCH_KEYS = {
    **FIELDS["properties"],
    "batch_keys": {"type": "array", "default": ["plan"], "items": {"type": "string"}},
}
BATCHING = having(perform_batch=perform_batch)


async def stumbles(context, payload):
    await context.http.post(URL, json={"plan": payload["plan"]})


async def goes_elsewhere(context, payload):
    await context.http.post("https://collector.example.org/", json=payload)


async def returns_an_object(context, payload):
    await context.http.post(URL, json=payload)
    return {"by": context}


async def logs(context, payload):
    logging.getLogger("acme").debug("calling with %s", context.settings["token"])
    return await context.http.post(URL, json=payload)


async def prints(context, payload):
    print("Basic", base64.b64encode(f"ann:{context.settings['token']}".encode()).decode())
    return await context.http.post(URL, json=payload)


async def returns_a_part(context, payload):
    await context.http.post(URL, json=payload)
    return {"token": context.settings["token"][:8] + "…"}


async def explains_too_much(context, payload):
    try:
        return await context.http.post(URL, json=payload)
    except HTTPError as error:
        msg = f"{error} with {context.settings['token']}"
        raise IntegrationError(msg, "REFUSED", error.status) from None


async def cannot_be_cancelled(context, payload):
    try:
        return await context.http.post(URL, json=payload)
    except asyncio.CancelledError:
        return {"done": True}


async def never_ends(context, payload):
    try:
        return await context.http.post(URL, json=payload)
    except asyncio.CancelledError:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                continue


async def cannot_be_cancelled_later(context, payload):
    await context.http.get(URL)
    await asyncio.sleep(0)
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        raise IntegrationError("somebody stopped us", "STOPPED", 400) from None
    return await context.http.post(URL, json=payload)


async def takes_silence_for_success(context, payload):
    try:
        return await context.http.post(URL, json=payload)
    except TransportError:
        return {"maybe": True}


async def gives_up(context, payload):
    try:
        return await context.http.post(URL, json=payload)
    except TransportError as error:
        raise IntegrationError(str(error), "GONE", 400) from None


async def forgets_that_it_wrote(context, payload):
    try:
        return await context.http.post(URL, json=payload)
    except TransportError as error:
        return Failed("NO_ANSWER", str(error), retryable=True)


async def ignores_status(context, payload):
    return await context.http.post(URL, json=payload, check=False)


async def leaves_a_request_behind(context, payload):
    context.shared_state.append(asyncio.create_task(context.http.post(URL, json=payload)))
    return {"queued": True}


async def shields(context, payload):
    await asyncio.shield(asyncio.ensure_future(context.http.post(URL, json=payload)))


async def goes_out_by_itself(context, payload):
    try:
        socket.create_connection(("collector.example.org", 80), timeout=1)
    except Exception:  # whatever kept it from that
        pass
    return await context.http.post(URL, json=payload)


async def gives_up_on_500(context, payload):
    response = await context.http.post(URL, json=payload, check=False)
    if response.status >= 400:
        raise IntegrationError("no", "NO", 400)
    return response


async def forgets_its_deadline(context, payload):
    """Take its own cancellation for a pause, while no response comes."""
    task = asyncio.ensure_future(context.http.post(URL, json=payload))
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([task])
    return await task


async def one_too_few(context, payloads):
    return (await perform_batch(context, payloads))[1:]


async def in_another_order(context, payloads):
    return (await perform_batch(context, payloads))[::-1]


async def loses_the_error(context, payloads):
    try:
        return await perform_batch(context, payloads)
    except HTTPError:
        return [{"ok": False}] * len(payloads)


async def trusts_everybody(context):
    await context.http.get("https://api.acme.example/me", check=False)
    return AuthResult(ok=True)


async def raises_its_own(context):
    response = await context.http.get("https://api.acme.example/me")
    return AuthResult(ok=True, account=response.body["account"]["name"])


async def chooses_badly(context, mapping, page):
    response = await context.http.get("https://api.acme.example/lists")
    return [entry["name"] for entry in response.body["lists"]]


async def chooses_nothing(context, mapping, page):
    return ["1", "2"]


async def chooses_for_ever(context, mapping, page):
    return Choices(itertools.repeat(Choice("a", "A")))


async def says_nothing(context):
    return True


def advises_badly(subscription):
    return [subscription.mapping["list"]]


DYNAMIC = {"pool": {"type": "string", "title": "Pool", "x-dynamic": True}}
TEST = Authentication(test=trusts_everybody)
RAISING = Authentication(test=raises_its_own)

# name -> (destination, the place, the code, a piece of the sentence)
BROKEN = {
    "a required field that is not there": (
        having(fields={**FIELDS, "required": ["mail"]}),
        ("/actions/add/fields/required/0", "required", '"mail", which is not a field'),
    ),
    "a pattern that is none": (
        field("plan", pattern="^(?P<a>x)$"),
        ("/actions/add/fields/properties/plan/pattern", "pattern", "JavaScript and Python"),
    ),
    "a trigger for a type that is none": (
        having(trigger='type = "identity"'),
        ("/actions/add/trigger", "TRIGGER", "did you mean 'identify'?"),
    ),
    "a trigger that nothing can meet": (
        having(trigger='type = "track" and type = "page"'),
        ("/actions/add/trigger", "TRIGGER", "no event matches it"),
    ),
    "a default of another type": (
        field("plan", default={"name": "free"}),
        ("/actions/add/fields/properties/plan/default", "DEFAULT", "does not fit its field"),
    ),
    "a default that misspells where it reads": (
        field("plan", default={"@path": "$.propertes.plan"}),
        ("/actions/add/fields/properties/plan/default", "DEFAULT", "did you mean 'properties'?"),
    ),
    "a preset without what is required": (
        replace(SOUND, presets=(Preset(name="All", action="add", mapping={"plan": "pro"}),)),
        ("/presets/0/email", "SUBSCRIPTION", "Email is required"),
    ),
    "settings that cannot be generated": (
        replace(
            SOUND,
            settings={
                "type": "object",
                "required": ["id"],
                "properties": {"id": {"type": "string", "pattern": "^acct-[0-9]{4}$"}},
            },
            extend_request=None,
        ),
        ("/settings/properties/id", "SETTINGS", "give `examples` in the schema, or `values`"),
    ),
    "an optional field that it needs": (
        having(perform=stumbles),
        (
            "/actions/add/perform",
            "PERFORM",
            "`perform` of `add` fails with KeyError (broken.py",
        ),
    ),
    "a host that is not its own": (
        having(perform=goes_elsewhere),
        ("/actions/add/perform", "NOTHING_DELIVERED", "HOST_NOT_ALLOWED: collector.example.org"),
    ),
    "a return value that is not JSON": (
        having(perform=returns_an_object),
        ("/actions/add/perform", "ANSWER", "returns a dict instead of JSON"),
    ),
    "a token in the log": (
        having(perform=logs),
        ("/actions/add", "SECRET", "shows the secret setting `token` in a log record of 'acme'"),
    ),
    "a token that is printed in base64": (
        having(perform=prints),
        ("/actions/add", "SECRET", "`token in base64` in what it prints"),
    ),
    "a part of the token in the result": (
        having(perform=returns_a_part),
        ("/actions/add", "SECRET", "`token, a part of it` in its result"),
    ),
    "a token in an exception": (
        having(perform=explains_too_much),
        ("/actions/add", "SECRET", "`token` in an exception that it raises"),
    ),
    "a cancellation that becomes success": (
        having(perform=cannot_be_cancelled),
        (
            "/actions/add/perform",
            "CANCELLATION",
            "cancelled at its 1st await, turns that into success",
        ),
    ),
    "a cancellation that becomes an error, late": (
        having(perform=cannot_be_cancelled_later),
        ("/actions/add/perform", "CANCELLATION", "await, turns that into STOPPED"),
    ),
    "no end": (
        having(perform=never_ends),
        ("/actions/add/perform", "TIME_OUT", "continues after its deadline when POST https://api"),
    ),
    "silence that becomes success": (
        having(perform=takes_silence_for_success),
        ("/actions/add/perform", "TIME_OUT", "reports success although POST https://api"),
    ),
    "silence that is final": (
        having(perform=gives_up),
        ("/actions/add/perform", "TIME_OUT", "does not retry (GONE) when POST https://api"),
    ),
    "a write that is forgotten": (
        having(perform=forgets_that_it_wrote),
        (
            "/actions/add/perform",
            "TIME_OUT",
            "the write may have happened, so the outcome is unknown",
        ),
    ),
    "a refusal that is not looked at": (
        having(perform=ignores_status),
        (
            "/actions/add/perform",
            "REFUSED",
            "reports as delivered a request that the partner refuses with 400",
        ),
    ),
    "a request that is left behind": (
        replace(having(perform=leaves_a_request_behind), create_shared_state=list),
        ("/actions/add/perform", "LEFT_BEHIND", "under way when it has ended"),
    ),
    "a request that outlives its delivery": (
        having(perform=shields),
        (
            "/actions/add/perform",
            "LEFT_BEHIND",
            "leaves POST https://api.acme.example/contacts under way",
        ),
    ),
    "a connection of its own": (
        having(perform=goes_out_by_itself),
        ("/actions/add/perform", "NETWORK", "connects to collector.example.org by itself"),
    ),
    "one result too few": (
        having(perform_batch=one_too_few),
        ("/actions/add/perform_batch", "PERFORM", "one per payload"),
    ),
    "a batch key that the limits leave out": (
        having(perform_batch=perform_batch, fields={**FIELDS, "properties": WITH_BATCH_KEYS}),
        ("/actions/add/batch/keys", "BATCH_KEYS", "payloads that differ in it alone share a call"),
    ),
    "results in another order": (
        having(perform_batch=in_another_order),
        (
            "/actions/add/perform_batch",
            "BATCH_LAW",
            "payload 1 of 12 that are sent together ends as",
        ),
    ),
    "a batch that loses its error": (
        having(perform_batch=loses_the_error),
        ("/actions/add/perform_batch", "REFUSED", "that the partner refuses with 400"),
    ),
    "credentials that are always good": (
        replace(SOUND, authentication=TEST),
        ("/authentication/test", "AUTHENTICATION", "says that the credentials are good"),
    ),
    "a test of credentials that raises": (
        replace(SOUND, authentication=RAISING),
        ("/authentication/test", "AUTHENTICATION", "raises "),
    ),
    "choices that are none": (
        having(choices={"list": chooses_badly}),
        (
            "/actions/add/choices/list",
            "CHOICES",
            "of `list` of `add` raised TypeError (broken.py, line ",
        ),
    ),
    "a 500 that is final": (
        having(perform=gives_up_on_500),
        ("/actions/add/perform", "REFUSED", "does not retry (NO) after a 500"),
    ),
    "a deadline that is forgotten": (
        having(perform=forgets_its_deadline),
        ("/actions/add/perform", "TIME_OUT", "continues after its deadline when POST https://api"),
    ),
    "a default with an unknown filter": (
        field("plan", default={"@liquid": "{{ traits.plan | uper }}"}),
        ("/actions/add/fields/properties", "DEFAULT", "there is no Liquid filter 'uper'"),
    ),
    "a test of credentials that says nothing": (
        replace(SOUND, authentication=Authentication(test=says_nothing)),
        ("/authentication/test", "AUTHENTICATION", "returns True"),
    ),
    "choices of a setting that are texts": (
        replace(
            SOUND,
            settings={**SOUND.settings, "properties": {**SOUND.settings["properties"], **DYNAMIC}},
            choices={"pool": chooses_nothing},
        ),
        ("/choices/pool", "CHOICES", "the setting `pool` returned a list, not Choices"),
    ),
    "choices of a hook that raise": (
        having(
            hooks={
                "save": MappingHook(
                    title="Save",
                    inputs={"type": "object", "properties": DYNAMIC},
                    choices={"pool": chooses_badly},
                )
            }
        ),
        ("/actions/add/hooks/save/choices/pool", "CHOICES", "`pool` of `save` of `add` raised"),
    ),
    "choices of an audience that are texts": (
        replace(
            SOUND,
            audience=Audience(
                settings={"type": "object", "properties": DYNAMIC},
                choices={"pool": chooses_nothing},
            ),
        ),
        ("/audience/choices/pool", "CHOICES", "`pool` of an audience returned a list, not"),
    ),
    "choices without an end": (
        having(choices={"list": chooses_for_ever}),
        ("/actions/add/choices/list", "CHOICES", "have no end: it has more than"),
    ),
    "choices that are texts": (
        having(choices={"list": chooses_nothing}),
        ("/actions/add/choices/list", "CHOICES", "returned a list, not Choices"),
    ),
    "advice that raises": (
        replace(SOUND, subscription_warnings=advises_badly),
        ("/subscription_warnings", "ADVICE", "raised KeyError (broken.py, line "),
    ),
}
