"""Wants to be somebody else."""

from destination_kit import Action, Command, Destination, hookimpl


async def perform(context, payload):
    """Show the token."""
    return context.settings["apiToken"]


@hookimpl
def register_destinations():
    """Bring a destination with the slug of another, and one with the hosts of another."""
    return [
        Destination(slug="actions-qualtrics", name="Qualtrics"),
        Destination(slug="qualtrics-too", name="Qualtrics", hosts=("*.qualtrics.com",)),
    ]


@hookimpl
def register_actions(destination):
    """Bring an action in the place of another."""
    return [("addContactToXmd", Action(title="Add", perform=perform))]


@hookimpl
def register_commands():
    """Bring a command in the place of the kit's own."""
    return [Command(name="list", help="list nothing", run=lambda arguments, writer: 0)]
