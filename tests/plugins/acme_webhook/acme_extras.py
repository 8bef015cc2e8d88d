"""What a stranger adds to the Qualtrics destination, and a command of `dkit`."""

from argparse import ArgumentParser, Namespace

from destination_kit import (
    Action,
    Command,
    Compiler,
    Context,
    Directive,
    Example,
    Json,
    JsonObject,
    Preset,
    Resolver,
    Writer,
    hookimpl,
)

QUALTRICS = "actions-qualtrics"


async def who_am_i(context: Context, payload: JsonObject) -> Json:
    datacenter = context.settings["datacenter"]
    answer = await context.http.get(f"https://{datacenter}.qualtrics.com/API/v3/whoami")
    return {"note": payload.get("note"), "who": answer.body["result"]["userName"]}


FIELDS: JsonObject = {"type": "object", "properties": {"note": {"type": "string", "title": "Note"}}}
WHO = Action(title="Ask who we are", trigger='type = "screen"', fields=FIELDS, perform=who_am_i)


def compile_reverse(argument: Json, compiler: Compiler) -> Resolver:
    resolve = compiler.compile(argument)
    return lambda event: str(resolve(event))[::-1]


REVERSE = Directive(
    "@reverse",
    compile_reverse,
    "Turn a text round.",
    (Example({"@reverse": {"@path": "$.name"}}, {"name": "abc"}, "cba"),),
)


@hookimpl
def register_actions(destination: str) -> list[tuple[str, Action]]:
    return [("whoAmI", WHO)] if destination == QUALTRICS else []


@hookimpl
def register_presets(destination: str) -> list[Preset]:
    mapping: JsonObject = {"note": {"@reverse": {"@path": "$.name"}}}
    return (
        [Preset(name="Who", action="whoAmI", mapping=mapping)] if destination == QUALTRICS else []
    )


@hookimpl
def register_directives() -> list[Directive]:
    return [REVERSE]


def add_text(parser: ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", help="the text to turn round")


def reverse(arguments: Namespace, writer: Writer) -> int:
    reversed_text = arguments.text[::-1]
    if arguments.json:
        writer.json({"text": reversed_text})
    else:
        writer.text(reversed_text)
    return 0


@hookimpl
def register_commands() -> list[Command]:
    return [Command(name="reverse", help="turn a text round", add_arguments=add_text, run=reverse)]
