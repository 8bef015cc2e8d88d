"""Values made up from a schema, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, TypeAlias

from destination_kit._json import Json, JsonObject, as_array, as_object, pointer
from destination_kit.fields import collect_defaults, compile_validator, iter_fields, list_types

if TYPE_CHECKING:
    from destination_kit._json import JsonObject


_WORDS = (
    "Ann",
    "u-1",
    "O'Neil & Søns <b>",
    "日本語 🎉",
    'say "hi"\n',
    "a/b?c=d#e%20f",
    "..",
    "{{ not.a.template }}",
    "  around  ",
    "0",
    "true",
    "x" * 300,
)
_FORMATS: Mapping[str, Sequence[str]] = {
    "email": ("ann@example.com", "o'neil+tag@mail.example.org"),
    "date": ("2026-02-28", "2024-02-29"),
    "time": ("12:30:00Z", "23:59:59+01:00"),
    "date-time": ("2026-02-28T12:30:00Z", "2024-02-29T23:59:59.999+05:30"),
    "date-like": ("2026-02-28T12:30:00Z", "2024-02-29", "1767225600"),
    "duration": ("P1DT2H", "P3W"),
    "uuid": ("6f1c2e9a-0d3b-4c58-9a77-2b1e5d8f4c10",),
    "hostname": ("www.example.com", "xn--bcher-kva.example"),
    "ipv4": ("192.0.2.10",),
    "ipv6": ("2001:db8::1",),
    "byte": ("aGVsbG8=", ""),
    "regex": ("^a+$",),
    "json-pointer": ("/a/0", ""),
    "json-pointer-uri-fragment": ("#/a/0",),
    "relative-json-pointer": ("0", "1/a"),
    "uri-template": ("https://example.com/{id}",),
    "uri-reference": ("/path?x=1", "#top"),
}
_ADDRESSES = ("uri", "url", "uri-reference")
_OTHER_HOST = "www.example.net"  # reserved, and nobody's destination


def texts(schema: JsonObject, hosts: Sequence[str], chance: Random) -> Iterator[str]:
    """Yield texts of which the schema may take some."""
    examples = schema.get("examples")
    for each in as_array(examples):
        if isinstance(each, str):
            yield each
    named = str(schema.get("format"))
    if named in _ADDRESSES:
        yield from _addresses(hosts, "page=1")
    yield from _FORMATS.get(named, ())
    yield from (*_WORDS, f"{chance.getrandbits(32):08x}")
    for word in ("minLength", "maxLength"):
        length = schema.get(word)
        if isinstance(length, int):
            yield from (each * length for each in "xA0")


def secrets(schema: JsonObject, hosts: Sequence[str], chance: Random) -> Iterator[str]:
    """Yield texts that nobody could guess, in the spellings that secrets have."""
    bits = chance.getrandbits(128)
    token = f"{bits:032x}"
    if schema.get("format") in _ADDRESSES:
        yield from _addresses(hosts, f"token={token}")
        return
    yield from (token, token.upper(), f"{bits:039d}", f"{bits:039d}"[-16:])
    yield "-".join((token[:8], token[8:12], f"4{token[13:16]}", f"8{token[17:20]}", token[20:]))
    yield f"{token}@example.com"
    for word in ("minLength", "maxLength"):
        length = schema.get(word)
        if isinstance(length, int):
            yield (token * (length // len(token) + 1))[:length]


def _addresses(hosts: Sequence[str], query: str) -> Iterator[str]:
    """Yield URLs at the destination's own hosts, and at one that is not."""
    for host in (*(each.replace("*", "made-up") for each in hosts), _OTHER_HOST):
        yield f"https://{host}/path?{query}"


Make: TypeAlias = Callable[[Random, float], Json]
"""(chance, how likely an optional field is filled) -> a value."""

_TRIES = 100
_SOMETIMES = 0.6
_NUMBERS = (1, 0, -1, 7, 100, 2**31, 0.5, -273.15, 1e6)


class NothingFitsError(Exception):
    """No value that fits a schema could be made up. `place` is a JSON Pointer into the schema."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class Hints:
    """What a schema does not say: values by the name of their field, and hosts for URLs."""

    given: Mapping[str, Sequence[Json]] = field(default_factory=dict)
    hosts: Sequence[str] = ()


def make_settings(schema: JsonObject, hints: Hints, seed: int) -> dict[str, Json]:
    """Return settings that fit: all of them, what a form starts with where there is such a value.

    Secrets are long and random, so that they can be found wherever they appear.
    """
    prefilled = {name: [value] for name, value in collect_defaults(schema).items()}
    known = Hints({**prefilled, **hints.given}, hints.hosts)
    [settings] = make_payloads(schema, known, 1, seed, drop_empty=False)
    return settings


def make_payloads(
    schema: JsonObject, hints: Hints, count: int, seed: int, *, drop_empty: bool = True
) -> list[dict[str, Json]]:
    """Return payloads that fit, as `perform` gets them.

    The first has every field, the second only what is required, the others what chance wants.
    """
    chance = Random(seed)  # noqa: S311 - the same seed gives the same values
    validate = compile_validator(schema, drop_empty=drop_empty)
    make = _compile(schema, hints)
    payloads = []
    for number in range(count):
        fill = (1.0, 0.0)[number] if number <= 1 else _SOMETIMES
        for _ in range(_TRIES):
            payload, problems = validate(make(chance, fill))
            if not problems:
                break
            fill = chance.random()  # conditions between fields may want more, or less
        else:
            raise NothingFitsError("", f"all that was made up is refused: {problems[0]}")
        payloads.append(payload)
    return payloads


def _compile(schema: JsonObject, hints: Hints, *at: str) -> Make:
    name = at[-1] if at[-2:-1] == ("properties",) else ""
    if given := hints.given.get(name) or _choices(schema):
        return lambda chance, _: chance.choice(given)
    for word in ("oneOf", "anyOf"):
        if branches := [each for each in as_array(schema.get(word)) if isinstance(each, Mapping)]:
            rest = {key: value for key, value in schema.items() if key != word}
            return _one_of([_compile({**rest, **each}, hints, *at) for each in branches])
    return _one_of([_MAKERS[kind](schema, hints, at) for kind in list_types(schema) or ("string",)])


def _one_of(makers: Sequence[Make]) -> Make:
    return lambda chance, fill: chance.choice(makers)(chance, fill)


def _choices(schema: JsonObject) -> Sequence[Json]:
    """Return the values that an enumeration or a labelled choice allows."""
    if "const" in schema:
        return [schema["const"]]
    labelled = [each for each in as_array(schema.get("oneOf")) if isinstance(each, Mapping)]
    if labelled and all("const" in each for each in labelled):
        return [each["const"] for each in labelled]
    return as_array(schema.get("enum"))


def _object(schema: JsonObject, hints: Hints, at: tuple[str, ...]) -> Make:
    members = {
        name: _compile(each, hints, *at, "properties", name) for name, each in iter_fields(schema)
    }
    required = as_array(schema.get("required"))
    is_open = not members or bool(schema.get("additionalProperties"))
    least = _number(schema, "minProperties", 0)

    def make(chance: Random, fill: float) -> Json:
        made = {
            name: make_one(chance, fill)
            for name, make_one in members.items()
            if name in required or chance.random() < fill
        }
        if is_open:
            names = sorted(_FREE)
            picked = chance.sample(names, min(len(names), int(least) + chance.randrange(4)))
            made |= {name: _FREE[name] for name in picked}
        return made

    return make


_FREE: Mapping[str, Json] = {
    "plan": "pro",
    "total": 12.5,
    "count": 3,
    "new": True,
    "nothing": None,
    "names with blanks, “quotes” & é": "日本語",
    "address": {"city": "Zürich", "lines": ["1", None]},
    "items": [{"sku": "A-1", "price": 2}, {"sku": "A-2"}],
    "empty": {},
    "none": [],
}


def _array(schema: JsonObject, hints: Hints, at: tuple[str, ...]) -> Make:
    items = schema.get("items")
    make_one = _compile(as_object(items), hints, *at, "items")
    least = int(_number(schema, "minItems", 0))
    most = int(_number(schema, "maxItems", least + 3))
    return lambda chance, fill: [
        make_one(chance, fill) for _ in range(chance.randint(least, max(least, most)))
    ]


def _numeric(schema: JsonObject, _: Hints, at: tuple[str, ...]) -> Make:
    low, high = (_number(schema, word, None) for word in ("minimum", "maximum"))
    step = _number(schema, "multipleOf", 1)
    ends = [each for each in (low, high) if each is not None]
    near = [each + way * step for each in ends for way in (0, 1, -1)]
    steps = [step * number for number in range(5)]
    offered = [*near, *steps, *_NUMBERS, *as_array(schema.get("examples"))]
    return _fitting(schema, at, lambda chance: chance.sample(offered, len(offered)))


def _text(schema: JsonObject, hints: Hints, at: tuple[str, ...]) -> Make:
    if schema.get("writeOnly") is True or schema.get("format") == "password":
        return _fitting(schema, at, lambda chance: secrets(schema, hints.hosts, chance))

    def shuffled(chance: Random) -> Sequence[Json]:
        offered = list(texts(schema, hints.hosts, chance))
        return chance.sample(offered, len(offered))

    return _fitting(schema, at, shuffled)


def _fitting(
    schema: JsonObject, at: tuple[str, ...], candidates: Callable[[Random], Iterable[Json]]
) -> Make:
    """Return what picks the first candidate that the schema takes, and takes as it is."""
    validate = compile_validator({"type": "object", "properties": {"it": schema}})

    def make(chance: Random, _: float) -> Json:
        for each in candidates(chance):
            payload, problems = validate({"it": each})
            if not problems and payload.get("it") == each:
                return each
        message = "no value that fits could be made up: give `examples` in the schema, or `values`"
        raise NothingFitsError(pointer(*at), message)

    return make


_MAKERS: Mapping[str, Callable[[JsonObject, Hints, tuple[str, ...]], Make]] = {
    "object": _object,
    "array": _array,
    "number": _numeric,
    "integer": _numeric,
    "string": _text,
    "boolean": lambda _schema, _hints, _at: lambda chance, _: chance.random() < _SOMETIMES,
    "null": lambda _schema, _hints, _at: lambda _chance, _: None,
}


def _number(schema: JsonObject, word: str, otherwise: Any) -> Any:
    found = schema.get(word)
    return found if isinstance(found, int | float) else otherwise
