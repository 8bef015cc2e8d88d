"""What the attempts of `test_plugins.py` do; each function runs in a child process."""

import asyncio
import io
import itertools
import json
import sys
import tempfile
import types
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

from destination_kit import (
    Action,
    Authentication,
    AuthResult,
    Catalog,
    Choices,
    ConfigurationError,
    DefinitionError,
    Destination,
    Directive,
    Failed,
    Preset,
    hookimpl,
)
from destination_kit.cli import run as run_dkit
from destination_kit.plugins import Plugins

TRACK = 'type = "track"'


async def say(context, payload):
    return {"said": payload}


def action(**changes):
    word = {"x-dynamic": True} if "choices" in changes else {}
    fields = {"type": "object", "additionalProperties": True, "properties": {"word": word}}
    return replace(Action(title="Say", trigger=TRACK, fields=fields, perform=say), **changes)


def destination(**changes):
    return replace(Destination(slug="echo", name="Echo", actions={"say": action()}), **changes)


def plugin(**hooks):
    return types.SimpleNamespace(**{name: hookimpl(function) for name, function in hooks.items()})


def load(hook_timeout=0.4, **plugins):
    loaded = Plugins(hook_timeout=hook_timeout)
    for name, hooks in plugins.items():
        loaded.register(hooks, name)
    return Catalog.of_plugins(loaded)


def document(*mappings, slug="echo", **keys):
    subscriptions = [
        {"name": str(index), "action": "say", "mapping": mapping}
        for index, mapping in enumerate(mappings)
    ]
    return {"destination": slug, "subscriptions": subscriptions, **keys}


def outcomes(results):
    return [
        [type(found.result).__name__ for found in result.results] or "Skipped" for result in results
    ]


# Directives that change what they get. Each is the body of a resolver or of a compilation.

KEPT = []


def _later(event):
    KEPT.append(event)
    for kept in KEPT:
        kept["traits"]["email"] = "x"


def _accumulate(_event, inner):
    inner(_event)["list"].append("x")


CHANGES = {
    "sets": lambda event, _: event.update(type="x", traits=None),
    "deletes": lambda event, _: event.pop("traits"),
    "empties a nested object": lambda event, _: event["traits"].clear(),
    "appends to a list": lambda event, _: event["list"].append(1),
    "sorts a list": lambda event, _: event["list"].sort(),
    "changes an item of an item": lambda event, _: event["deep"][0]["a"].update(b=2),
    "keeps events and changes them later": lambda event, _: _later(event),
    "changes what a nested path returns": lambda event, inner: inner(event)["path"].clear(),
    "adds to a constant": _accumulate,
    "returns the event and changes it": lambda event, _: event.setdefault("new", event),
}


def change(name):
    """Return what other subscriptions, the caller and the next event see."""
    changes = CHANGES[name]

    def compile_change(argument, compiler):
        inner = compiler.compile(argument)

        def resolve(event):
            changes(event, inner)
            return inner(event)["list"]

        return resolve

    catalog = _with_directive(compile_change)
    whole = {"word": {"@path": "$.traits.email"}, "list": {"@path": "$.list"}}
    argument = {"list": ["constant"], "path": {"@path": "$.traits"}}
    described = document(whole, {"word": {"@change": argument}}, whole)
    before = json.dumps(described)
    event = {
        "type": "track",
        "traits": {"email": "a"},
        "list": [3, 1],
        "deep": [{"a": {"b": 1}}],
    }
    given = json.dumps(event)
    instance = catalog.configure(described)
    sent = [instance.send_sync([event])[0] for _ in range(2)]
    said = [
        [
            found.result.response["said"]
            for found in result.results
            if hasattr(found.result, "response")
        ]
        for result in sent
    ]
    plain = {"word": "a", "list": [3, 1]}
    return {
        "event": json.dumps(event) == given,
        "document": json.dumps(described) == before,
        "others": all(plain in payloads and payloads[-1] == plain for payloads in said),
        "constant": all(
            payload.get("word") in ("a", ["constant"], ["constant", "x"])
            for payloads in said
            for payload in payloads
        )
        and said[0] == said[1],
    }


def _with_directive(compile_directive, name="@change"):
    directive = Directive(name, compile_directive, "Change.")
    return load(
        a=plugin(register_destinations=lambda: [destination()]),
        b=plugin(register_directives=lambda: [directive]),
    )


def _argument_at_compile(argument, compiler):
    argument["list"].append("x")
    return lambda event: 1


def _argument_per_event(argument, compiler):
    def resolve(event):
        argument["list"].append("x")
        return 1

    return resolve


def change_argument(name):
    """Return whether the document is what it was."""
    compilers = {"compiled": _argument_at_compile, "resolved": _argument_per_event}
    described = document({"word": {"@change": {"list": []}}})
    before = json.dumps(described)
    _with_directive(compilers[name]).configure(described).send_sync([{"type": "track"}])
    return json.dumps(described) == before


def _raise(error):
    raise error


COMPILERS = {
    "raises": lambda argument, compiler: _raise(KeyError("s3cret")),
    "exits": lambda argument, compiler: sys.exit(3),
    "returns nothing": lambda argument, compiler: None,
    "cancels": lambda argument, compiler: _raise(asyncio.CancelledError()),
}


def compile_badly(name):
    """Return the path and the text of the problem."""
    try:
        _with_directive(COMPILERS[name]).configure(document({"word": {"@change": 1}}))
    except ConfigurationError as error:
        [problem] = error.problems
        return [problem.path, "@change" in problem.message, "s3cret" in problem.message]
    return None


class Endless(Mapping):
    """A mapping without an end."""

    def __getitem__(self, key):
        return key

    def __iter__(self):
        return map(str, itertools.count())

    def __len__(self):
        return 1


class EndlessList(list):
    def __iter__(self):
        return itertools.count()


def silent():
    while True:
        if False:
            yield 1


def resolve_badly(name):
    """Return what becomes of an event before, with and after a directive's odd value."""
    values = {
        "an endless mapping": lambda event: Endless(),
        "an endless list": lambda event: EndlessList([1]),
        "a cancellation": lambda event: _raise(asyncio.CancelledError()),
        "a system exit": lambda event: sys.exit(3),
        "an odd exception": lambda event: _raise(OddError()),
    }

    def resolve(event):
        return values[name](event) if event.get("odd") else "fine"

    catalog = _with_directive(lambda argument, compiler: resolve)
    instance = catalog.configure(document({"word": {"@change": 1}}))
    good = {"type": "track"}
    return outcomes(instance.send_sync([good, {**good, "odd": True}, good]))


class OddError(BaseException):
    """An exception that `except Exception` does not catch."""


def share(value):
    """Return a value of 2^40 places, made of 40 objects."""
    for _ in range(40):
        value = {"a": value, "b": value}
    return value


SHARED = {
    "a schema": lambda: destination(slug="odd", settings={"type": "object", "default": share(1)}),
    "a preset": lambda: destination(
        slug="odd", presets=(Preset(name="x", action="say", trigger=TRACK, mapping=share(1)),)
    ),
}


def load_shared(name):
    """Return what is loaded beside a record that holds one object in many places, and who fails."""
    found = load(
        a=plugin(register_destinations=lambda: [destination()]),
        odd=plugin(register_destinations=lambda: [SHARED[name]()]),
    )
    return [list(found.destinations), [failure.plugin for failure in found.failures]]


PERFORMED = {
    "problems without an end": lambda: Failed(
        "X", "x", remedy="event", problems=itertools.repeat(1)
    ),
    "an integer of many digits": lambda: {"n": 10**5_000},
    "text of an integer": lambda: str(10**5_000),
    "an integer of text": lambda: int("1" * 5_000),
}


def perform_oddly(name):
    """Return the result of an event whose `perform` does something odd, and its remedy."""

    async def perform(context, payload):
        return PERFORMED[name]()

    made = destination(actions={"say": action(perform=perform)})
    [result] = Catalog.of(made).configure(document({"word": "a"})).send_sync([GOOD])
    found = result.results[0].result
    return [type(found).__name__, getattr(found, "remedy", "")]


# Other functions of a destination that change what they get.


def change_elsewhere(name):
    """Return whether the event, the document or the caller's mapping is what it was."""
    event = {"type": "track", "context": {"personas": {"computation_class": "audience"}}}
    described = document({"word": {"@literal": {"list": []}}})
    chosen = {"nested": {}}

    async def perform(context, payload):
        context.personas_context["computation_class"] = "x"
        return {"said": payload}

    def warn(subscription):
        subscription.mapping["word"]["@literal"]["list"].append("x")
        return []

    async def list_choices(context, mapping, page):
        mapping["nested"]["x"] = 1
        return Choices(())

    parts = {
        "personas": {"actions": {"say": action(perform=perform)}},
        "warnings": {"subscription_warnings": warn},
        "choices": {"actions": {"say": action(choices={"word": list_choices})}},
    }
    instance = Catalog.of(destination(**parts[name])).configure(described)

    async def run():
        async with instance.open() as live:
            if name == "choices":
                await live.choices("say", "word", mapping=chosen)
            return await live.send([event])

    [result] = asyncio.run(run())
    said = result.results[0].result.response["said"]
    personas = event["context"]["personas"]["computation_class"]
    return [
        personas == "audience",
        described["subscriptions"][0]["mapping"] == {"word": {"@literal": {"list": []}}},
        chosen == {"nested": {}},
        said == {"word": {"list": []}},
    ]


# Names.


def name_action(name):
    return _refusal(destination(actions={name: action()}))


def name_actions(names):
    return _refusal(destination(actions={name: action() for name in names}))


def name_field(name):
    return name_fields([name])


def name_fields(names):
    fields = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    return _refusal(destination(actions={"say": action(fields=fields)}))


def name_settings(names):
    settings = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    return _refusal(destination(settings=settings))


def name_destination(slug):
    return _refusal(destination(slug=slug))


def name_preset(name):
    return _refusal(destination(presets=(Preset(name=name, action="say", trigger=TRACK),)))


def _refusal(refused):
    """Return where `Catalog.of` refuses a destination, and whether a plugin's is left out."""
    try:
        Catalog.of(refused)
    except DefinitionError as error:
        loaded = load(a=plugin(register_destinations=lambda: [refused]))
        left_out = not loaded.destinations and [failure.plugin for failure in loaded.failures]
        return [bool(str(error)), left_out]
    return None


def add_action(name):
    """Return the actions of a destination to which a plugin adds one, and who is left out."""
    loaded = load(
        a=plugin(register_destinations=lambda: [destination()]),
        b=plugin(register_actions=lambda destination: [(name, action())]),
    )
    return [
        list(loaded.destinations["echo"].actions),
        [failure.plugin for failure in loaded.failures],
    ]


def add_preset(name):
    preset = Preset(name=name, action="say", trigger=TRACK)
    loaded = load(
        a=plugin(register_destinations=lambda: [destination()]),
        b=plugin(register_presets=lambda destination: [preset]),
    )
    return [len(loaded.destinations["echo"].presets), [it.plugin for it in loaded.failures]]


def add_directive(name):
    """Return whether a directive is left out, with its plugin named."""
    directive = Directive(name, lambda argument, compiler: lambda event: 1, "One.")
    loaded = load(a=plugin(register_directives=lambda: [directive]))
    return [name in loaded.directives, [failure.plugin for failure in loaded.failures]]


def write_schemas(slugs):
    """Return the destinations' manifests that `dkit schemas` writes, and what it writes outside."""
    catalog = load(
        **{
            f"p{index}": plugin(register_destinations=lambda slug=slug: [destination(slug=slug)])
            for index, slug in enumerate(slugs)
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "inside" / "out"
        with redirect_stdout(io.StringIO()):
            code = run_dkit(["schemas", "--out", str(out)], lambda: catalog)
        manifests = [json.loads(path.read_text()) for path in out.rglob("manifest.json")]
        outside = [path for path in Path(folder).rglob("*.json") if not path.is_relative_to(out)]
        return [code, sorted(found["destination"] for found in manifests), len(outside)]


# Hooks and functions that do not end.


def generate(record):
    while True:
        yield record


class EndlessIterable:
    def __iter__(self):
        return itertools.repeat(destination())


ENDLESS_HOOKS = {
    "records": {"register_destinations": lambda: generate(destination())},
    "no records": {"register_destinations": lambda: itertools.count()},  # noqa: PLW0108 - pluggy cannot mark the class itself
    "an iterable object": {"register_destinations": lambda: EndlessIterable()},  # noqa: PLW0108 - the same
    "a generator that yields nothing": {"register_destinations": silent},
    "a loop": {"register_destinations": lambda: [number for number in itertools.count() if 0]},
    "actions": {"register_actions": lambda destination: generate(("x", action()))},
    "presets": {"register_presets": lambda destination: generate(Preset(name="x", action="say"))},
    "directives": {
        "register_directives": lambda: (
            Directive(f"@x{number}", _argument_at_compile, "X.") for number in itertools.count()
        )
    },
}


def load_endless(name):
    """Return what is loaded beside an endless hook, and who is named."""
    found = load(
        a=plugin(register_destinations=lambda: [destination()]),
        endless=plugin(**ENDLESS_HOOKS[name]),
    )
    named = sorted({failure.plugin for failure in found.failures})
    return [list(found.destinations), named, not _is_busy()]


def _is_busy():
    """Return whether a thread of a plugin takes processor time still."""
    import threading
    import time

    time.sleep(0.3)  # the interpreter ends the thread at its next step
    return any(thread.name == "destination_kit plugin" for thread in threading.enumerate())


ENDLESS_PARTS = {
    "actions": {"actions": Endless()},
    "presets": {"presets": EndlessList()},
    "hosts": {"hosts": EndlessList()},
    "fields": {"actions": {"say": action(fields={"type": "object", "properties": Endless()})}},
    "settings": {"settings": {"type": "object", "properties": Endless()}},
}


def load_endless_part(name):
    parts = ENDLESS_PARTS[name]
    return load(
        a=plugin(register_destinations=lambda: [destination()]),
        endless=plugin(register_destinations=lambda: [destination(slug="odd", **parts)]),
    )


def name_endless_part(name):
    found = load_endless_part(name)
    return [list(found.destinations), sorted({failure.plugin for failure in found.failures})]


ENDLESS_FUNCTIONS = {
    "warnings": {"subscription_warnings": lambda subscription: map(str, itertools.count())},
    "warnings that never come": {"subscription_warnings": lambda subscription: silent()},
    "headers": {"extend_request": lambda settings: Endless(), "hosts": ("a.example",)},
    "pairs of headers": {
        "extend_request": lambda settings: ((f"x{n}", "y") for n in itertools.count()),
        "hosts": ("a.example",),
    },
}


def configure_endless(name):
    """Return whether `configure` is refused with the plugin's name."""
    made = destination(**ENDLESS_FUNCTIONS[name])
    catalog = load(endless=plugin(register_destinations=lambda: [made]))
    try:
        catalog.configure(document({"word": "a"}))
    except ConfigurationError as error:
        return ["endless" in str(error), "echo" in str(error)]
    return None


async def _warn_for_ever(_context):
    return AuthResult(ok=True, warnings=map(str, itertools.count()))


async def _choose_for_ever(_context, _mapping, _page):
    return Choices(itertools.count())


async def _answer_for_ever(_context, _payload):
    return Endless()


def call_endless(name):
    """Return what a call of a live instance comes to: the exception, or the outcomes."""
    functions = {
        "authentication": {"authentication": Authentication(test=_warn_for_ever)},
        "choices": {"actions": {"say": action(choices={"word": _choose_for_ever})}},
        "a response": {"actions": {"say": action(perform=_answer_for_ever)}},
    }
    instance = Catalog.of(destination(**functions[name])).configure(document({"word": "a"}))

    async def run():
        async with instance.open() as live:
            if name == "authentication":
                found = await live.authenticate()
                return [found.ok, found.message]
            if name == "choices":
                return await live.choices("say", "word")
            return outcomes(await live.send([{"type": "track"}]))

    try:
        return asyncio.run(run())
    except ValueError as error:
        return type(error).__name__


# Distributions that pretend to be the kit.

THIEF = """
from destination_kit import Destination, hookimpl
@hookimpl
def register_destinations():
    return [Destination(slug="actions-qualtrics", name="Thief")]
"""
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 9.9\n"
KIT = Path(sys.modules["destination_kit"].__file__).parents[1]
PARTS = ("__init__.py", "distributions.py", "plugins.py", "hookspecs.py")
LIES = {
    "nothing": {},
    "RECORD": {"RECORD": "".join(f"destination_kit/{part},,\n" for part in PARTS)},
    "RECORD with the path": {
        "RECORD": "".join(f"{KIT}/destination_kit/{part},,\n" for part in PARTS)
    },
    "direct_url.json": {
        "direct_url.json": json.dumps({"url": KIT.as_uri(), "dir_info": {"editable": True}})
    },
}


def steal(attempt):
    """Return the name of the Qualtrics destination, and whether the thief is named."""
    name, module, entry, lie, first = attempt
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        info = site / f"{name.replace('-', '_')}-9.9.dist-info"
        info.mkdir()
        files = {
            "METADATA": METADATA.format(name=name),
            "entry_points.txt": f"[destination_kit]\n{entry} = {module}\n",
            **LIES[lie],
        }
        for file, text in files.items():
            (info / file).write_text(text)
        path = site.joinpath(*module.split("."))
        path.parent.mkdir(parents=True, exist_ok=True)
        if module != "destinations.qualtrics":
            path.with_suffix(".py").write_text(THIEF)
        sys.path.insert(0 if first else len(sys.path), folder)
        try:
            catalog = Catalog.installed()
        finally:
            sys.path.remove(folder)
    found = catalog.destinations.get("actions-qualtrics")
    named = [failure for failure in catalog.failures if failure.plugin.startswith(name)]
    return [found and found.name, len(named)]


# Events, documents and records of a host's or plugin's own classes.


class Raising(dict):
    """A dictionary whose methods raise."""

    methods = ()

    def __init__(self, members, methods, error):
        super().__init__(members)
        self._methods, self._error = methods, error

    def _call(self, name, *arguments):
        if name in self._methods:
            raise self._error
        return getattr(dict, name)(self, *arguments)

    def __getitem__(self, key):
        return self._call("__getitem__", key)

    def get(self, key, default=None):
        return self._call("get", key, default)

    def __iter__(self):
        return self._call("__iter__")

    def keys(self):
        return self._call("keys")

    def items(self):
        return self._call("items")

    def values(self):
        return self._call("values")

    def __contains__(self, key):
        return self._call("__contains__", key)


class RaisingMapping(Mapping):
    """A mapping that is no dictionary, and raises from the third look-up on."""

    def __init__(self, members, looks=0):
        self._members, self._looks = members, looks

    def __getitem__(self, key):
        self._looks -= 1
        if self._looks < 0:
            raise LookupError(key)
        return self._members[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self):
        return len(self._members)

    def get(self, key, default=None):
        return self[key] if key in self._members else default


class OddClass(RaisingMapping):
    @property
    def __class__(self):
        raise LookupError("class")


class Unhashable(str):
    __slots__ = ()

    def __hash__(self):
        raise LookupError("hash")


class Unequal(str):
    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other):
        raise LookupError("eq")


class Equal(str):
    """A text that equals every other."""

    __slots__ = ()

    def __hash__(self):
        return hash("type")

    def __eq__(self, other):
        return True


GOOD = {
    "type": "track",
    "event": "A",
    "name": "n",
    "path": "x",
    "x": "good",
    "list": [{"x": 1}],
}
ALL = ("__getitem__", "get", "__iter__", "keys", "items", "values", "__contains__")
EVENTS = {
    "get": lambda: Raising(GOOD, ("get",), LookupError()),
    "all methods": lambda: Raising(GOOD, ALL, LookupError()),
    "exit": lambda: Raising(GOOD, ALL, SystemExit()),
    "cancellation": lambda: Raising(GOOD, ALL, asyncio.CancelledError()),
    "odd exception": lambda: Raising(GOOD, ALL, OddError()),
    "no dictionary": lambda: RaisingMapping(GOOD),
    "the third look": lambda: RaisingMapping(GOOD, 2),
    "the look for its id": lambda: RaisingMapping({**GOOD, "anonymousId": "a"}, 6),
    "__class__": lambda: OddClass(GOOD),
    "a nested mapping": lambda: {**GOOD, "name": Raising(GOOD, ALL, LookupError())},
    "a type without a hash": lambda: {**GOOD, "type": Unhashable("track")},
    "a name that cannot be compared": lambda: {**GOOD, "event": Unequal("A")},
    "personas": lambda: {**GOOD, "context": RaisingMapping({"personas": {}})},
    "an id": lambda: {**GOOD, "anonymousId": Raising({}, ALL, OddError())},
}


def send_odd_event(name):
    """Return the outcomes of a good event, an odd one and a good one, in one call."""
    described = document({"word": {"@path": "$.name"}, "path": {"@path": "$.x"}})
    described["subscriptions"][0]["trigger"] = 'type = "track" and event = "A"'
    instance = Catalog.of(destination()).configure(described)
    good, odd, last = outcomes(instance.send_sync([GOOD, EVENTS[name](), GOOD]))
    return [good, odd in (["Failed"], ["Delivered"], "Skipped"), last]


def poison(name):
    """Return the word of a good event after one with an odd text in a computed place."""
    texts = {"unequal": Unequal("x"), "equal": Equal("x")}
    mappings = {
        "where": {"@liquid": "{{ list | where: path | size }}"},
        "get": {"@path": {"@path": "$.path"}},
    }
    text, mapping = name
    instance = Catalog.of(destination()).configure(document({"word": mappings[mapping]}))
    odd = {**GOOD, "path": texts[text]}
    _, good = instance.send_sync([odd, GOOD])
    result = good.results[0].result
    return result.response["said"] if hasattr(result, "response") else result.code


def batch_odd_keys(name):
    """Return the outcomes of a batch in which one payload has an odd key."""
    keys = {"unequal": Unequal("word"), "equal": Equal("word")}

    async def perform_batch(context, payloads):
        return [payload.get("word") for payload in payloads]

    sent = action(perform_batch=perform_batch, fields={"type": "object"})
    made = destination(actions={"say": sent})
    described = document({"@path": "$.object"})
    instance = Catalog.of(made).configure(described)
    odd = {**GOOD, "object": {keys[name]: "odd"}}
    good = {**GOOD, "object": {"word": "good"}}
    results = instance.send_sync([good, odd, good])
    return [outcomes(results)[0], outcomes(results)[2]]


DOCUMENTS = {
    "the document": lambda: Raising(document({"word": "a"}), ALL, LookupError("s3cret")),
    "the settings": lambda: document({"word": "a"}, settings=RaisingMapping({"token": "x"})),
    "a setting": lambda: document({"word": "a"}, settings={"token": RaisingMapping({"a": 1})}),
    "a mapping": lambda: document(RaisingMapping({"word": "a"})),
    "an endless mapping": lambda: document(Endless()),
    "endless settings": lambda: document({"word": "a"}, settings=Endless()),
    "a key that cannot be compared": lambda: document({Unequal("word"): "a"}),
}


def configure_odd(name):
    """Return whether an odd document is a `ConfigurationError`, and a good one works after it."""
    catalog = Catalog.of(destination())
    try:
        catalog.configure(DOCUMENTS[name]())
        refused = "accepted"
    except ConfigurationError as error:
        refused = "s3cret" not in str(error)
    [result] = catalog.configure(document({"word": "a"})).send_sync([GOOD])
    return [refused, outcomes([result])]


RECORDS = {
    "a slug without a hash": lambda: destination(slug=Unhashable("odd")),
    "a slug that equals all": lambda: destination(slug=Equal("odd")),
    "actions that raise": lambda: destination(slug="odd", actions=RaisingMapping({"say": 1})),
    "a schema that raises": lambda: destination(
        slug="odd", settings=Raising({"type": "object"}, ALL, OddError())
    ),
}


def load_odd(name):
    """Return what is loaded beside an odd record, without the odd one."""
    found = load(
        a=plugin(register_destinations=lambda: [destination()]),
        odd=plugin(register_destinations=lambda: [RECORDS[name]()]),
    )
    return ["echo" in found.destinations, all(it.plugin == "odd" for it in found.failures)]
