// Shows the schemas of the document: types, limits and fields.

import { h, inline } from "./elements.js";

export class Schemas {
  constructor(named) { this.named = named; }

  resolve(schema) {
    if (!schema?.$ref) return schema ?? {};
    const { $ref, ...siblings } = schema;
    return { ...this.named[$ref.split("/").pop()], ...siblings };
  }

  // Return X of `X or null`, merged with the keywords next to it.
  unwrap(given) {
    const schema = this.resolve(given);
    const types = (schema.anyOf ?? []).filter((one) => one.type !== "null");
    if (schema.anyOf?.length !== types.length + 1 || types.length !== 1) return schema;
    const { anyOf, ...siblings } = schema;
    return { ...this.resolve(types[0]), ...siblings, nullable: true };
  }

  type(given) {
    const schema = this.unwrap(given);
    const options = schema.oneOf ?? schema.anyOf;
    let text = schema.type ?? (schema.enum ? typeof schema.enum[0] : schema.const != null ? typeof schema.const : options ? "object" : "any");
    if (text === "array") text = `array of ${this.type(schema.items)}`;
    if (schema.format) text += ` (${schema.format})`;
    return schema.nullable ? `${text} or null` : text;
  }

  limits(given) {
    const schema = this.unwrap(given);
    const range = (min, max, unit) => {
      if (min == null && max == null) return [];
      if (Math.abs(min) > Number.MAX_SAFE_INTEGER) return [];
      if (max == null) return [`at least ${min}${unit}`];
      return [min == null || (unit && min === 0) ? `at most ${max}${unit}` : `${min} to ${max}${unit}`];
    };
    const parts = [
      ...range(schema.minimum, schema.maximum, ""),
      ...range(schema.minLength > 1 ? schema.minLength : null, schema.maxLength, " characters"),
      ...range(schema.minItems > 1 ? schema.minItems : null, schema.maxItems, " entries"),
    ];
    const empty = Array.isArray(schema.default) && !schema.default.length;
    if (schema.default != null && !empty) parts.push(["default ", h("code", null, String(schema.default))]);
    const choices = schema.enum ?? schema.items?.enum ?? (schema.const != null ? [schema.const] : []);
    const listed = choices.filter((one) => one != null).map((one) => [h("code", null, String(one)), " "]);
    return [parts.map((part) => [part, h("span", { class: "dot" }, " · ")]).flat(), listed];
  }

  // Return the fields of an object, or the alternatives of a union. Other schemas have none: null.
  fields(given) {
    const schema = this.unwrap(given);
    if (schema.type === "array") return this.fields(schema.items);
    if (schema.properties) return h("ul", { class: "fields" }, Object.entries(schema.properties).map(([name, field]) =>
      this.field(name, field, schema.required?.includes(name))));
    const options = schema.oneOf ?? schema.anyOf;
    return options?.some((one) => one.$ref) ? options.filter((one) => one.$ref).map((one) => this.option(one)) : null;
  }

  option(reference) {
    const name = reference.$ref.split("/").pop().replace(/([a-z])([A-Z])/g, "$1 $2");
    return h("details", { class: "inner" }, h("summary", null, name), this.fields(reference));
  }

  field(name, given, required) {
    const schema = this.unwrap(given);
    const inner = this.fields(given);
    const limits = this.limits(given);
    return h("li", null,
      h("div", { class: "field-head" }, h("code", { class: "name" }, name), h("span", { class: "type" }, this.type(given)),
        required && h("span", { class: "required" }, "required")),
      schema.description && h("div", { class: "field-text" }, inline(schema.description)),
      limits.flat(2).length > 0 && h("div", { class: "limits" }, limits),
      inner && (Array.isArray(inner) ? inner : h("details", { class: "inner" }, h("summary", null, "Fields"), inner)));
  }
}
