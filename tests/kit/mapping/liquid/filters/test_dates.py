import pytest

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
