"""Plugins that change, name, loop or pretend: each costs itself, and is named."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.attacks.measuring import ALLOWANCE, Runner

pytestmark = pytest.mark.attack

MODULE = "tests.attacks.plugin_attempts"
GOOD_ONES = [["Delivered"], True, ["Delivered"]]
UNCHANGED = {"event": True, "document": True, "others": True, "constant": True}
REFUSED = [True, ["a"]]
REAL = ["Qualtrics", 1]
FAULTY = ["Failed", "code"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: a function of `plugin_attempts`, its argument, and what it must answer."""

    function: str
    argument: Any
    answer: Any
    #: Whether the commit before the mend gave this answer too.
    held: bool = False
    #: Seconds of processor time; five times as much is allowed.
    seconds: float = 1.0
    #: Bytes of memory; five times as much is allowed.
    memory: int = 60_000_000


def held(function: str, argument: Any, answer: Any) -> Attempt:
    return Attempt(function, argument, answer, held=True)


ATTEMPTS = {
    # A plugin's directive gets copies.
    "a directive sets keys of the event": Attempt("change", "sets", UNCHANGED),
    "a directive deletes a key of the event": Attempt("change", "deletes", UNCHANGED),
    "a directive empties the traits": Attempt("change", "empties a nested object", UNCHANGED),
    "a directive appends to a list": Attempt("change", "appends to a list", UNCHANGED),
    "a directive sorts a list in place": Attempt("change", "sorts a list", UNCHANGED),
    "a directive changes what is deep": Attempt("change", "changes an item of an item", UNCHANGED),
    "a directive keeps events": Attempt("change", "keeps events and changes them later", UNCHANGED),
    "a directive changes what its argument resolves to": Attempt(
        "change", "changes what a nested path returns", UNCHANGED
    ),
    "a directive adds to a constant of the mapping": Attempt(
        "change", "adds to a constant", UNCHANGED
    ),
    "a directive makes a circle": Attempt("change", "returns the event and changes it", UNCHANGED),
    "a directive changes its argument while compiled": Attempt("change_argument", "compiled", True),
    "a directive changes its argument per event": Attempt("change_argument", "resolved", True),
    "a directive raises while compiled": Attempt(
        "compile_badly", "raises", ["/subscriptions/0/mapping/word/@change", True, False]
    ),
    "a directive exits while compiled": Attempt(
        "compile_badly", "exits", ["/subscriptions/0/mapping/word/@change", True, False]
    ),
    "a directive returns no resolver": Attempt(
        "compile_badly", "returns nothing", ["/subscriptions/0/mapping/word/@change", True, False]
    ),
    "a directive cancels while compiled": Attempt(
        "compile_badly", "cancels", ["/subscriptions/0/mapping/word/@change", True, False]
    ),
    "a directive returns an endless mapping": Attempt(
        "resolve_badly", "an endless mapping", [["Delivered"], ["Failed"], ["Delivered"]]
    ),
    "a directive returns an endless list": Attempt(
        "resolve_badly", "an endless list", [["Delivered"], ["Failed"], ["Delivered"]]
    ),
    "a directive cancels": Attempt(
        "resolve_badly", "a cancellation", [["Delivered"], ["Failed"], ["Delivered"]]
    ),
    "a directive exits": held(
        "resolve_badly", "a system exit", [["Delivered"], ["Failed"], ["Delivered"]]
    ),
    "a directive raises a BaseException": Attempt(
        "resolve_badly", "an odd exception", [["Delivered"], ["Failed"], ["Delivered"]]
    ),
    "a perform changes the personas": Attempt("change_elsewhere", "personas", [True] * 4),
    "a warning function changes the mapping": Attempt("change_elsewhere", "warnings", [True] * 4),
    "a list of choices changes the mapping": Attempt("change_elsewhere", "choices", [True] * 4),
    # Names are file names.
    "an action above the folder": Attempt("name_action", "../x", REFUSED),
    "an action at the root": Attempt("name_action", "/etc/x", REFUSED),
    "an action in a folder of Windows": Attempt("name_action", "a\\b", REFUSED),
    "an action on a drive": Attempt("name_action", "c:x", REFUSED),
    "an action with NUL": Attempt("name_action", "a\0b", REFUSED),
    "an action that is the parent": Attempt("name_action", "..", REFUSED),
    "an action without a name": Attempt("name_action", "", REFUSED),
    "an action named for a device": Attempt("name_action", "CON", REFUSED),
    "an action named for a device with an extension": Attempt("name_action", "nul.a", REFUSED),
    "an action named for a port with a superscript": Attempt("name_action", "com¹", REFUSED),
    "an action with a dot at its end": Attempt("name_action", "x.", REFUSED),
    "an action with a blank at its end": Attempt("name_action", "x ", REFUSED),
    "an action that is an option": Attempt("name_action", "--out", REFUSED),
    "an action that reads from right to left": Attempt("name_action", "\u202egnp", REFUSED),
    "an action with a line end": Attempt("name_action", "a\nb", REFUSED),
    "an action with a lone surrogate": Attempt("name_action", "a\ud800", REFUSED),
    "an action of 300 characters": Attempt("name_action", "x" * 300, REFUSED),
    "an action with a wildcard": Attempt("name_action", "a*", REFUSED),
    "an action above the folder in full width": Attempt("name_action", "a\uff0fx", REFUSED),
    "an action named for a device in full width": Attempt("name_action", "\uff43on", REFUSED),
    "an action named for a device in small capitals": held("name_action", "a\u200bux", REFUSED),
    "actions that differ in a long s": held("name_actions", ["send", "\u017fend"], REFUSED),
    "actions that differ in case": Attempt("name_actions", ["send", "Send"], REFUSED),
    "actions that differ in Unicode's form": Attempt("name_actions", ["é", "e\u0301"], REFUSED),
    "actions that differ in width": Attempt("name_actions", ["a", "\uff41"], REFUSED),
    "a sound name in another script": held("name_action", "größe", None),
    "a field above the folder": Attempt("name_field", "../x", REFUSED),
    "a field named for a device": Attempt("name_field", "aux", REFUSED),
    "a field with a dot at its end": Attempt("name_field", "x.", REFUSED),
    "fields that differ in case": Attempt("name_fields", ["email", "Email"], REFUSED),
    "fields of Segment's names": held(
        "name_fields", ["user_id", "$set", "a.b", "externalId"], None
    ),
    "a setting at the root": Attempt("name_settings", ["/x"], REFUSED),
    "settings that differ in case": Attempt("name_settings", ["token", "TOKEN"], REFUSED),
    "a destination named for a device": Attempt("name_destination", "con", REFUSED),
    "a destination whose folder is a device": Attempt("name_destination", "actions-nul", REFUSED),
    "a destination of 200 characters": Attempt("name_destination", "a" * 200, REFUSED),
    "a destination above the folder": held("name_destination", "../x", REFUSED),
    "a preset above the folder": Attempt("name_preset", "../x", REFUSED),
    "a preset with NUL": Attempt("name_preset", "a\0b", REFUSED),
    "an added action at the root": Attempt("add_action", "/x", [["say"], ["b"]]),
    "an added action that differs in case": Attempt("add_action", "SAY", [["say"], ["b"]]),
    "an added preset with a bidi character": Attempt("add_preset", "\u2066x", [0, ["b"]]),
    "a directive with a path": Attempt("add_directive", "@../x", [False, ["a"]]),
    "a directive with a blank": Attempt("add_directive", "@a b", [False, ["a"]]),
    "a directive that is a sign": Attempt("add_directive", "@", [False, ["a"]]),
    "a directive in capitals": Attempt("add_directive", "@PATH", [False, ["a"]]),
    "a directive of 200 characters": Attempt("add_directive", "@" + "a" * 200, [False, ["a"]]),
    "destinations that share a folder": Attempt(
        "write_schemas", ["actions-acme", "acme"], [0, ["acme", "actions-acme"], 0]
    ),
    # Hooks and functions that do not end.
    "a hook yields records for ever": Attempt(
        "load_endless", "records", [["echo"], ["endless"], True]
    ),
    "a hook yields numbers for ever": Attempt(
        "load_endless", "no records", [["echo"], ["endless"], True]
    ),
    "a hook returns an endless object": Attempt(
        "load_endless", "an iterable object", [["echo"], ["endless"], True]
    ),
    "a hook's generator yields nothing": Attempt(
        "load_endless", "a generator that yields nothing", [["echo"], ["endless"], True], seconds=2
    ),
    "a hook loops": Attempt("load_endless", "a loop", [["echo"], ["endless"], True], seconds=2),
    "a hook yields actions for ever": Attempt(
        "load_endless", "actions", [["echo"], ["endless"], True]
    ),
    "a hook yields presets for ever": Attempt(
        "load_endless", "presets", [["echo"], ["endless"], True]
    ),
    "a hook yields directives for ever": Attempt(
        "load_endless", "directives", [["echo"], ["endless"], True]
    ),
    "actions without an end": Attempt("name_endless_part", "actions", [["echo"], ["endless"]]),
    "presets without an end": Attempt("name_endless_part", "presets", [["echo"], ["endless"]]),
    "hosts without an end": Attempt("name_endless_part", "hosts", [["echo"], ["endless"]]),
    "fields without an end": Attempt("name_endless_part", "fields", [["echo"], ["endless"]]),
    "settings without an end": Attempt("name_endless_part", "settings", [["echo"], ["endless"]]),
    "warnings without an end": Attempt("configure_endless", "warnings", [True, True]),
    "warnings that never come": Attempt(
        "configure_endless", "warnings that never come", [True, True], seconds=6
    ),
    "headers without an end": Attempt("configure_endless", "headers", [True, True]),
    "pairs of headers without an end": Attempt(
        "configure_endless", "pairs of headers", [True, True]
    ),
    "warnings of a test of credentials": Attempt(
        "call_endless",
        "authentication",
        [False, "echo: the test of credentials failed: it has more than 10,000 members"],
    ),
    "choices without an end": Attempt("call_endless", "choices", "LimitError"),
    "a response without an end": Attempt("call_endless", "a response", [["Failed"]]),
    "problems without an end": Attempt("perform_oddly", "problems without an end", FAULTY),
    "a schema of shared objects": Attempt("load_shared", "a schema", [["echo"], ["odd"]]),
    "a preset of shared objects": Attempt("load_shared", "a preset", [["echo"], ["odd"]]),
    "a response with an integer of many digits": Attempt(
        "perform_oddly", "an integer of many digits", ["Delivered", ""]
    ),
    "a perform that makes text of an integer": Attempt(
        "perform_oddly", "text of an integer", FAULTY
    ),
    "a perform that makes an integer of text": Attempt(
        "perform_oddly", "an integer of text", FAULTY
    ),
    # The kit's own is the code that runs.
    "the kit's name behind it": held(
        "steal", ["destination-kit", "thief", "thief", "nothing", False], ["Qualtrics", 0]
    ),
    "the kit's name before it": Attempt(
        "steal", ["destination-kit", "thief", "thief", "nothing", True], REAL
    ),
    "the kit's name and entry before it": Attempt(
        "steal", ["destination-kit", "thief2", "qualtrics", "nothing", True], REAL
    ),
    "the kit's name and a false RECORD": Attempt(
        "steal", ["destination-kit", "thief3", "a", "RECORD", True], REAL
    ),
    "the kit's name and a RECORD of its path": Attempt(
        "steal", ["destination-kit", "thief4", "a", "RECORD with the path", True], REAL
    ),
    "the kit's name and a false link": Attempt(
        "steal", ["destination-kit", "thief5", "a", "direct_url.json", True], REAL
    ),
    "a module in the kit's namespace": held(
        "steal", ["acme", "destinations.thief", "a", "nothing", True], REAL
    ),
    "the kit's own module under another name": held(
        "steal", ["acme", "destinations.qualtrics", "a", "nothing", True], REAL
    ),
    # An object of a class of its own costs its own event.
    "an event whose `get` raises": Attempt("send_odd_event", "get", GOOD_ONES),
    "an event whose methods raise": Attempt("send_odd_event", "all methods", GOOD_ONES),
    "an event that exits": Attempt("send_odd_event", "exit", GOOD_ONES),
    "an event that cancels": Attempt("send_odd_event", "cancellation", GOOD_ONES),
    "an event that raises a BaseException": Attempt("send_odd_event", "odd exception", GOOD_ONES),
    "an event that is no dictionary": Attempt("send_odd_event", "no dictionary", GOOD_ONES),
    "an event that raises later": held("send_odd_event", "the third look", GOOD_ONES),
    "an event that raises when its id is read": Attempt(
        "send_odd_event", "the look for its id", GOOD_ONES
    ),
    "an event without a class": Attempt("send_odd_event", "__class__", GOOD_ONES),
    "a value that raises": held("send_odd_event", "a nested mapping", GOOD_ONES),
    "a type without a hash": Attempt("send_odd_event", "a type without a hash", GOOD_ONES),
    "a name that cannot be compared": Attempt(
        "send_odd_event", "a name that cannot be compared", GOOD_ONES
    ),
    "personas that raise": Attempt("send_odd_event", "personas", GOOD_ONES),
    "an id that raises": held("send_odd_event", "an id", GOOD_ONES),
    "a computed path that cannot be compared": held("poison", ["unequal", "get"], {"word": "good"}),
    "a computed path that equals all": held("poison", ["equal", "get"], {"word": "good"}),
    "a path of a Liquid filter that cannot be compared": held(
        "poison", ["unequal", "where"], {"word": "1"}
    ),
    "a key in a batch that cannot be compared": held(
        "batch_odd_keys", "unequal", [["Delivered"], ["Delivered"]]
    ),
    "a document that raises": Attempt("configure_odd", "the document", [True, [["Delivered"]]]),
    "settings that raise": Attempt("configure_odd", "the settings", [True, [["Delivered"]]]),
    "a setting that raises": Attempt("configure_odd", "a setting", [True, [["Delivered"]]]),
    "a mapping that raises": Attempt("configure_odd", "a mapping", [True, [["Delivered"]]]),
    "a mapping without an end": Attempt(
        "configure_odd", "an endless mapping", [True, [["Delivered"]]]
    ),
    "settings of a document without an end": Attempt(
        "configure_odd", "endless settings", [True, [["Delivered"]]]
    ),
    "a slug without a hash": Attempt("load_odd", "a slug without a hash", [True, True]),
    "a slug that equals all": Attempt("load_odd", "a slug that equals all", [True, True]),
    "actions that raise": held("load_odd", "actions that raise", [True, True]),
    "a schema that raises": Attempt("load_odd", "a schema that raises", [True, True]),
}


@pytest.fixture(scope="module")
def runner():
    runner = Runner(MODULE)
    yield runner
    runner.close()


@pytest.mark.parametrize("name", ATTEMPTS)
def test_an_attempt_costs_itself_alone(runner, name):
    attempt = ATTEMPTS[name]
    measured = runner.run(attempt.function, attempt.argument, patience=30)
    assert measured.answer == attempt.answer, measured.errors
    assert measured.seconds <= ALLOWANCE * attempt.seconds
    assert measured.memory <= ALLOWANCE * attempt.memory


def test_at_most_half_of_the_attempts_held_before():
    assert sum(attempt.held for attempt in ATTEMPTS.values()) * 2 <= len(ATTEMPTS)
