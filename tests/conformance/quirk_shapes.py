"""Short ways to write the requests that show quirks."""

from __future__ import annotations

U = {"$js": "undefined"}


def t(mapping, **data):
    return {"op": "transform", "mapping": mapping, "data": data}


def d(directive, value, **data):
    return t({"f": {f"@{directive}": value}}, **data)


def liquid(text, **data):
    return d("liquid", text, **data)


def get(obj, path):
    return {"op": "get", "obj": obj, "path": path}


def fql(text):
    return {"op": "parseFql", "fql": text}


def match(text, **event):
    return {"op": "matchFql", "fql": text, "event": event}


def one(value, **field):
    return {
        "op": "validatePayload",
        "fields": {"f": {"label": "F", **field}},
        "payload": {"f": value},
    }


def validate(fields, payload, **more):
    return {"op": "validatePayload", "fields": fields, "payload": payload, **more}


def to_string(value):
    return {"op": "jsString", "value": value}


OBJECT = {
    "type": "object",
    "properties": {
        "p": {"label": "P", "type": "string", "required": True},
        "q": {"label": "Q", "type": "number"},
    },
}
WHEN_X = {
    "a": {"label": "A", "type": "string"},
    "b": {
        "label": "B",
        "type": "string",
        "required": {"conditions": [{"fieldKey": "a", "operator": "is", "value": "x"}]},
    },
}
WHEN_1 = {
    "a": {"label": "A", "type": "number"},
    "b": {
        "label": "B",
        "type": "string",
        "required": {"conditions": [{"fieldKey": "a", "operator": "is", "value": 1}]},
    },
}
WHEN_UNSET = {
    "a": {"label": "A", "type": "string"},
    "b": {
        "label": "B",
        "type": "string",
        "required": {"conditions": [{"fieldKey": "a", "operator": "is"}]},
    },
}

ECHO = {
    "name": "Echo",
    "authentication": {
        "scheme": "custom",
        "fields": {
            "apiKey": {"label": "Key", "description": "", "type": "string", "required": True}
        },
    },
    "actions": {
        "send": {
            "title": "Send",
            "fields": {"n": {"label": "N", "description": "", "type": "number"}},
            "batch": True,
        }
    },
}
OPEN = {"name": "Open", "actions": ECHO["actions"]}


MAPPED = {"n": {"@path": "$.properties.n"}}


def sub(text, mapping=MAPPED):
    return {"partnerAction": "send", "subscribe": text, "mapping": mapping}


def event_of(subscriptions):
    return {
        "op": "onEvent",
        "destination": ECHO,
        "event": {"type": "track", "properties": {"n": "7"}},
        "settings": {"apiKey": "k", "subscriptions": subscriptions},
    }
