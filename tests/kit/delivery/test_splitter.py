"""The splitter finds each event of a file, in whatever form the file holds them."""

import json

import pytest
from hypothesis import given, strategies as st

from destination_kit.delivery import read_event
from destination_kit.delivery.lines import MAX_LINE_BYTES
from destination_kit.delivery.splitter import EventSplitter
from destination_kit.results import Failed


def split(*chunks, file=None, number=0):
    splitter = EventSplitter(file, number)
    lines = [line for chunk in (*chunks, None) for line in splitter.split(chunk)]
    return lines, splitter.unclosed


def events_of(text):
    """Return (number, label, event or message) of each line."""
    lines, _ = split(text)
    return [(line.number, line.label, _shown(read_event(line))) for line in lines]


def _shown(event):
    return event.message if isinstance(event, Failed) else event


A, B, C = {"a": 1}, {"b": [{"x": "}{"}]}, {"c": "\u2028"}
a, b, c = (json.dumps(event, ensure_ascii=False) for event in (A, B, C))


@pytest.mark.parametrize(
    "text",
    [
        f"{a}\n{b}\n{c}",
        f"{a}\r\n{b}\r\n\r\n{c}\r\n",
        f"{a}{b} {c}",
        f"[{a},{b},{c}]",
        f" [ {a}\n,\n{b}\n\n, {c} ]\n",
        f"[{a},{b}]\n[{c}]",
        f"[{a},{b},{c},]",
        "\n".join(json.dumps(event, indent=2, ensure_ascii=False) for event in (A, B, C)),
        json.dumps([A, B, C], indent="\t", ensure_ascii=False),
        f'{{"batch": [{a}, {b}, {c}]}}',
        json.dumps({"batch": [A, B, C]}, indent=2, ensure_ascii=False),
        f'{{"batch": [{a}, {b}]}}\n{{"batch": [{c}]}}\n',
        f'{a}\n{{"batch": [{b}]}}\n{c}\n',
        f'[{a}, {{"batch": [{b}, {c}]}}]',
    ],
)
def test_the_events_are_the_same_in_every_form(text):
    assert [event for _, _, event in events_of(text)] == [A, B, C]


def test_the_number_is_the_line_where_each_event_has_one():
    assert events_of(f"{a}\n\n \t\r\n{b}\n") == [(1, "line 1", A), (4, "line 4", B)]


def test_the_number_of_an_element_is_its_place_and_its_location_is_in_the_file():
    lines, _ = split(f"\n[{a},\n\n  {b}]")
    assert [line.number for line in lines] == [1, 2]
    assert [line.label for line in lines] == ["line 2, /0", "line 4, /1"]
    assert (lines[1].location.line, lines[1].location.column) == (4, 3)


def test_numbers_go_on_behind_an_envelope_and_behind_an_earlier_file():
    lines, _ = split(f'{{"batch": [{a}, {b}]}}\n{c}\n', file="x.jsonl", number=10)
    assert [(line.number, line.label) for line in lines] == [
        (11, "x.jsonl, line 1, /batch/0"),
        (12, "x.jsonl, line 1, /batch/1"),
        (13, "x.jsonl, line 2"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"oops\n{a}", ["not JSON: Expecting value at column 1", A]),
        (f'{{"a": tru}}\n{a}', ["not JSON: Expecting value at column 7", A]),
        (
            f'{{"type": "track", "pr\n{a}',
            ["not JSON: Unterminated string starting at column 19", A],
        ),
        (f'{{"a":\n{a}\n{b}', ["not JSON: Expecting value at column 6", A, B]),
        (f'{{"a": {{"x": 1}}\n{a}\n{b}', ["not JSON: Expecting ',' delimiter at column 15", A, B]),
        (
            f'{{\n  "a": tru\n}}\n{a}',
            ["not JSON: Expecting value at line 2, column 8", A],
        ),
        (
            f'{{\n  "a": 1,\n{{\n  "b": 2\n}}\n{a}',
            [
                "not JSON: Expecting property name enclosed in double quotes at line 2, column 10",
                {"b": 2},
                A,
            ],
        ),
        (f"[{a}, {{'b': 1}}, {b}]", [A, "(JSON takes double quotes)", B]),
        (f'[{a}, {{"x": 1, {b}, {c}]', [A, "line 1, column 19", B, C]),
        (f'[{a},\n {{"x": "y}},\n {b}\n]', [A, "line 2, column 8", B]),
        (f"[{a}}}, {b}]", [A, "line 1, column 10", B]),
        (f'[{{"p": [{{"i": 1}} {{"i": 2}}]}}, {a}]', ["column 18", A]),
        (f"[{a}] garbage\n{b}", [A, "line 1, column 12", B]),
        (f'{{"a": "\udce9"}}\n{a}', ["not UTF-8: see column 8", A]),
        (f"[1, {a}]", ["an event is a JSON object", A]),
        (f"[{a}]5\n{b}", [A, "an event is a JSON object", B]),
        (f"[{a}]{b}", [A, B]),
        (f"[}}{a}]", ["not JSON: Expecting value", A]),
        (f'{{"type": "track", "batch": [{{"x": tru}}]}}\n{a}', ["not JSON: Expecting value", A]),
        (f'{{"list": [{{"x": tru}}, {a}], "b": 1}}\n{a}', ["not JSON: Expecting value", A]),
        (f"[[]{a}]", ["an event is a JSON object", A]),
        (f'{{"a": tru}}\noops\n{b}', ["Expecting value at column 7", "Expecting value", B]),
        (f'[{a}, {{"x": [1}}', [A, "Expecting ',' delimiter", "Expecting value"]),
        (f'[{a}, {{"x": {"y" * 20}', [A, "Expecting value"]),
        (f'{{"batch": [{{"x": tru}}, {a}], "sentAt": oops', ["Expecting value", A, "Extra data"]),
    ],
)
def test_a_broken_event_costs_itself_and_names_its_place(text, found):
    shown = [event for _, _, event in events_of(text)]
    assert len(shown) == len(found)
    for event, expected in zip(shown, found, strict=True):
        assert event == expected or (isinstance(expected, str) and expected in event)


@pytest.mark.parametrize("end", [f"[{a}, ", f'[{a}, {{"x": "y', f"[{a}", f"[{a}, {b[:-1]}"])
def test_an_array_that_is_cut_off_keeps_the_events_before_and_names_its_start(end):
    lines, unclosed = split("\n" + end)
    assert [line.content.decode() for line in lines] == [a]
    assert "the array that starts at line 2, column 1" in unclosed


# A tenth more than the limit, so that several pieces of text come after the cut.
LARGE = {"x": ["y" * 1000] * 8800}


@pytest.mark.parametrize(
    "text",
    [
        "{large}\n{a}\n",
        "[{large}, {a}]",
        "[{large}\n,\n{a}]",
        '{{"batch": [{large}, {a}]}}',
        "{pretty}\n{a}",
        "[{text}, {a}]",
        "[{text}]\n{a}",
        "{text}\n{a}",
    ],
)
def test_an_event_beyond_the_limit_is_cut_and_the_next_is_whole(text):
    large, pretty = json.dumps(LARGE), json.dumps(LARGE, indent=1)
    text = text.format(large=large, pretty=pretty, text=json.dumps("y" * 8_400_000), a=a)
    chunks = [text[start : start + 300_000] for start in range(0, len(text), 300_000)]
    [first, second], unclosed = split(*chunks)
    assert (first.is_truncated, len(first.content)) == (True, MAX_LINE_BYTES)
    assert (read_event(second), unclosed) == (A, "")


@pytest.mark.parametrize("closing", ['"}', '"}, {"b": 1}'])
@pytest.mark.parametrize("size", [MAX_LINE_BYTES - 1, MAX_LINE_BYTES, MAX_LINE_BYTES + 1])
def test_an_event_is_cut_at_the_limit_wherever_its_text_is(size, closing):
    """What ends a large text may be at the start, in the middle or at the end of a piece."""
    large = '{"x": "' + "y" * MAX_LINE_BYTES
    rest = '"}, {"b": 1}, {"c": 1}]\n' + a
    pieces = [large[:size], large[size:] + closing, rest.removeprefix(closing)]
    found, unclosed = split("[", *pieces)
    assert [line.is_truncated for line in found] == [True, False, False, False]
    assert [line.content.decode() for line in found[1:]] == ['{"b": 1}', '{"c": 1}', a]
    assert unclosed == ""
    [line, end], _ = split(large[:size], large[size:] + '"}', f"\n{a}")
    assert (line.is_truncated, end.content.decode()) == (True, a)


def test_an_event_at_the_limit_is_whole():
    event = json.dumps({"x": "y" * (MAX_LINE_BYTES - len('{"x": ""}'))})
    [line], _ = split(event)
    assert len(line.content) == MAX_LINE_BYTES
    assert not line.is_truncated


def test_a_large_envelope_is_read_event_by_event_and_what_comes_too_late_is_named():
    event = {"a": "x" * 1000}
    events = ", ".join([json.dumps(event)] * 1200)
    text = f'{{"sentAt": "t", "batch": [{events}], "context": {{"ip": "x"}}}}\n{b}'
    chunks = [text[start : start + 65_536] for start in range(0, len(text), 65_536)]
    lines, _ = split(*chunks)
    assert read_event(lines[0]) == {**event, "sentAt": "t"}
    assert len(lines) == 1202
    assert "context after its events came too late" in read_event(lines[-2]).message
    assert read_event(lines[-1]) == B


def test_a_broken_event_of_an_envelope_costs_itself_and_a_cut_off_one_nothing_before():
    lines, _ = split(f'{{"context": {{}}, "batch": [{a}, {{"x": y}}, {b}], "sentAt": "t"}}\n{b}')
    found = [read_event(line) for line in lines]
    assert (found[0], found[2:]) == (A, [B, B])
    assert found[1].code == "INVALID_EVENT"
    lines, unclosed = split(f'{{"batch": [{a}, {b[:-1]}')
    assert [read_event(line) for line in lines] == [A]
    assert "it is cut off" in unclosed


@pytest.mark.parametrize(("size", "is_whole"), [(1_000_000, True), (1_000_001, False)])
def test_an_envelope_of_1_mb_is_read_as_a_whole(size, is_whole):
    start, end = f'{{\n"batch": [{a}],\n"context": {{"x": "', '"}}'
    filler = "y" * (size - len(start + end))
    lines, _ = split(start + filler + end)
    assert read_event(lines[0]) == ({**A, "context": {"x": filler}} if is_whole else A)
    assert len(lines) == (1 if is_whole else 2)


def test_a_broken_element_without_its_end_does_not_stop_a_long_file():
    text = f'[{{"x": tru, "y": [1, {f"{a}, " * 80_000}"z"]\n]\n{b}'
    lines, unclosed = split(*[text[i : i + 65_536] for i in range(0, len(text), 65_536)])
    assert "Expecting value" in read_event(lines[0]).message
    assert (lines[-1].content.decode(), unclosed) == (b, "")


@pytest.mark.parametrize("indent", ["", "  ", " " * 8])
def test_the_next_element_of_the_same_indent_follows_one_without_its_end(indent):
    lines = ['{"x": tru, "y": [', '  {"n": 1},', '  {"n": 2},', f"{a},", b]
    text = "\n".join(["[", *(indent + line for line in lines), "]", c])
    [broken, *found], unclosed = split(text)
    assert broken.content.decode().count('{"n"') == 2
    assert ([read_event(line) for line in found], unclosed) == ([A, B, C], "")


def test_only_a_line_that_its_number_does_not_place_has_a_location():
    text = f"{a}\n\n{b} {c}\n{a}"
    assert [line.location is None for line in split(text)[0]] == [True, True, False, False]
    assert all(line.location for line in split(text, file="x.jsonl")[0])


_EVENTS = st.dictionaries(
    st.text(max_size=3),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text('"\\{}[],:\n a', max_size=6),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
        max_leaves=5,
    ),
    max_size=3,
).filter(lambda event: "batch" not in event)
_FORMS = st.sampled_from(
    [
        lambda events: "\n".join(map(json.dumps, events)),
        json.dumps,
        lambda events: json.dumps(events, indent=1),
        lambda events: "\n".join(json.dumps(event, indent=2) for event in events),
        lambda events: json.dumps({"batch": events}),
    ]
)


@given(st.lists(_EVENTS, max_size=5), _FORMS, st.data())
def test_events_are_the_same_however_their_text_arrives(events, form, data):
    text = form(events)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    chunks = [text[i:j] for i, j in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    lines, unclosed = split(*chunks)
    assert [read_event(line) for line in lines] == events
    assert (lines, unclosed) == split(text)


@given(st.text('{}[]",:\\\n at1', max_size=40), st.data())
def test_no_text_stops_the_splitter_and_every_line_moves_on(text, data):
    cut = data.draw(st.integers(0, len(text)))
    lines, _ = split(text[:cut], text[cut:])
    numbers = [line.number for line in lines]
    assert numbers == sorted(set(numbers))


def test_an_event_of_a_batch_in_an_array_has_a_pointer_of_its_own():
    lines, _ = split(f'[{{"batch": [{a}, {b}]}}, {c}]')
    assert [line.label for line in lines] == [
        "line 1, /0/batch/0",
        "line 1, /0/batch/1",
        "line 1, /1",
    ]


@pytest.mark.parametrize("element", ['{"a": 1, ', '{"a": "', "{", "[", '{"a": [', "}", '"'])
@pytest.mark.parametrize("start", ["[", ""])
def test_a_file_of_broken_events_is_read_to_its_end(element, start):
    splitter = EventSplitter()
    chunk = element * (5_000 // len(element))
    lines = [line for piece in (start, *[chunk] * 2, None) for line in splitter.split(piece)]
    assert lines or splitter.unclosed


def test_the_share_is_that_of_the_lines_in_the_text_so_far():
    splitter = EventSplitter()
    assert splitter.share_taken == 1.0
    shares = [splitter.share_taken for _ in splitter.split("abc\nabcd\nab")]
    assert shares == pytest.approx([3 / 11, 8 / 11])


@pytest.mark.parametrize(
    ("chunks", "contents", "is_closed"),
    [
        (["[12", "34, 5]"], ["1234", "5"], True),
        (["[tru", "e, -", "1, nul", "l]"], ["true", "-1", "null"], True),
        (["[12"], ["12"], False),
        (["[12", ""], ["12"], False),
        ([f"[{a}", f",{b}", "]"], [a, b], True),
        (["[", a[:3], a[3:], "]", b], [a, b], True),
        ([f"{a}\n{b[:5]}", b[5:], "\n"], [a, b], True),
    ],
)
def test_an_element_goes_on_in_the_next_piece(chunks, contents, is_closed):
    lines, unclosed = split(*chunks)
    assert [line.content.decode() for line in lines] == contents
    assert (unclosed == "") is is_closed


def test_what_an_envelope_says_behind_its_events_counts_for_each():
    context = {"context": {"ip": "1"}}
    text = json.dumps({"batch": [A, {"type": "track"}], **context})
    assert events_of(f"{text}\n{a}") == [
        (1, "line 1, /batch/0", {**A, **context}),
        (2, "line 1, /batch/1", {"type": "track", **context}),
        (3, "line 2", A),
    ]


def test_elements_of_an_array_are_numbered_and_placed():
    assert events_of(f"[{a}, 5,\n{b}]\n{a}") == [
        (1, "line 1, /0", A),
        (2, "line 1, /1", "an event is a JSON object"),
        (3, "line 2, /2", B),
        (4, "line 3", A),
    ]


@pytest.mark.parametrize(
    ("text", "is_unterminated"),
    [('{"a": ', True), ('{"a": \n', False), ('{"a": \r', False), (a, False), ("oops", True)],
)
def test_a_broken_last_line_without_a_line_break_may_go_on(text, is_unterminated):
    lines, _ = split(f"{a}\n{text}")
    assert [line.is_unterminated for line in lines] == [False, is_unterminated]
