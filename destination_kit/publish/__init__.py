"""Documents for UI teams: schemas and layouts of forms, a manifest, and the definition.

`documents(destination)` returns file name -> JSON document. `dkit schemas` writes the same files,
and `docs/ui.md` explains each of them:

* `manifest.json`: the names and digests of the other files, and the texts and presets around forms.
* `texts.json`: every text of the forms by its `i18n` key, for translators.
* `choices.schema.json`: JSON Schema of a request for the choices of a dynamic field, and its page.
* `instance.schema.json`: JSON Schema of an instance file, for a text editor.
* `settings.schema.json`: the settings form.
* `settings.defaults.json`: the settings that a new instance starts with.
* `audience.schema.json`, `audience.defaults.json`: the same of the settings of an audience.
* `ACTION.payload.schema.json`: JSON Schema of what the action's `perform` receives.
* `ACTION.mapping.schema.json`: JSON Schema of a mapping, with all directives, for an editor.
* `ACTION.form.schema.json`: the same as choices, for a form generator.
* `ACTION.partial.schema.json`: the same for a mapping that extends the action's defaults.
* `ACTION.defaults.json`: the mapping that a new subscription starts with.
* `ACTION.HOOK.inputs.schema.json`, `ACTION.HOOK.inputs.defaults.json`: what a person enters for a
  mapping hook.
* `ACTION.HOOK.outputs.schema.json`: JSON Schema of what the hook returns.
* `….rjsf.json`: the `uiSchema` that rjsf takes beside a settings or form schema.
* `….jsonforms.json`: the `uischema` that JSON Forms takes beside a settings or form schema.

All schemas are draft-07, the newest draft that both form generators accept unmodified. The same
destination always gives the same documents, in the same order. `vocabulary()` returns the keywords
and formats that the schemas have beyond draft-07.

`definition_document(destination)` returns the destination itself as one JSON document, valid under
`schemas/destination.schema.json`. `dkit show` prints it.

`Console` answers what a mapping editor asks while a person works, as plain JSON.
"""

from destination_kit.publish.console import Console
from destination_kit.publish.console_records import ConsoleError
from destination_kit.publish.definition import definition_document
from destination_kit.publish.document_set import documents
from destination_kit.publish.vocabulary import vocabulary

__all__ = ["Console", "ConsoleError", "definition_document", "documents", "vocabulary"]
