"""Templates that would take seconds or gigabytes if nothing bounded them, and an event for them."""

HUGE = {"text": "x" * 1_000_000, "list": list(range(90_000)), "x": 1e308, "emoji": "😀" * 250_000}
BOMBS = {
    "replacing again and again": "{{ 'xxxxxxxxxx'"
    + " | replace: 'x', 'xxxxxxxxxx'" * 9
    + " | size }}",
    "a long range": "{{ (1..100000000) | size }}",
    "a long range in text": "{{ (1..99999999) | join: ',' | size }}",
    "an endless range": "{{ (1..x) | size }}",
    "a range that stands still": "{{ (9007199254740992..9007199254740994) | size }}",
    "emoji, read again and again": "{{ emoji[0] }}{{ emoji.size }}" * 30,
    "one emoji text": "{{ emoji | size }}",
    "a long number, read again and again": "{{ text | replace: 'x', '1' | abs }}" * 20,
    "a range of ranges": "{% if (1..99999) == (1..99999) %}{{ (1..99999) | join | size }}{% endif %}"
    * 11,
    "text doubled": "{% assign a = 'xxxxxxxx' %}"
    + "{% capture a %}{{ a }}{{ a }}{% endcapture %}" * 20
    + "{{ a }}",
    "text appended to itself": "{% assign a = 'xxxxxxxx' %}"
    + "{% assign a = a | append: a %}" * 30,
    "a list within itself": "{% assign a = '' | split: '' %}"
    + "{% assign a = a | push: a %}" * 30
    + "{{ a }}",
    "a list within itself, as JSON": "{% assign a = '' | split: '' %}"
    + "{% assign a = a | push: a %}" * 30
    + "{{ a | json: 9 }}",
    "a list within itself, compared": "{% assign a = '' | split: '' %}"
    + "{% assign a = a | push: a %}" * 12
    + "{% assign b = '' | split: '' %}"
    + "{% assign b = b | push: b %}" * 12
    + "{% if a == b %}same{% endif %}",
    "a list within itself, added up": "{% assign a = '' | split: '' %}"
    + "{% assign a = a | push: a %}" * 30
    + "{{ a | sum }}",
    "a wide date": "{{ 0 | date: '%999999999d' }}",
    "many wide dates": "{{ 0 | date: '" + "%1999999d" * 100 + "' }}",
    "long text cut into characters": "{{ text | split: '' | size }}",
    "long text, many times": "{{ text" + " | upcase" * 100 + " | size }}",
    "long text, encoded": "{{ text | url_encode" + " | escape" * 100 + " | size }}",
    "tags that never end": "{{ text | replace: 'x', '<' | strip_html | size }}"
    "{{ text | replace: 'x', '<!--' | strip_html | size }}",
    "lists in text": "{{ list | join | split: ' ' | join | split: ' ' | join | size }}" * 15,
    "slugs": "{{ text" + " | slugify: 'pretty'" * 40 + " | size }}",
    "words": "{{ text | replace: 'x', 'x ' | truncatewords: 9999999 | size }}" * 15,
    "a search in long text": "{% if text contains text %}1{% endif %}" * 25,
    "deep blocks": "{%if 1%}" * 58 + "x" + "{%endif%}" * 58,
    "deep brackets": "{{ " + "a[" * 320 + "]" * 320 + " }}",
    "deep ranges": "{{ " + "(" * 300 + "1" + "..2)" * 150 + " }}",
    "many operators": "{% if " + "1 == " * 190 + "1 %}x{% endif %}",
    "many filters": "{{ 'a'" + "|size" * 190 + " }}",
}
