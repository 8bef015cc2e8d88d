"""Settings, fields of actions and inputs of hooks list their choices by functions of one kind."""

import pytest

from destination_kit import (
    Action,
    Audience,
    Catalog,
    Choice,
    ChoiceRequest,
    Choices,
    DefinitionError,
    Destination,
    MappingHook,
)
from destination_kit.author_calls import AuthorFaultError
from tests.conftest import echo

LIST = {"type": "string", "x-dynamic": True}
FORM = {
    "type": "object",
    "properties": {"list": LIST, "key": {"type": "string", "writeOnly": True}},
}


async def describe(context, request):
    return Choices((Choice(str(request), f"{context.settings.get('region')}"),))


def destination(function=describe):
    choices = {"list": function}
    hook = MappingHook(title="Save", inputs=FORM, choices=choices)
    action = Action(
        title="Do",
        trigger='type = "track"',
        perform=echo,
        fields=FORM,
        choices=choices,
        hooks={"onMappingSave": hook},
    )
    settings = {"type": "object", "properties": {"list": LIST, "region": {"type": "string"}}}
    return Destination(
        slug="test",
        name="Test",
        settings=settings,
        choices=choices,
        actions={"do": action},
        audience=Audience(settings=FORM, choices=choices),
    )


def opened(function=describe):
    document = {"destination": "test", "settings": {"region": "eu", "list": "a"}}
    return Catalog.of(destination(function)).configure(document).open()


CALLS = {
    "test": lambda live, **options: live.setting_choices("list", **options),
    "test/audience": lambda live, **options: live.audience_choices("list", **options),
    "test/do": lambda live, **options: live.choices("do", "list", **options),
    "test/do/onMappingSave": lambda live, **options: live.hook_choices(
        "do", "onMappingSave", "list", **options
    ),
}


@pytest.mark.parametrize("where", CALLS)
async def test_a_form_lists_its_choices(where):
    async with opened() as live:
        page = await CALLS[where](live, inputs={"a": 1}, search="x", page="2", selected_key="k")
    request = ChoiceRequest(inputs={"a": 1}, search="x", page="2", selected_key="k")
    assert page == Choices((Choice(str(request), "eu"),))


@pytest.mark.parametrize("where", CALLS)
async def test_a_secret_that_a_person_has_filled_in_is_masked(where):
    async def fail(context, request):
        raise LookupError(request.inputs["key"])

    async def refuse(context, request):
        raise DefinitionError(request.inputs["key"], where="here")

    for function in (fail, refuse):
        async with opened(function) as live:
            with pytest.raises(AuthorFaultError, match=f"^{where}/list: the function of the") as e:
                await CALLS[where](live, inputs={"key": "tok-3n9-distinct"})
        assert "tok-3n9" not in str(e.value)


async def test_a_setting_of_the_person_is_masked_in_an_exception_of_the_kit():
    async def refuse(context, request):
        raise AuthorFaultError("x", f"{request.mapping['key']} {request.inputs['key']}")

    async with opened(refuse) as live:
        options = {"mapping": {"key": "tok-3n9-distinct"}, "inputs": {"key": "other-9d-secret"}}
        with pytest.raises(AuthorFaultError, match=r"^x \[secret\] \[secret\]$"):
            await live.choices("do", "list", **options)


@pytest.mark.parametrize(
    ("returned", "fault"),
    [
        (["a"], "returned a list, not Choices"),
        (Choices(("a", 1, Choice("b", "B"))), "returned int, str instead of Choice"),
    ],
)
async def test_what_is_no_page_of_choices_is_a_fault_of_the_author(returned, fault):
    async def wrong(context, mapping, page):
        return returned

    async with opened(wrong) as live:
        with pytest.raises(AuthorFaultError, match=fault):
            await live.setting_choices("list")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda live: live.setting_choices("lst"), "test/lst: has no .* did you mean 'list'?"),
        (lambda live: live.choices("don", "list"), "test/don: no such action"),
        (
            lambda live: live.hook_choices("do", "onMapingSave", "list"),
            "test/do/onMapingSave: no such hook; did you mean 'onMappingSave'?",
        ),
    ],
)
async def test_a_form_or_field_that_is_none_is_named(call, sentence):
    async with opened() as live:
        with pytest.raises(DefinitionError, match=sentence):
            await call(live)


async def test_a_signature_is_read_once():
    class Function:
        """A function whose signature counts how often it is read."""

        read = 0

        @property
        def __signature__(self):
            self.read += 1

        async def __call__(self, context, mapping, page):
            return Choices(())

    function = Function()
    document = {"destination": "test"}
    instance = Catalog.of(destination(function)).configure(document)
    before = function.read
    async with instance.open() as live:
        for _ in range(5):
            await live.choices("do", "list")
    assert function.read == before + 1
