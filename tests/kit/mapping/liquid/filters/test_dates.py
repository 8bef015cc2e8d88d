from math import floor
from time import time

import pytest

from destination_kit.errors import ResolutionError
from destination_kit.mapping.liquid import compile_liquid


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ '0001-01-01T00:00:00Z' | date: '%Y', 'America/New_York' }}", "1"),
        (
            "{{ '0001-01-01T00:00:00Z' | date: '%Y-%m-%d %H:%M:%S', 'America/New_York' }}",
            "1-12-31 19:03:58",
        ),
        ("{{ '-000001-06-01T12:00:00Z' | date: '%Y %H', 'Asia/Tokyo' }}", "-1 21"),
        ("{{ '0000-01-01T00:00:00Z' | date: '%x' }}", "1/1/1"),
        ("{{ '-000001-01-01T00:00:00Z' | date: '%c' }}", "1/1/2, 12:00:00 AM"),
    ],
)
def test_a_date_at_the_edge_of_the_calendar_comes_out_as_javascript_writes_it(template, text):
    assert compile_liquid(template).render({}) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ '0099-03-01T00:00:00Z' | date: '%U %W' }}", "09 09"),
        ("{{ '0100-03-01T00:00:00Z' | date: '%U %W' }}", "09 09"),
        ("{{ '0000-03-01T00:00:00Z' | date: '%U %W' }}", "08 08"),
        # The weekday of 1 January is that of 1950 for the year 50, of 1900 for the year 0.
        ("{{ '0050-01-03' | date: '%U %W' }}", "00 00"),
        ("{{ '0004-01-01' | date: '%U %W' }}", "00 00"),
        ("{{ '0000-01-03' | date: '%U %W' }}", "00 00"),
        ("{{ '-000001-01-03T00:00:00Z' | date: '%U %W' }}", "01 01"),
        ("{{ '2018-01-06' | date: '%U' }} {{ '2018-01-07' | date: '%U' }}", "00 01"),
        ("{{ '2022-01-08' | date: '%W' }} {{ '2022-01-09' | date: '%W' }}", "01 02"),
        ("{{ '2022-12-31' | date: '%U %W' }}", "52 52"),
        ("{{ '0001-06-01' | date: '%x' }} {{ '0000-06-01' | date: '%x' }}", "6/1/1 6/1/1"),
        ("{{ '+012345-01-01T00:00:00Z' | date: '%y %C %Y' }}", "34 12 12345"),
        ("{{ nothing | date: '%Y' }}", ""),
        ("{{ 0 | date: '%#p %#B %^b %#z' }}", "am JANUARY JAN +0000"),
        ("{{ 0 | date: '%3N %9N %12N %N %1L' }}", "000 000000000 000000000000 000000000 0"),
        ("{{ '2020-01-11' | date: '%-d%q %e %k|%l|%I' }}", "11th 11  0|12|12"),
        ("{{ '2020-01-01' | date: '%q %j %u %w' }}", "st 001 3 3"),
        ("{{ '2020-01-22T12:00:00Z' | date: '%q %P %I' }}", "nd pm 12"),
        ("{{ '2020-01-13T11:59:59Z' | date: '%q %p %s' }}", "th AM 1578916799"),
        ("{{ '2020-01-01' | date: '%z %:z %Z', -330 }}", "+0530 +05:30 +0530"),
        ("{{ '2020-01-01' | date: '%z', 90 }}", "-0130"),
        ("{{ '2020-01-05' | date_to_string: 'ordinal', 'US' }}", "Jan 5th, 2020"),
        ("{{ '2020-01-05' | date_to_long_string: 'ordinal' }}", "5th January 2020"),
        ("{{ true | date: '%s' }}{{ '12' | date: '%s' }}", "012"),
    ],
)
def test_a_code_writes_what_that_of_liquidjs_writes(template, text):
    assert compile_liquid(template).render({}) == text


def test_a_width_beyond_the_limit_of_a_text_is_refused():
    for width in ("2000001", "999999999", "9999999999", "9" * 400):
        with pytest.raises(ResolutionError, match="exceeds 2,000,000 characters"):
            compile_liquid(f"{{{{ 0 | date: '%{width}d' | size }}}}").render({})
    assert compile_liquid("{{ 0 | date: '%2000000d' | size }}").render({}) == "2000000"


@pytest.mark.parametrize("word", ["now", "today"])
def test_now_and_today_are_the_time_of_the_rendering(word):
    before = floor(time())
    shown = int(compile_liquid(f"{{{{ '{word}' | date: '%s' }}}}").render({}))
    assert before <= shown <= time() + 1
