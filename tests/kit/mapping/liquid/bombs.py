"""Templates that would take seconds or gigabytes without limits, and an event for them."""

HUGE = {
    "text": "x" * 1_000_000,
    "list": list(range(90_000)),
    "x": 1e308,
    "endless": [1] * 500_000,
    "alike": "a" * 500_000,
    "almost": "ab" + "a" * 250_000,
    "ends": "\uffff" * 500_000,
    "all": "".join(map(chr, range(0x100, 0xD800))) + "\uffff",
    "ones": [1] * 10_000,
    "path": "a." * 10_000,
    "brackets": "[" * 5000,
    "nested": "[" * 1000,
    "signs": "-" * 1_000_000,
    "letters": "a " * 500_000,
    "wide": "%" + "1" * 5000 + "Y",
    "fine": "%" + "1" * 5000 + "N",
    "emoji": "👍" * 250_000,
    "coded": "a%20" * 500_000,
    "base64": "8J+RjfCfkY3wn5GN" * 120_000,
    "control": "\x01" * 2_000_000,
}
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
    "the last of what nearly fits everywhere": "{{ alike | remove_last: almost | size }}"
    "{{ alike | replace_last: almost, '' | size }}",
    "many characters to strip": "{{ ends | strip: all | size }}{{ ends | lstrip: all | size }}"
    "{{ ends | rstrip: all | size }}",
    "a long path to add up": "{{ ones | sum: path }}",
    "a long list to add up": "{{ endless | sum }}",
    "a long list to make longer": "{{ endless | push: 1 | size }}",
    "a path of brackets": "{{ ones | where: brackets | size }}",
    "a path of brackets that is just short enough": "{{ ones | where: nested | size }}",
    "chance": "{{ list | sample: 90000 | size }}",
    "words in long text": "{{ text | replace: 'x', 'x ' | number_of_words }}"
    "{{ text | replace: 'x', ' x' | normalize_whitespace | size }}",
    "large letters": "{{ ends" + " | upcase | downcase | capitalize" * 9 + " | size }}",
    "a date of signs": "{{ signs | date }}",
    "a date of letters": "{{ letters | date }}",
    "a date of parentheses": "{{ text | replace: 'x', '()' | date }}",
    "a date wider than any number": "{{ '2020' | date: wide }}",
    "a finer part of a second than any": "{{ '2020' | date: fine }}",
    "many codes that mean nothing": "{{ 0 | date: signs }}"
    "{% assign a = text | replace: 'x', '%?' %}{{ 0 | date: a | size }}",
    "JSON of characters beyond the BMP": "{{ emoji | json | size }}",
    "JSON of what it writes in six characters": "{{ control | json | size }}",
    "URLs to decode": "{{ coded | url_decode | size }}"
    "{{ text | replace: 'x', '%2' | replace: '%', '%20' | url_decode | size }}",
    "base64 to decode": "{{ base64 | base64_decode | size }}",
    "entities to decode": "{{ text | replace: 'x', '&' | slice: 0, 390000 | escape_once | size }}"
    * 9,
    "line ends": "{% assign a = control | replace: '\x01', '\n' %}"
    + "{{ a | strip_newlines | size }}" * 20,
    "a search in long text": "{% if text contains text %}1{% endif %}" * 25,
    "deep blocks": "{%if 1%}" * 58 + "x" + "{%endif%}" * 58,
    "deep brackets": "{{ " + "a[" * 320 + "]" * 320 + " }}",
    "deep ranges": "{{ " + "(" * 300 + "1" + "..2)" * 150 + " }}",
    "many operators": "{% if " + "1 == " * 190 + "1 %}x{% endif %}",
    "many filters": "{{ 'a'" + "|size" * 190 + " }}",
}
