// Published forms in rjsf: its fields, groups and conditions, drawn by mapping-field.jsx.
import { getDefaultRegistry } from "@rjsf/core";
import { customizeValidator } from "@rjsf/validator-ajv8";
import { Box, Stack, Typography } from "@mui/material";
import { MappingField } from "./mapping-field.jsx";
import { OpenMap } from "./open-map.jsx";
import { holds } from "./values.js";

const isPartial = (root) => String(root.$id).endsWith(".partial.schema.json");
const flatten = ({ __errors = [], ...inner } = {}, path = []) => [
  ...__errors.map((message) => ({ path, message })),
  ...Object.entries(inner).flatMap(([name, errors]) => flatten(errors, [...path, name])),
];

/** A field with choices. */
function OneOfField({ name, schema, uiSchema, registry, formData, fieldPathId, errorSchema, required, readonly, disabled, onChange }) {
  return (
    <MappingField id={fieldPathId.$id} name={name} schema={{ ...schema, title: schema.title ?? name }} root={registry.rootSchema} value={formData} required={required}
      readOnly={readonly || disabled || uiSchema?.["ui:readonly"] === true} isPartial={isPartial(registry.rootSchema)} errors={flatten(errorSchema)}
      widget={uiSchema?.["ui:widget"]} placeholder={uiSchema?.["ui:placeholder"]} onChange={(value) => onChange(value, fieldPathId.path)} />
  );
}

const { ObjectField: Known } = getDefaultRegistry().fields;

/** An object that takes names which no field has. */
function ObjectField(props) {
  const { schema, formData, fieldPathId, registry, onChange, readonly, disabled } = props;
  if (!schema.additionalProperties) return <Known {...props} />;
  const { additionalProperties, ...known } = schema;
  const fixed = Object.keys(schema.properties ?? {});
  return (
    <>
      {fixed.length > 0 && <Known {...props} schema={known} />}
      <OpenMap id={fieldPathId.$id} value={formData} fixed={fixed} disabled={readonly || disabled} onChange={(value) => onChange(value ?? {}, fieldPathId.path)}
        drawValue={(rest) => <MappingField {...rest} isCompact schema={additionalProperties} root={registry.rootSchema} />} />
    </>
  );
}

/** The fields of a form, in groups, without those whose condition does not hold. */
function ObjectFieldTemplate({ properties, uiSchema, formData }) {
  const { groups = [], conditions = {} } = uiSchema?.["ui:options"] ?? {};
  const shown = properties.filter(({ name, hidden }) => !hidden && (!conditions[name] || holds(conditions[name], formData ?? {})));
  const draw = (fields) => fields.map(({ name, content }) => <Box key={name} className="field">{content}</Box>);
  const groupOf = (name) => groups.find(({ fields }) => fields.includes(name));
  return (
    <Stack spacing={2}>
      {shown.map((field, index) => {
        const group = groupOf(field.name);
        if (!group) return draw([field]);
        if (index && groupOf(shown[index - 1].name) === group) return null;
        return (
          <Stack key={group.title} component="section" spacing={2} className="group">
            <Typography component="h2" variant="h6">{group.title}</Typography>
            {draw(shown.filter(({ name }) => groupOf(name) === group))}
          </Stack>
        );
      })}
    </Stack>
  );
}

export const fields = { OneOfField, ObjectField };
export const templates = { ObjectFieldTemplate, DescriptionFieldTemplate: () => null };

/** Return the validator of a schema: rjsf looks references up in this name, the schema in its `$id`. */
export const createValidator = ({ $id, ...schema }) => customizeValidator({ ajvOptionsOverrides: { schemas: { __rjsf_rootSchema: schema } } });

/** Keep what a person can act on: a value that fits no choice has an error for each choice. */
export const transformErrors = (errors) => {
  const helpful = errors.filter(({ name, schemaPath }) => !["not", "if"].includes(name) && !/\/oneOf\/\d/.test(schemaPath));
  const named = helpful.map((error) => ({ ...error, message: error.name === "oneOf" ? "does not fit this field" : error.message }));
  return named.length ? named : errors.slice(0, 1);
};
