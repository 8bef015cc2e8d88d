"""Post every track event to a webhook."""

from destination_kit import Action, Context, Destination, JsonObject, Response, hookimpl

SETTINGS: JsonObject = {
    "type": "object",
    "required": ["url"],
    "properties": {"url": {"type": "string", "title": "URL", "format": "uri"}},
}
BODY: JsonObject = {"type": "object", "title": "Body", "default": {"@path": "$.properties"}}
FIELDS: JsonObject = {"type": "object", "properties": {"body": BODY}}


async def post(context: Context, payload: JsonObject) -> Response:
    return await context.http.post(context.settings["url"], json=payload.get("body"))


POST = Action(title="Post event", trigger='type = "track"', fields=FIELDS, perform=post)
WEBHOOK = Destination(slug="webhook", name="Webhook", settings=SETTINGS, actions={"post": POST})


@hookimpl
def register_destinations() -> list[Destination]:
    return [WEBHOOK]
