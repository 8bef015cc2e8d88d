"""Liquid templates that somebody got wrong, and the limits; many of them render all the same."""

from __future__ import annotations

from tests.conformance.generate.chance import Chance

MALFORMED = (
    *("{{", "{{ x", "{{ x }", "{{ 'a }}", '{{ "a }}', "{{ 'a\" }}", "{{ 'a' }", "{{ x %}", "{{}}"),
    *("{{ }}", "{{-}}", "{{--}}", "{{ - }}", "{{ | upcase }}", "{{ text | }}"),
    *("{{ text || size }}", "{{ text | | size }}", "{{ text | upcase | }}"),
    *("{{ text |upcase size }}", "{{ text upcase }}", "{{ text, list }}", "{{ text ; }}"),
    *("{{ text | upcase ; }}", "{{ text | append 'a' }}", "{{ text | append: }}"),
    *("{{ text | append:: 'a' }}", "{{ text | append: 'a' 'b' }}", "{{ ! }}"),
    *("{{ text | append: 'a', }}", "{{ text | append: , 'a' }}", "{{ text | append: 'a' : 'b' }}"),
    *("{{ text | default: a: b: c }}", "{{ text | 'upcase' }}", "{{ text | 5 }}", "{{ text | é }}"),
    *("{{ text. }}", "{{ text.. }}", "{{ .text }}", "{{ text..size }}", "{{ text[ }}"),
    *("{{ list[0 }}", "{{ list] }}", "{{ list[0]] }}", "{{ list[[0]] }}", "{{ list[] }}"),
    *("{{ [] }}", "{{ ['text'] }}", "{{ list['a }}", "{{ object[a b] }}", "{{ object.'a' }}"),
    *("{{ object.[0] }}", "{{ list[0 1] }}", "{{ (1..3 }}", "{{ (1.3) }}", "{{ (1..) }}"),
    *("{{ (..3) }}", "{{ 1..3 }}", "{{ () }}", "{{ (1...3) }}", "{{ 'a' 'b' }}", "{{ 1 2 }}"),
    *("{{ a b c }}", "{{ @x }}", "{{ $x }}", "{{ x$ }}", "{{ #x }}", "{{ {x} }}", "{{{ x }}}"),
    *("{{ { }}", "{ { x } }", "{{ {{ x }} }}", "{{ x }}}", "{{ '}}' }}", "{{ x | size: '}}' }}"),
    *("{{ '{{' }}", '{{ "it\'s" }}', "{{ 'it\\'s' }}", "{{ it's }} '}}", "}}", "{%", "{% %}"),
    *("{%%}", "{%-%}", "{%--%}", "{% - %}", "{% if", "{% if true", "{% 'if' %}", "%}"),
    *("{% if %}x{% endif %}", "{% if x %}", "{% if x %}{% else %}", "{% endif %}", "{% else %}"),
    *("{% elsif x %}", "{% endunless %}", "{% endcapture %}", "{% endcomment %}", "{% endraw %}"),
    *("{% endblock %}", "{% if true %}a{% endunless %}", "{% unless true %}a{% endif %}", "{%5%}"),
    *("{% if true %}a{% else x %}b{% endif %}", "{% if true %}a{% endif x %}"),
    *("{% if true %}{% else %}", "{% if false %}a{% else %}b{% else %}c{% endif %}"),
    *("{% unless x %}", "{% if true %}a{% elsif %}"),
    *("{% if false %}a{% else %}b{% elsif true %}c{% endif %}", "{% unless %}x{% endunless %}"),
    "{% unless true %}a{% elsif %}b{% endunless %}",
    "{% unless true %}a{% else x %}b{% endunless y %}",
    *("{% unless true %}a{% else %}b{% elsif true %}c{% else %}d{% endunless %}", "{% endfor %}"),
    *("{% if true | nope: %}x{% endif %}", "{% if true }}x{% endif %}"),
    *("{% IF true %}x{% ENDIF %}", "{% if 'a %}x{% endif %}", "{% if (1..3 %}x{% endif %}"),
    *("{% if text = 'a' %}x{% endif %}", "{% if '%}' %}x{% endif %}", "{% if x' %}y{% endif %}"),
    *("{% if true -%} x {%- endif -%} y", "{% assign %}", "{% assign = %}", "{% assign x %}"),
    *("{% assign x = %}", "{% assign x == 1 %}{{ x }}", "{% assign x 1 %}", "{% assign 'x' = 1 %}"),
    *("{% assign x.y = 1 %}{{ x.y }}", "{% assign x = 1 2 %}", "{% assign x, y = 1 %}"),
    *("{% assign x = = 1 %}", "{% assign x = | upcase %}", "{% assign 1 = 2 %}{{ 1 }}"),
    *("{% capture %}x{% endcapture %}", "{% capture x %}", "{% capture 'x %}y{% endcapture %}"),
    *("{% capture", "{% capture x %}{% if true %}{% endcapture %}{% endif %}"),
    *("{% capture !x %}y{% endcapture %}", "{% comment %}"),
    *("{% comment %}{% comment %}x{% endcomment %}y{% endcomment %}", "{% comment"),
    *("{% comment %}{{ x {% endcomment %}", "{% comment %}{{ 'x }}{% endcomment %}y"),
    *("{% comment x", "{% raw %}", "{% raw %}{% endraw", "{% raw %}{% end raw %}"),
    *("{% raw %}{%endraw%}{%endraw%}", "{% raw %}x{%- endraw -%} y"),
    *(" {%- raw -%} x {%- endraw -%} y", "{% raw %}{% {% endraw %}x", "{% raw %}{% endraw x %}y"),
    *("{% raw %}a{% endraw {% endraw %}b", "{% raw %}{{ 'x {% endraw %}"),
    *("{% raw %} {% endraw %} {% raw %} b {% endraw %}", "{%raw%}{%endraw%}"),
    *("{% raw %}a{% 'endraw' %}", "{% increment %}", "{% increment 5 %}", "{% increment 'x' %}"),
    *("{% decrement x y %}{% decrement %}", "{% cycle %}", "{% cycle : %}", "{% cycle 'a' : %}"),
    *("{% cycle 'a': 'b' 'c' %}", "{% cycle , 'a' %}", "{% cycle 'a', %}{% cycle 'a', %}"),
    *("{% cycle a: b, c %}{% cycle a : b, c %}", "{% cycle | %}", "{% echo %}", "{% echo | %}"),
    *("{% echo | upcase %}", "{% echo 'a %}", "{% echo text text %}", "{% liquid %}"),
    *("{% liquid\n\n%}", "{% liquid if true %}", "{% liquid\nif true\necho 1\n%}"),
    *("{% liquid nosuch %}", "{% liquid echo 'a' %}{% endliquid %}", "{% liquid {% echo 1 %} %}"),
    *("{% liquid\necho 'a\n' %}", "{% liquid\n! %}", "{% liquid raw\nx\nendraw %}"),
    *("{% liquid - %}", "{% liquid\nif true\necho 'a'\nendif\nelse\n%}"),
    *("{% liquid\n echo 1\n\n\n echo 2\n %}x", "{% # a\nb %}", "{% # a\n# b\n # c %}x"),
    *("{%# a %}x", "{% #%}x", "{% ## a %}x", "{% # %}%}", "{% block %}x{% endblock %}"),
    *("{% block a %}", "{% block a %}{% block a %}x{% endblock %}{% endblock %}", "{% nosuch %}"),
    *("{% é %}", "{% for i in list %}{% endfor %}", "{% case x %}{% when 1 %}{% endcase %}"),
    *("{% include 'x' %}", "{% render 'x' %}", "{% layout 'x' %}"),
    *("{% tablerow i in list %}{% endtablerow %}", "{% when 1 %}", "{% endcase %}"),
    *("{% toString %}", "{% constructor %}", "{% __proto__ %}", "{% ifx %}", "{% break %}x"),
    *("a{% continue %}b", "{% breakx %}", "{% if true %}a{% break %}b{% endif %}c"),
    *("{{ text | sort }}", "{{ nothing | map: 'a' }}"),
    "{% if false %}{{ text | sort }}{% endif %}ok",
    "{% if false %}{% for x in list %}{% endfor %}{% endif %}",
    *("{% comment %}{% for x %}{% endcomment %}ok", "{% raw %}{% for x %}{% endraw %}ok"),
    *("{{ x }}{% if %}", "a\nb\n  {{ c", "{%\tif\ttrue\t%}x{%endif%}", "{{\ntext\n|\nsize\n}}"),
    *("{{ text|size|plus:1|times:2 }}", "{{text|append:'a'|append:\"b\"}}"),
    "{{ 'a' | append: 'b' | append: '|' | append: ': ,' }}",
    *("{{ text | append: \"'\" | append: '\"' }}", "{{ -}} x {{- 'a' -}} y", "x {{- -}} y"),
    *("{{-'a'-}}", "{{ 'a' - }}", "{{ -5 }}", "{{ 5 -}}", "{{-5}}", "{{- -5 -}}", "{{--5}}"),
    *("{{ whole-}} x", "{{ a--}}", "{%-if true-%} x {%-endif-%}", "{%- # x -%} y", "{{ 1e400 }}"),
    *("{{ nil }}{{ null }}{{ empty }}{{ blank }}|", "{{ empty | size }}{{ blank | json }}"),
    "{{ nil | json }}{{ missing | json }}{{ missing | inspect }}",
    *("{{ empty | json }}{{ nil | default: 1 }}", "{{ missing | json | size }}"),
    *("{{ true | json }}{{ (1..3) | json }}", "{{ '\\' }}", "{{ '\\\\' }}"),
    *("{{ \u201ctext\u201d }}", "{{ \u2018a\u2019 }}", "{{\ufefftext }}", "\ufeff{{ text }}"),
    *("{{ te\u200bxt }}", "{{ size }}", "{{ first }}", "{{ type }}{{ type.size }}{{ type[0] }}"),
    "{{ 'abc'.size }}{{ 'abc'[1] }}",
    "{{ text | date: '%999999999d' }}{{ 0 | date: '%999999999d' }}",
    *("{{ (1..999999999) | size }}", "{{ 0 | date: '%999999999N' }}"),
    *("{{ 'a' | slice: 0, 999999999 }}", "{{ 'x' | url_decode | append }}"),
)
LIMITS = (
    *("", "x" * 999, "x" * 1000, "x" * 1001, "👍" * 500, "👍" * 501, "é" * 1000, "é" * 1001, " "),
    *(" " * 1001, "{{ 'a' }}" + "x" * 991, "{{ 'a' }}" + "x" * 992, "{{ nope" + "x" * 994),
    *("{{ 1 }}" * 142, "{% if true %}" * 38 + "x" + "{% endif %}" * 38),
    "{{ 'a' | append: 'b'" + " | append: 'c'" * 60 + " }}",
    *("{{ " + "not " * 200 + "true }}", "{{ " + "true and " * 100 + "false }}"),
    *("{{ list" + "[0]" * 300 + " }}", "{{ " + "(" * 300 + "1..2) }}"),
    *("{{ text" + "[text" * 100 + "]" * 100 + " }}", "{% liquid " * 70 + "%}" * 70),
    *("{% comment %}" * 40 + "{% endcomment %}", "{% capture x %}" * 28 + "{% endcapture %}" * 28),
)
"""Templates around the 1,000 UTF-16 units, and nested as deep as these allow."""

_TYPOS = (*"{}%|:,.'\"-()[]=<> \n#", "{{", "}}", "{%", "%}", "-", "\\", "é", "\u00a0", "not ", "1")


def with_typo(chance: Chance, template: str) -> str:
    """Make a slip or two in a template: a character is lost, doubled, or there is one more."""
    if "sample" in template:  # a slip may give it more than one element to choose from
        return template
    for _ in range(chance.pick([1, 1, 1, 2])):
        at = chance.random.randint(0, len(template))
        lost = chance.pick([0, 0, 1, 1, 2])
        template = (
            template[:at] + (chance.pick(_TYPOS) if lost != 1 else "") + template[at + lost :]
        )
    return template
