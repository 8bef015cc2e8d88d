"""Generators of values from a schema. The same seed gives the same values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeAlias

from destination_kit._json import Json, JsonObject, as_array, as_object, pointer
from destination_kit.fields import collect_defaults, compile_validator, iter_fields, list_types

# Plain words would not reveal a destination that forgets to escape, encode or trim. Markup, quotes,
# emoji, blanks, the syntax of URLs and templates, and texts that look like numbers do.
_TEXTS = (
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
_URL_FORMATS = ("uri", "url", "uri-reference")
# RFC 2606 reserves example.net, so no destination has this host.
_OTHER_HOST = "www.example.net"


def generate_texts(schema: JsonObject, hosts: Sequence[str], chance: Random) -> Iterator[str]:
    """Yield candidates for a text; the schema may accept some of them."""
    for example in as_array(schema.get("examples")):
        if isinstance(example, str):
            yield example
    name = str(schema.get("format"))
    if name in _URL_FORMATS:
        yield from _generate_urls(hosts, "page=1")
    yield from _FORMATS.get(name, ())
    yield from (*_TEXTS, f"{chance.getrandbits(32):08x}")
    for keyword in ("minLength", "maxLength"):
        length = schema.get(keyword)
        if isinstance(length, int):
            yield from (char * length for char in "xA0")


def generate_secrets(schema: JsonObject, hosts: Sequence[str], chance: Random) -> Iterator[str]:
    """Yield random texts in the forms of tokens: hexadecimal, digits, UUID, address, URL."""
    bits = chance.getrandbits(128)
    token = f"{bits:032x}"
    if schema.get("format") in _URL_FORMATS:
        yield from _generate_urls(hosts, f"token={token}")
        # A pattern may ask for the path of the partner's own URLs.
        for example in as_array(schema.get("examples")):
            if isinstance(example, str):
                yield f"{example.partition('?')[0]}?token={token}"
        return
    yield from (token, token.upper(), f"{bits:039d}", f"{bits:039d}"[-16:])
    yield "-".join((token[:8], token[8:12], f"4{token[13:16]}", f"8{token[17:20]}", token[20:]))
    yield f"{token}@example.com"
    for keyword in ("minLength", "maxLength"):
        length = schema.get(keyword)
        if isinstance(length, int):
            yield (token * (length // len(token) + 1))[:length]


def _generate_urls(hosts: Sequence[str], query: str) -> Iterator[str]:
    """Yield URLs at the destination's hosts, and one at another host."""
    for host in (*(pattern.replace("*", "made-up") for pattern in hosts), _OTHER_HOST):
        yield f"https://{host}/path?{query}"


Generator: TypeAlias = Callable[[Random, float], Json]
"""(chance, the probability that an optional field is filled) -> a value."""

_MAX_ATTEMPTS = 100
_USUAL_PROBABILITY = 0.6
_NUMBERS = (1, 0, -1, 7, 100, 2**31, 0.5, -273.15, 1e6)


class NoFittingValueError(Exception):
    """No value that fits a schema could be generated."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        #: The JSON Pointer of the field in the schema.
        self.path = path


@dataclass(frozen=True, slots=True)
class Hints:
    """Values that a schema does not tell."""

    #: The name of a field -> the values to choose from.
    given: Mapping[str, Sequence[Json]] = field(default_factory=dict)
    #: Host patterns for URLs.
    hosts: Sequence[str] = ()


def make_settings(schema: JsonObject, hints: Hints, seed: int) -> dict[str, Json]:
    """Return settings that fit the schema, optional ones included; defaults where there are any.

    Secrets are long and random, so that a search finds them wherever they appear.
    """
    prefilled = {name: [value] for name, value in collect_defaults(schema).items()}
    known = Hints({**prefilled, **hints.given}, hints.hosts)
    [settings] = make_payloads(schema, known, 1, seed, drop_empty=False)
    return settings


def make_payloads(
    schema: JsonObject, hints: Hints, count: int, seed: int, *, drop_empty: bool = True
) -> list[dict[str, Json]]:
    """Return `count` payloads that fit the schema, as `perform` receives them.

    The first has every field, the second the required ones only, the others a random choice.
    """
    chance = Random(seed)  # noqa: S311 - these are test values, which the same seed must repeat
    validate = compile_validator(schema, drop_empty=drop_empty)
    generate = _compile(schema, hints)
    payloads = []
    for number in range(count):
        probability = (1.0, 0.0)[number] if number <= 1 else _USUAL_PROBABILITY
        for _ in range(_MAX_ATTEMPTS):
            payload, problems = validate(generate(chance, probability))
            if not problems:
                break
            # A condition may demand an optional field or exclude one. With a probability of 1 or 0,
            # every further attempt would choose the same fields and fail again.
            probability = chance.random()
        else:
            raise NoFittingValueError("", f"every generated value is refused: {problems[0]}")
        payloads.append(payload)
    return payloads


def _compile(schema: JsonObject, hints: Hints, *steps: str) -> Generator:
    name = steps[-1] if steps[-2:-1] == ("properties",) else ""
    if given := hints.given.get(name) or _list_choices(schema):
        return lambda chance, _: chance.choice(given)
    for keyword in ("oneOf", "anyOf"):
        members = as_array(schema.get(keyword))
        if branches := [branch for branch in members if isinstance(branch, Mapping)]:
            others = {key: value for key, value in schema.items() if key != keyword}
            return _any_of([_compile({**others, **branch}, hints, *steps) for branch in branches])
    types = list_types(schema) or ("string",)
    return _any_of([_COMPILERS[kind](schema, hints, steps) for kind in types])


def _any_of(generators: Sequence[Generator]) -> Generator:
    return lambda chance, probability: chance.choice(generators)(chance, probability)


def _list_choices(schema: JsonObject) -> Sequence[Json]:
    """Return the values that an enumeration or a labelled choice allows."""
    if "const" in schema:
        return [schema["const"]]
    choices = [choice for choice in as_array(schema.get("oneOf")) if isinstance(choice, Mapping)]
    if choices and all("const" in choice for choice in choices):
        return [choice["const"] for choice in choices]
    return as_array(schema.get("enum"))


def _compile_object(schema: JsonObject, hints: Hints, steps: tuple[str, ...]) -> Generator:
    members = {
        name: _compile(member, hints, *steps, "properties", name)
        for name, member in iter_fields(schema)
    }
    required = as_array(schema.get("required"))
    is_open = not members or bool(schema.get("additionalProperties"))
    least = _number(schema, "minProperties", 0)

    def generate(chance: Random, probability: float) -> Json:
        value = {
            name: generate_member(chance, probability)
            for name, generate_member in members.items()
            if name in required or chance.random() < probability
        }
        if is_open:
            names = sorted(_OPEN_MAP_MEMBERS)
            chosen = chance.sample(names, min(len(names), int(least) + chance.randrange(4)))
            value |= {name: _OPEN_MAP_MEMBERS[name] for name in chosen}
        return value

    return generate


_OPEN_MAP_MEMBERS: Mapping[str, Json] = {
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


def _compile_array(schema: JsonObject, hints: Hints, steps: tuple[str, ...]) -> Generator:
    generate_member = _compile(as_object(schema.get("items")), hints, *steps, "items")
    least = int(_number(schema, "minItems", 0))
    most = int(_number(schema, "maxItems", least + 3))
    return lambda chance, probability: [
        generate_member(chance, probability) for _ in range(chance.randint(least, max(least, most)))
    ]


def _compile_number(schema: JsonObject, _: Hints, steps: tuple[str, ...]) -> Generator:
    low, high = (_number(schema, keyword, None) for keyword in ("minimum", "maximum"))
    step = _number(schema, "multipleOf", 1)
    bounds = [bound for bound in (low, high) if bound is not None]
    near_bounds = [bound + sign * step for bound in bounds for sign in (0, 1, -1)]
    multiples = [step * factor for factor in range(5)]
    candidates = [*near_bounds, *multiples, *_NUMBERS, *as_array(schema.get("examples"))]
    return _first_fitting(schema, steps, lambda chance: chance.sample(candidates, len(candidates)))


def _compile_text(schema: JsonObject, hints: Hints, steps: tuple[str, ...]) -> Generator:
    if schema.get("writeOnly") is True or schema.get("format") == "password":
        return _first_fitting(
            schema, steps, lambda chance: generate_secrets(schema, hints.hosts, chance)
        )

    def shuffle(chance: Random) -> Sequence[Json]:
        candidates = list(generate_texts(schema, hints.hosts, chance))
        return chance.sample(candidates, len(candidates))

    return _first_fitting(schema, steps, shuffle)


def _first_fitting(
    schema: JsonObject, steps: tuple[str, ...], candidates: Callable[[Random], Iterable[Json]]
) -> Generator:
    """Return the generator of the first candidate that the schema accepts unchanged."""
    validate = compile_validator({"type": "object", "properties": {"it": schema}})

    def generate(chance: Random, _: float) -> Json:
        for candidate in candidates(chance):
            payload, problems = validate({"it": candidate})
            if not problems and payload.get("it") == candidate:
                return candidate
        message = (
            "no value that fits could be generated: give `examples` in the schema, or `values`"
        )
        raise NoFittingValueError(pointer(*steps), message)

    return generate


_COMPILERS: Mapping[str, Callable[[JsonObject, Hints, tuple[str, ...]], Generator]] = {
    "object": _compile_object,
    "array": _compile_array,
    "number": _compile_number,
    "integer": _compile_number,
    "string": _compile_text,
    "boolean": lambda _schema, _hints, _steps: (
        lambda chance, _: chance.random() < _USUAL_PROBABILITY
    ),
    "null": lambda _schema, _hints, _steps: lambda _chance, _: None,
}


def _number(schema: JsonObject, keyword: str, default: Any) -> Any:
    value = schema.get(keyword)
    return value if isinstance(value, int | float) else default
