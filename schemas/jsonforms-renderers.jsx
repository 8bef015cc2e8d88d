// Published forms in JSON Forms: its controls, drawn by mapping-field.jsx.
import { isControl, rankWith, Resolve } from "@jsonforms/core";
import { useJsonForms, withJsonFormsControlProps } from "@jsonforms/react";
import { MappingField } from "./mapping-field.jsx";
import { OpenMap } from "./open-map.jsx";

const isPartial = (root) => String(root.$id).endsWith(".partial.schema.json");

/** Return the errors in a field, without those of the choices that the value is not of. */
function errorsAt(errors, name) {
  const steps = ({ instancePath, params }) => [...instancePath.split("/").slice(1), ...(params.missingProperty ? [params.missingProperty] : [])];
  return errors
    .filter(({ keyword, schemaPath }) => !["not", "if"].includes(keyword) && !/\/oneOf\/\d/.test(schemaPath))
    .map((error) => ({ path: steps(error), message: error.keyword === "oneOf" ? "does not fit this field" : error.message }))
    .filter(({ path: [first] }) => first === name)
    .map(({ path: [, ...path], message }) => ({ path, message }));
}

function Field({ data, path, schema, uischema, rootSchema, label, required, enabled, visible, config, handleChange }) {
  const { core } = useJsonForms();
  if (!visible) return null;
  const name = decodeURIComponent(uischema.scope.split("/").at(-1)).replace(/~1/g, "/").replace(/~0/g, "~");
  const { multi, format, placeholder, readonly } = uischema.options ?? {};
  return (
    <div className="field">
      <MappingField id={`field_${name}`} name={name} schema={{ ...schema, title: schema.title ?? label }} root={rootSchema} value={data} required={required}
        readOnly={!enabled || readonly === true} isPartial={isPartial(rootSchema)} widget={format === "password" ? "password" : multi ? "textarea" : undefined}
        placeholder={placeholder} errors={config?.showErrors === false ? [] : errorsAt(core.errors ?? [], name)} onChange={(value) => handleChange(path, value)} />
    </div>
  );
}

function Names({ data, path, schema, rootSchema, enabled, handleChange }) {
  return (
    <OpenMap id="names" value={data} fixed={Object.keys(schema.properties ?? {})} disabled={!enabled} onChange={(value) => handleChange(path, value ?? {})}
      drawValue={(rest) => <MappingField {...rest} isCompact schema={schema.additionalProperties} root={rootSchema} />} />
  );
}

const resolved = (control, root) => (isControl(control) ? Resolve.schema(root, control.scope, root) : undefined);
const isField = (control, root) => Boolean(resolved(control, root)?.oneOf?.some(({ $ref }) => $ref));
const isOpen = (control, root) => control.scope === "#" && Boolean(resolved(control, root)?.additionalProperties);

export const fieldRenderers = [
  { tester: rankWith(20, isField), renderer: withJsonFormsControlProps(Field) },
  { tester: rankWith(20, isOpen), renderer: withJsonFormsControlProps(Names) },
];
