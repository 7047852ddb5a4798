"""The part of the page's script that fills a template, plain JavaScript: the same language as `wire`."""

FILL = r"""
"use strict";
const utf8 = (text) => String.fromCharCode(...new TextEncoder().encode(text));
const base64 = (text) => btoa(utf8(text));
const base64url = (text) => base64(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const DIRECTIVES = {
  $each: (inner, values) => values.records.map((each) => fillJson(inner, values, each)),
  $keyed: (inner, values) =>
    Object.fromEntries(values.records.map((each) => [each.key, fillJson(inner, values, each)])),
  $json: (inner, values, record) => JSON.stringify(fillJson(inner, values, record)),
  $base64: (inner, values, record) => base64(fillJson(inner, values, record)),
  $base64url: (inner, values, record) => base64url(fillJson(inner, values, record)),
};

function fillJson(template, values, record) {
  if (Array.isArray(template)) return template.map((each) => fillJson(each, values, record));
  if (template !== null && typeof template === "object") {
    const [name] = Object.keys(template);
    if (name in DIRECTIVES) return DIRECTIVES[name](template[name], values, record);
    const member = ([key, value]) => [key, fillJson(value, values, record)];
    return Object.fromEntries(Object.entries(template).map(member));
  }
  if (template === "{item_keys}") return (record ? [record] : values.records).flatMap((each) => each.items);
  if (template === "{utterance_ids}") {
    return (record ? [record] : values.records).flatMap((each) => each.utterances);
  }
  const known = { ...values.one, ...namesOf(record || values.records[0]) };
  return typeof template === "string" && template in known ? known[template] : template;
}

function namesOf(record) {
  const [customer, stamp, kind, serial] = record.key.split("#");
  return {
    "{key}": record.key, "{key64}": base64url(record.key), "{customer}": customer,
    "{stamp}": Number(stamp), "{stamp_text}": stamp, "{kind}": kind, "{serial}": serial,
  };
}

function fillPairs(template, values) {
  const pairs = [];
  const add = (name, found) => found.forEach((each) => pairs.push([name, String(each)]));
  for (const [name, value] of template) {
    const each = value === "{key}" ? value : value !== null && value.$each;
    if (value === "{item_key}") add(name, fillJson("{item_keys}", values, null));
    else if (value === "{utterance_id}") add(name, fillJson("{utterance_ids}", values, null));
    else if (each) add(name, values.records.map((record) => fillJson(each, values, record)));
    else add(name, [fillJson(value, values, null)]);
  }
  return pairs;
}

function formOf(step, values) {
  const pairs = fillPairs(step.form, values);
  if (step.type !== "multipart/form-data") return new URLSearchParams(pairs).toString();
  const form = new FormData();
  pairs.forEach(([name, value]) => form.append(name, value));
  return form;
}

function compose(step, values) {
  const filled = (text) => encodeURIComponent(fillJson(text, values, null));
  const segment = (text) => (/^\{\w+\}$/.test(text) ? filled(text) : text);
  const path = step.path.split("/").map(segment).join("/");
  const query = new URLSearchParams(fillPairs(step.query, values)).toString();
  const headers = Object.fromEntries(fillPairs(step.headers, values));
  if (step.type && step.type !== "multipart/form-data") headers["Content-Type"] = step.type;
  if (step.header) headers["anti-csrftoken-a2z"] = values.one["{token}"];
  const body = step.json !== null ? JSON.stringify(fillJson(step.json, values, null))
    : step.form.length ? formOf(step, values) : undefined;
  return { url: path + (query ? "?" + query : ""), init: { method: step.method, headers, body } };
}

async function ticketOf(step, answer) {
  if (!step.ticket.startsWith("/")) return answer.headers.get(step.ticket);
  return step.ticket.split("/").slice(1).reduce((found, name) => found[name], await answer.json());
}
"""
