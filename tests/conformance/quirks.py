"""Requests that show every known quirk of the reference, with the quirk in a sentence.

The numbers of `quirks()` are the ones that the policy of differences speaks of.
"""

# ruff: noqa: RUF001 - the arguments are example values, and odd letters are the point

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.conformance.quirk_shapes import (
    ECHO,
    OBJECT,
    OPEN,
    WHEN_1,
    WHEN_UNSET,
    WHEN_X,
    U,
    d,
    event_of,
    fql,
    get,
    liquid,
    match,
    one,
    sub,
    t,
    to_string,
    validate,
)

Request = dict[str, Any]

SECTIONS = [
    ("Values and their text", [
        ("Whole floats have no `.0`; exponents start at 1e21 and 1e-7, without zero padding (Python: `1e-07`)", [to_string(100.0), to_string(1e20), to_string(1e21), to_string(1e-6), to_string(1e-7), to_string(123456789012345680000)]),
        ("Integers are doubles: precision is lost past 2^53", [to_string(9007199254740993), d("json", {"mode": "decode", "value": "9007199254740993"})]),
        ("-0 prints as 0 but stays -0 as a number", [to_string(-0.0), one("-0", type="number")]),
        ("Booleans, null, arrays and objects as text", [to_string(True), to_string(None), to_string([1, [2, None], True]), to_string({"a": 1})]),
        ("Integer-like keys come first, ascending, whatever the insertion order (also in the JSON sent to the partner)", [t({"2": 1, "b": {"@path": "x"}, "1": 2}, x={"10": 1, "9": 2, "z": 0, "01": 4})]),
        ("Strings are UTF-16: length, index and slices count code units", [get({"s": "a👍"}, "s.length"), get({"s": "👍"}, "s[0]"), d("replace", {"pattern": "👍" * 6, "value": "x"})]),
    ]),
    ("get() and @path", [
        ("A missing step is undefined (key dropped), but a falsy value on the way is returned as if it were the leaf", [get({"a": 0}, "a.b.c"), get({"a": ""}, "a.b"), get({"a": False}, "a.b"), get({"a": None}, "a.b"), get({}, "a.b")]),
        ("Properties of strings, arrays and functions leak through", [get({"s": "héy"}, "s.length"), get({"l": [1, 2]}, "l.length"), get({}, "toString"), get({}, "constructor.name"), get({"s": "hey"}, "s.0")]),
        ("Negative indices are plain keys", [get({"l": [1, 2]}, "l[-1]"), get({"l": [1, 2]}, "l.-1")]),
        ("Brackets split only before a quote or digit; otherwise they stay part of the key", [get({"a": {"b": 1}}, "a['b']"), get({"a[b]": 1}, "a[b]"), get({"a": {"b": 1}}, "a[b]")]),
        ("A quoted key with a dot is still split; quotes are stripped everywhere", [get({"a": {"x.y": 1, "x": {"y": 2}}}, "a['x.y']"), get({"a": {"b": 1}}, "a.'b'")]),
        ("Empty segments vanish; '' and '.' are the root", [get({"a": {"b": 1}}, "a..b."), get({"a": 1}, ""), get({"a": 1}, ".")]),
        ("@path drops only the first `$.`, wherever it stands", [d("path", "$.$.x", **{"$": {"x": 2}}), d("path", "a$.b", ab=1), d("path", "$.", x=2), d("path", "$", x=2)]),
        ("The root of a mapping may be a directive, and the result then need not be an object; a string mapping is spread into characters", [t({"@path": "$.x"}, x=5), t("hi")]),
    ]),
    ("@template", [
        ("null and undefined are '', other values use JavaScript's String()", [d("template", "<{{x}}|{{y}}>", x=None), d("template", "<{{x}}>", x=[1, None, [2]]), d("template", "<{{x}}>", x={"a": 1}), d("template", "<{{x}}>", x=1.0)]),
        ("A replacer function is used, so $& in data is not special", [d("template", "{{x}}", x="$& $1 $$")]),
        ("The triple pass runs first; its output is scanned again by the double pass", [d("template", "{{{a}}}", a="{{b}}", b="deep"), d("template", "{{a}}", a="{{b}}", b="deep")]),
        ("Empty braces stay, blank braces are the root", [d("template", "{{}}"), d("template", "{{ }}")]),
        ("A tag that closes badly stays as text; one that opens twice is one odd path", [d("template", "{{x} and {{y}}", y=1), d("template", "{{x and {{y}}", y=1)]),
    ]),
    ("@if", [
        ("`exists` is only null/undefined", [d("if", {"exists": {"@path": "x"}, "then": "T", "else": "E"}, x=v) for v in (0, "", False, None)]),
        ("`blank` compares with loose `!= ''`: 0, false, [], [''] and [[]] are blank; {}, '0' and [0] are not", [d("if", {"blank": {"@path": "x"}, "then": "T", "else": "E"}, x=v) for v in (0, False, [], [""], [[]], {}, "0", [0], " ")]),
        ("A falsy literal condition is an error, not false", [d("if", {"exists": None, "then": 1}), d("if", {"exists": "", "then": 1})]),
        ("`exists: 0` beside a truthy `blank` passes the first check and wins", [d("if", {"exists": 0, "blank": "x", "then": 1, "else": 2})]),
        ("A falsy `else` (0, '', false, null) yields undefined; a falsy `then` is kept", [d("if", {"exists": {"@path": "no"}, "then": 1, "else": 0}), d("if", {"exists": True, "then": None})]),
    ]),
    ("@replace and @case", [
        ("The replacement is JavaScript's: $&, $$, $` and $' are special, $1 is not (no groups), backslashes are plain", [d("replace", {"pattern": "b", "replacement": r, "value": "abc"}) for r in ("[$&]", "$$", "$`", "$'", "$1", "\\1")]),
        ("ignorecase uses the simple, non-unicode fold: no K/U+212A, s/ſ, ß/ẞ, i/İ pairs (Python's re.I has some of them)", [d("replace", {"pattern": p, "replacement": "_", "value": v, "ignorecase": True}) for p, v in (("k", "kK\u212a"), ("s", "sSſ"), ("i", "iIıİ"), ("é", "éÉ"), ("ß", "ßẞ"))]),
        ("Numbers and booleans become text; null, arrays and objects become ''", [d("replace", {"pattern": "2", "replacement": "-", "value": {"@path": "x"}}, x=v) for v in (1.20, True, None, ["2"])]),
        ("A falsy literal value gives undefined, not ''", [d("replace", {"pattern": "a", "value": ""}), d("case", {"operator": "lower", "value": ""})]),
        ("pattern2 runs on the output of pattern", [d("replace", {"pattern": "a", "replacement": "b", "pattern2": "b", "replacement2": "c", "value": "ab"})]),
        ("null for global/ignorecase is rejected by the validator although the code handles it", [d("replace", {"pattern": "a", "global": None, "value": "x"})]),
        ("@case passes non-strings through before it looks at the operator", [d("case", {"operator": "nope", "value": {"@path": "x"}}, x=5), d("case", {"operator": "nope", "value": "A"})]),
        ("Case mapping is full Unicode (like Python's str methods, incl. final sigma)", [d("case", {"operator": "upper", "value": "Straße ﬁ"}), d("case", {"operator": "lower", "value": "ΟΔΟΣ İ"})]),
        ("The directive writes its defaults into the mapping object it was given (which is shared between events)", [{"op": "mappingAfter", "mapping": {"f": {"@replace": {"pattern": "a", "value": "x"}}}, "data": {}}]),
    ]),
    ("@arrayPath, @flatten, @merge, @json, @excludeWhenNull, @transform", [
        ("@arrayPath with a shape wraps a single object in a list, and returns other values untouched", [d("arrayPath", ["$.a", {"i": {"@path": "$.id"}}], a={"id": 1}), d("arrayPath", ["$.a", {"i": {"@path": "$.id"}}], a="x")]),
        ("Items need not be objects: a null item gives null leaves, a scalar item gives undefined ones", [d("arrayPath", ["$.a", {"i": {"@path": "$.id"}}], a=[1, None, "s", {"id": 2}])]),
        ("Undefined inside arrays is kept (null once sent as JSON); undefined keys of objects are dropped, empty objects stay", [t({"f": [{"@path": "no"}, 1]}), t({"f": {"a": {"@path": "no"}}})]),
        ("@flatten drops empty containers (unless omitArrays), keeps null, joins an empty key away; a scalar lands under ''", [d("flatten", {"separator": ".", "value": {"@path": "x"}}, x={"a": {"b": [1, {"c": 2}], "e": {}, "l": []}, "n": None, "": {"z": 1}}), d("flatten", {"separator": ".", "omitArrays": True, "value": {"@path": "x"}}, x={"a": [1], "l": []}), d("flatten", {"separator": ".", "value": "str"}), d("flatten", {"separator": ".", "value": {"@path": "x"}}, x={"a": {"b": 1}, "a.b": 2})]),
        ("@merge is Object.assign: shallow, strings spread into characters, arrays into indices, null/number ignored; undefined overwrites", [d("merge", {"direction": "right", "objects": [{"a": 1, "b": {"x": 1}}, {"b": {"y": 2}}]}), d("merge", {"direction": "right", "objects": [{"@path": "s"}, {"@path": "n"}]}, s="hé", n=5), d("merge", {"direction": "right", "objects": [{"a": 1}, {"a": {"@path": "no"}}]})]),
        ("Validation is case-insensitive for mode/direction, execution is not", [d("json", {"mode": "ENCODE", "value": 1}), d("merge", {"direction": "LEFT", "objects": [{"a": 1}, {"a": 2}]})]),
        ("@json encode is JSON.stringify: compact, raw unicode, undefined dropped (null in arrays), lone surrogates escaped", [d("json", {"mode": "encode", "value": {"@path": "x"}}, x={"b": 1.0, "é": "\u2028<&>", "n": [1e21, 1e-7, -0.0]}), d("json", {"mode": "encode", "value": {"@path": "x"}}, x=[U, {"a": U}]), d("json", {"mode": "encode", "value": {"@path": "x"}}, x="\ud800"), d("json", {"mode": "encode", "value": {"@path": "no"}})]),
        ("@json refuses falsy literals at run time", [d("json", {"mode": "encode", "value": 0})]),
        ("@json decode is strict JSON.parse: no NaN/Infinity (Python accepts them), no BOM; overflow is Infinity; bad text comes back as is", [d("json", {"mode": "decode", "value": {"@path": "x"}}, x=v) for v in ("NaN", "1e400", "[1,]", "\ufeff1", " 1.0 ", "-0")]),
        ("@excludeWhenNull cleans nulls in nested objects but not inside arrays", [d("excludeWhenNull", {"@path": "x"}, x={"a": None, "b": {"c": None, "d": [None, {"e": None}]}}), t({"f": {"@excludeWhenNull": {"@path": "x"}}, "g": 1}, x=None)]),
        ("@transform: the second mapping sees only the first one's output", [d("transform", {"apply": {"b": {"@path": "x"}}, "mapping": {"o": {"@template": "{{b}}{{x}}"}}}, x=1)]),
        ("`__segment_internal_directive` moves all other keys under the directive", [t({"__segment_internal_directive": {"@transform": {"apply": {"y": {"@path": "x"}}}}, "o": {"@path": "y"}}, x=7)]),
    ]),
    ("Mapping validation", [
        ("All errors are gathered; the AggregateError message is a newline, then each error indented by 4 with its class name (and, in production, JavaScript stack lines)", [t({"a": {"@path": 1}, "b": {"@nope": 1}})]),
        ("Wording: 'a object' for @transform/@merge parts, 'an object' elsewhere", [d("transform", {"apply": 1, "mapping": {}}), d("if", 1)]),
        ("Nested raw objects are validated, arrays are not", [t({"a": {"b": {"@path": 1}}}), t({"a": [{"@path": 1}]})]),
        ("A directive with another key beside it is an error at any depth; `_metadata` is allowed", [t({"a": {"@path": "x", "k": 1}}), t({"a": {"@path": "x", "_metadata": 1}}, x=1)]),
        ("Options without a validator of their own (`blank`, `omitArrays`, `pattern2`) are still walked for nested directives", [d("if", {"blank": {"@path": 1}, "then": 1})]),
        ("data undefined is {}, null is an error", [{"op": "transform", "mapping": {"a": 1}, "data": U}, {"op": "transform", "mapping": {"a": 1}, "data": None}]),
    ]),
    ("@liquid", [
        ("Truthiness: only false and null are false; but blank includes false, [], {} and whitespace", [liquid("{% if x %}T{% else %}F{% endif %}", x=v) for v in (0, "", [], None)] + [liquid("{% if x == blank %}T{% else %}F{% endif %}", x=v) for v in (" ", False, {}, 0)] + [liquid("{% if x == empty %}T{% else %}F{% endif %}", x=None)]),
        ("`and`/`or` have equal precedence and are right-associative", [liquid("{% if a and b or c %}T{% else %}F{% endif %}", a=False, b=True, c=True)]),
        ("Arrays print joined by nothing, objects as [object Object], null as ''", [liquid("{{ x }}", x=[1, None, [2, "a"]]), liquid("{{ x }}", x={"a": 1})]),
        ("All numbers are doubles: division is not integral, by zero is Infinity, number literals lose `.0`, 1e3 is no number", [liquid("{{ 7 | divided_by: 2 }} {{ 7 | divided_by: 2, true }} {{ 5 | divided_by: 0 }} {{ 1.0 }} {{ 1e3 }}")]),
        ("round is half away from zero with an epsilon; Python rounds half to even", [liquid("{{ 2.5 | round }} {{ -2.5 | round }} {{ 1.005 | round: 2 }}")]),
        ("modulo follows the sign of the divisor", [liquid("{{ -7 | modulo: 3 }}")]),
        ("plus/minus read text as numbers, else 0; to_integer is not lenient", [liquid("{{ 'abc' | plus: 1 }} {{ '1' | plus: '2' }} {{ '12.7abc' | to_integer }}")]),
        ("Unknown filters are ignored, disabled ones throw when rendered, disabled tags when parsed", [liquid("{{ 'a' | nosuch | upcase }}"), liquid("{{ 'a' | sort }}"), liquid("{% for i in (1..3) %}{{ i }}{% endfor %}")]),
        ("default covers '', [], false and null, but not 0 or {}", [liquid("{{ x | default: 'd' }}", x=v) for v in ("", False, [], 0, {})]),
        ("slice with a negative start takes one character; split drops trailing empties", [liquid("{{ 'abc' | slice: -2 }} {{ 'a,b,,c,,' | split: ',' | size }}")]),
        ("replace is literal: $& is plain text here (unlike @replace)", [liquid("{{ 'a.b' | replace: '.', '$&' }}")]),
        ("capitalize lowers the rest; escape uses &#34; and &#39;", [liquid("{{ 'hELLO wORLD' | capitalize }} {{ x | escape }}", x="<\"'&>")]),
        ("Negative array indices work here (not in @path)", [liquid("{{ x[-1] }}", x=[1, 2])]),
        ("date prints in the process's zone (the oracle pins UTC), takes unix seconds as number or text, returns garbage unchanged", [liquid("{{ x | date: '%Y-%m-%d %H:%M %z' }}", x=v) for v in ("2024-02-29T12:34:56+02:00", 1612137600, "1612137600", "garbage")] + [liquid("{{ x | date }}", x="2024-02-29T12:34:56Z")]),
        ("The 1000 limit counts UTF-16 units", [liquid("👍" * 501)]),
        ("Liquid errors carry line and column", [liquid("{{ unclosed"), liquid("{% if true %}x")]),
    ]),
    ("FQL", [
        ("Every lexer error, and an expression without a known field, becomes the same TypeError text (it ends up in 'Invalid subscription : ...')", [fql(""), fql('type = "x" # c'), fql('messageId = "x"'), fql('type = "a"\r')]),
        ("One operator per group: the last and/or wins for all clauses", [fql('type = "a" or type = "b" and type = "c"')]),
        ("Groups nest one level only; an inner group is an error", [fql('(type = "a") or (type = "b")'), fql('((type = "a"))'), fql('(type = "a" or (type = "b"))')]),
        ("A prefix `!` before a field or a group is silently ignored; only !contains( and !match( negate", [fql('!type = "a"'), fql('!(type = "a")'), fql('!contains(event, "a")'), fql('not contains(event, "a")')]),
        ("Only double quotes are stripped, and no escape is undone", [fql("type = 'a'"), fql('type = "a\\nb"'), fql('type = "with \\"quote\\""')]),
        ("type and event compare with the text of any literal, null included; name/userId/properties know null", [fql("type = null"), fql("event != null"), fql("userId != null"), fql("properties.x = null")]),
        ("userId = true is is_true, name = true compares text", [fql("userId = true"), fql("name = true")]),
        ("Missing spaces: `=` may touch both sides, but `>`, `<`, `!=` may not touch the field nor `>=`, `<=`, `!=` the value; after a string `and` needs a space before it or the rest is lost", [fql("properties.x=5"), fql("properties.x>5"), fql("properties.x!=5"), fql("properties.x >=5"), fql('type="track"and type="b"')]),
        ("Nonsense is accepted token by token", [fql('type == "a"'), fql("type ="), fql('foo(event, "a")'), fql('type = "a" type = "b"'), fql('type = "a")'), fql("properties.x = [1]")]),
        ("A numeric path segment breaks the path (no error)", [fql('properties.products.0.name = "a"'), fql("properties.1 = 1"), fql("properties.and = 1")]),
        ("Numbers stop at the exponent", [fql("properties.x = 1e3"), fql("properties.x = +05.50"), fql("properties.x = 1.")]),
        ("match() looks only at a trailing *; otherwise it cuts the first character and tests the end", [fql('match(event, "*Completed")'), fql('match(event, "Order")'), fql('match(event, "*a*")'), fql("match(event, 5)")]),
        ("contains(type, ..) and match(type, ..) vanish", [fql('contains(type, "a")'), fql('contains(type, "a") and event = "b"')]),
        ("`=` compares strictly with text: a number never equals a quoted number, a boolean never equals text", [match('properties.x = "5"', properties={"x": 5}), match("properties.x = 5", properties={"x": "5"}), match('properties.x = "true"', properties={"x": True}), match("properties.x = true", properties={"x": "true"})]),
        ("`!=` is true for a missing value, number_not_equals and negated contains/match are false for it", [match('properties.x != "a"', properties={}), match("properties.x != 5", properties={}), match('!contains(properties.x, "a")', properties={}), match('!match(properties.x, "a*")')]),
        ("true is not a number here (in Python it is)", [match("properties.x = 1", properties={"x": True}), match("properties.x >= 0", properties={"x": False})]),
        ("Paths of FQL use another get(): every bracket and dot splits, quotes are kept; a falsy value on the way is returned", [match('properties.a = "x"', properties={"a": "x"}), match("properties.a.b = 0", properties={"a": 0}), match('properties.a\\.b = "x"', properties={"a": {"b": "x"}}), match('properties.a\\.b = "x"', properties={"a.b": "x"})]),
        ("A name that is only separators throws inside validate", [match("properties.\\. = 1", properties={})]),
        ("generateFql: default operators go through, text is quoted without escaping, numbers of text values via Number()", [{"op": "generateFql", "ast": {"type": "group", "operator": "and", "children": [{"type": "event", "operator": "=", "value": 'q"q'}, {"type": "event-property", "name": "a b", "operator": ">", "value": "1abc"}, {"type": "event-trait", "name": "k", "operator": "=", "value": 1e21}]}}, {"op": "generateFql", "ast": {"type": "group", "operator": "and", "children": [{"type": "event", "operator": "="}]}}]),
    ]),
    ("fieldsToJsonSchema", [
        ("Absent attributes are present as undefined; minimum/maximum 0 is ignored; integer has no limits", [{"op": "fieldsToJsonSchema", "fields": {"f": {"label": "F", "description": "d", "type": "number", "minimum": 0, "maximum": 5}, "g": {"label": "G", "description": "d", "type": "integer", "minimum": 3}}}]),
        ("datetime forces format date-like, password/text force theirs over the given format", [{"op": "fieldsToJsonSchema", "fields": {"f": {"label": "F", "type": "text", "format": "uri", "allowNull": True}, "g": {"label": "G", "type": "datetime", "multiple": True, "allowNull": True}}}]),
        ("multiple keeps format and limits on the array, where they check nothing", [one(["not a url"], type="string", multiple=True, format="uri"), one(["toolong"], type="string", multiple=True, maximum=2)]),
        ("allowNull is lost with multiple", [one(None, type="string", multiple=True, allowNull=True)]),
    ]),
    ("Payload cleaning and Ajv (coerceTypes 'array', removeAdditional, allErrors)", [
        ("Order: removeEmptyValues, then scalars wrapped into arrays (top level only), then Ajv; unknown top-level keys go, `dynamicAuthSettings` stays", [validate({"a": {"label": "A", "type": "string"}}, {"a": "x", "b": 1, "dynamicAuthSettings": 1})]),
        ("Single events drop '' at the root, batches do not", [validate({"f": {"label": "F", "type": "string", "required": True}}, {"f": ""}), validate({"f": {"label": "F", "type": "string", "required": True}}, {"f": ""}, batch=True)]),
        ("In nested objects '' survives for strings only; null goes unless allowed; inside arrays items are filtered but not cleaned", [one({"p": "", "q": ""}, **OBJECT), one([{"p": None, "q": None}], multiple=True, **OBJECT), one([{"p": "x", "q": ""}], multiple=True, **OBJECT), one([None, "", "a"], type="string", multiple=True)]),
        ("An object field without properties keeps everything in it, with properties it is pruned", [one({"a": None, "b": ""}, type="object"), one({"p": "x", "extra": 1}, **OBJECT), one({"p": "x", "extra": 1}, additionalProperties=True, **OBJECT)]),
        ("Text to number is JavaScript's unary plus: blanks are 0, hex and binary work, no underscores", [one(v, type="number") for v in (" ", "0x10", "0b11", "1e3", " 3 ", "1.", ".5", "1_000", "٣", "Infinity", "NaN", "1e400")]),
        ("Booleans become numbers, numbers become text by String(), only 0/1/'true'/'false' become booleans", [one(True, type="number"), one(1.0, type="string"), one(1e21, type="string"), one(True, type="string"), one("1", type="boolean"), one(1, type="boolean"), one("TRUE", type="boolean")]),
        ("Integer accepts 1.0, '2.0' and 1e21", [one(1.0, type="integer"), one("2.0", type="integer"), one("2.5", type="integer"), one(1e21, type="integer")]),
        ("A one-element array is unwrapped for a scalar type; not for objects, nor for allowNull or datetime (type lists), where the error even names the unwrapped type", [one(["5"], type="number"), one([None], type="string"), one(["a"], type="string", allowNull=True), one(["2024-01-01"], type="datetime"), one([{"p": "a"}], **OBJECT)]),
        ("A nested array is unwrapped per item", [one([["a"]], type="string", multiple=True)]),
        ("enum and conditions see the value at their own time: enum after coercion, conditional `required` before it", [one("1", type="number", choices=[{"label": "One", "value": 1}]), one(True, type="number", choices=[{"label": "One", "value": 1}]), validate(WHEN_1, {"a": "1"}), validate(WHEN_1, {"a": 1}), validate(WHEN_X, {"a": ["x"]})]),
        ("A failed condition gives two errors; a condition without value means 'absent or null' (nulls were already removed)", [validate(WHEN_X, {"a": "x"}), validate(WHEN_UNSET, {})]),
        ("Defaults are never applied", [validate({"f": {"label": "F", "type": "string", "default": "d"}}, {})]),
        ("Lengths count code points (the message counts UTF-16 units)", [one("👍👍", type="string", maximum=2), one("👍👍👍", type="string", maximum=2)]),
        ("Message wording: title of the failing field, 'The root value' for missing ones, pointer for untitled items; order is Ajv's", [validate({"b": {"label": "B", "type": "number", "minimum": 5, "maximum": 2}, "a": {"label": "A", "type": "number", "required": True}}, {"b": "4"}), validate({"a/b~c": {"type": "number"}}, {"a/b~c": "x"}), one(["x"], type="number", multiple=True)]),
        ("A bad schema is an error per payload, not at definition time", [validate({"f": {"label": "F", "type": "string", "minimum": -2}}, {"f": "x"}), validate({"f": {"label": "F", "type": "email"}}, {"f": "x"})]),
    ]),
    ("Formats", [
        ("date-like: numeric text that round-trips is unix *seconds* (also 13 digits, by a bug); other text is dayjs's loose pattern, with overflow allowed", [one(v, type="datetime") for v in ("1612137600000", "8640000000001", "2021-02-30", "2024-13-45", "2024-1-2 3:4:5", "20240229", "12345678901234567890")]),
        ("... then V8's legacy Date parser, which accepts prose", [one(v, type="datetime") for v in ("Mar 5", "garbage 5", "hello world 2020", "01", "x2024", "12:30", "1e3", "now", "13/45/2024")]),
        ("... but with a final Z the strict parser decides", [one(v, type="datetime") for v in ("2024-02-29T25:00:00Z", "2024-02-30T00:00:00Z", "2024-02-29garbage")]),
        ("Numbers are not checked at all, booleans become text first", [one(1e30, type="datetime"), one(-5, type="datetime"), one(True, type="datetime")]),
        ("ajv-formats full mode, version 2: time and date-time do not require a zone; leap second only at 23:59:60Z", [one(v, type="string", format="date-time") for v in ("2024-02-29T12:34:56", "2024-02-29 12:34:56Z", "2024-02-29t12:34:56z", "2024-02-29T23:59:60Z", "2023-02-29T00:00:00Z")] + [one("12:34:56", type="string", format="time")]),
        ("email and uri are ASCII patterns", [one("İ@b.co", type="string", format="email"), one("a@b", type="string", format="email"), one("http://é.com", type="string", format="uri"), one("a:b", type="string", format="uri"), one("e.com", type="string", format="uri")]),
        ("regex means JavaScript syntax; \\Z is refused unless it stands first", [one(v, type="string", format="regex") for v in ("(?<x>a)", "(?P<x>a)", "\\p{L}", "x\\Z", "\\Z")]),
        ("password and text accept anything", [one("p", type="string", format="password")]),
    ]),
    ("Destination.onEvent and onBatch", [
        ("A subscription that does not match, or does not parse, is a result, not an error; results of all subscriptions are concatenated", [event_of([sub('type = "identify"'), sub("nonsense"), sub('type = "track"')])]),
        ("An invalid payload rejects the whole call with status 400, whatever the other subscriptions do", [event_of([sub('type = "track"'), sub('type = "track"', {"n": "x"})])]),
        ("An empty or missing subscription text is a result too", [event_of([sub("")]), event_of([{"partnerAction": "send", "mapping": {}}])]),
        ("An action that does not exist gives no results for an event, and a TypeError for a batch", [event_of([{"partnerAction": "nope", "subscribe": 'type = "track"', "mapping": {}}]), {"op": "onBatch", "destination": ECHO, "events": [{"type": "track"}], "settings": {"apiKey": "k", "subscription": {"partnerAction": "nope", "subscribe": 'type = "track"', "mapping": {}}}}]),
        ("No subscriptions, no results", [{"op": "onEvent", "destination": ECHO, "event": {"type": "track"}, "settings": {"apiKey": "k"}}]),
        ("Settings are validated first, and pruned and coerced for the action; a single `subscription` is not taken out (a typo in the reference) and goes only because of the pruning", [{"op": "onEvent", "destination": ECHO, "event": {"type": "track"}, "settings": {"subscriptions": []}}, {"op": "onEvent", "destination": ECHO, "event": {"type": "track", "properties": {"n": "7"}}, "settings": {"apiKey": 5, "extra": 1, "subscription": sub('type = "track"')}}, {"op": "onEvent", "destination": OPEN, "event": {"type": "track", "properties": {"n": "7"}}, "settings": {"apiKey": 5, "subscription": sub('type = "track"')}}]),
        ("onBatch answers per event, in order, with 400 for events that do not match or validate", [{"op": "onBatch", "destination": ECHO, "events": [{"type": "track", "properties": {"n": "1"}}, {"type": "page"}, {"type": "track", "properties": {"n": "x"}}], "settings": {"apiKey": "k", "subscription": sub('type = "track"')}}]),
        ("... but one collective result when none matches", [{"op": "onBatch", "destination": ECHO, "events": [{"type": "page"}, {"type": "page"}], "settings": {"apiKey": "k", "subscription": sub('type = "track"')}}]),
    ]),
]  # fmt: skip


def quirks() -> Iterator[tuple[str, Request]]:
    """Yield each request with its quirk's sentence; the id is `quirk-NUMBER-INDEX`."""
    notes = ((note, requests) for _, group in SECTIONS for note, requests in group)
    for number, (note, requests) in enumerate(notes, 1):
        for index, request in enumerate(requests):
            yield note, {"id": f"quirk-{number}-{index}", **request}
