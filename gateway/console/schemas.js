// How a schema of the document is told to people.

import { h, inline } from "./elements.js";

export class Schemas {
  constructor(named) { this.named = named; }

  open(schema) {
    if (!schema?.$ref) return schema ?? {};
    const { $ref, ...beside } = schema;
    return { ...this.named[$ref.split("/").pop()], ...beside };
  }

  // What is left of `X or null`, with the keywords beside it.
  bare(given) {
    const schema = this.open(given);
    const some = (schema.anyOf ?? []).filter((one) => one.type !== "null");
    if (schema.anyOf?.length !== some.length + 1 || some.length !== 1) return schema;
    const { anyOf, ...beside } = schema;
    return { ...this.open(some[0]), ...beside, nullable: true };
  }

  type(given) {
    const schema = this.bare(given);
    const options = schema.oneOf ?? schema.anyOf;
    let words = schema.type ?? (schema.enum ? typeof schema.enum[0] : schema.const != null ? typeof schema.const : options ? "object" : "any");
    if (words === "array") words = `array of ${this.type(schema.items)}`;
    if (schema.format) words += ` (${schema.format})`;
    return schema.nullable ? `${words} or null` : words;
  }

  limits(given) {
    const schema = this.bare(given);
    const range = (least, most, unit) => {
      if (least == null && most == null) return [];
      if (Math.abs(least) > Number.MAX_SAFE_INTEGER) return [];
      if (most == null) return [`at least ${least}${unit}`];
      return [least == null || (unit && least === 0) ? `at most ${most}${unit}` : `${least} to ${most}${unit}`];
    };
    const said = [
      ...range(schema.minimum, schema.maximum, ""),
      ...range(schema.minLength > 1 ? schema.minLength : null, schema.maxLength, " characters"),
      ...range(schema.minItems > 1 ? schema.minItems : null, schema.maxItems, " entries"),
    ];
    const empty = Array.isArray(schema.default) && !schema.default.length;
    if (schema.default != null && !empty) said.push(["default ", h("code", null, String(schema.default))]);
    const choices = schema.enum ?? schema.items?.enum ?? (schema.const != null ? [schema.const] : []);
    const listed = choices.filter((one) => one != null).map((one) => [h("code", null, String(one)), " "]);
    return [said.map((words) => [words, h("span", { class: "dot" }, " · ")]).flat(), listed];
  }

  // The fields of an object, or the alternatives of a choice; null for what has neither.
  fields(given) {
    const schema = this.bare(given);
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
    const schema = this.bare(given);
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
