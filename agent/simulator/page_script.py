"""The script of the privacy page, plain JavaScript. It fills the shape's template as `wire` does."""

SCRIPT = r"""
"use strict";
const facts = JSON.parse(document.getElementById("facts").textContent);
const token = document.querySelector('meta[name="csrf-token"]').content;
const say = (words) => { document.getElementById("state").textContent = words; };
let next = null;
const shown = new Map();
const whole = facts.delete.scope === "everything";  // then nothing smaller can be asked for

function fillJson(template, values, record) {
  if (Array.isArray(template)) return template.map((each) => fillJson(each, values, record));
  if (template !== null && typeof template === "object") {
    if ("$each" in template) return values.records.map((each) => fillJson(template.$each, values, each));
    if ("$keyed" in template) {
      const member = (each) => [each.key, fillJson(template.$keyed, values, each)];
      return Object.fromEntries(values.records.map(member));
    }
    const member = ([name, value]) => [name, fillJson(value, values, record)];
    return Object.fromEntries(Object.entries(template).map(member));
  }
  const of = record || values.records[0] || {};
  if (template === "{key}") return of.key;
  if (template === "{item_keys}") return of.items;
  if (template === "{utterance_ids}") return of.utterances;
  return template in values.one ? values.one[template] : template;
}

function fillPairs(template, values) {
  const pairs = new URLSearchParams();
  for (const [name, value] of template) {
    if (value === "{key}") values.records.forEach((each) => pairs.append(name, each.key));
    else pairs.append(name, String(value in values.one ? values.one[value] : value));
  }
  return pairs.toString();
}

function compose(step, values) {
  const path = step.path.replace("{key}", () => encodeURIComponent(values.records[0].key));
  const query = fillPairs(step.query, values);
  const headers = {};
  if (step.type) headers["Content-Type"] = step.type;
  if (step.header) headers["anti-csrftoken-a2z"] = values.one["{token}"];
  const body = step.json !== null ? JSON.stringify(fillJson(step.json, values, null))
    : step.form.length ? fillPairs(step.form, values) : undefined;
  return { url: path + (query ? "?" + query : ""), init: { method: step.method, headers, body } };
}

async function remove(records, start, end) {
  const values = { records, one: { "{token}": token, "{start}": start, "{end}": end } };
  for (const step of facts.delete.steps) {
    const { url, init } = compose(step, values);
    const answer = await fetch(url, init);
    if (!answer.ok) throw new Error("refused with " + answer.status);
    const words = await answer.text();
    if (words) values.one["{ticket}"] = JSON.parse(words).ticket;
  }
}

async function removeAll(records) {
  try {
    if (facts.delete.scope === "records") {
      for (let at = 0; at < records.length; at += facts.delete.batch) {
        await remove(records.slice(at, at + facts.delete.batch));
      }
    } else {
      const times = records.map((each) => each.at);
      await remove(records, Math.min(...times), Math.max(...times));
    }
    records.forEach((each) => { each.element.remove(); shown.delete(each.key); });
    say("Deleted");
  } catch (error) { say("Not deleted: " + error.message); }
}

function button(words, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  made.addEventListener("click", action);
  return made;
}

function show(row) {
  const items = row.voiceHistoryRecordItems || [];
  const record = {
    key: row[facts.listing.key], at: row.timestamp, element: document.createElement("div"),
    items: items.map((each) => each.recordItemKey).filter(Boolean),
    utterances: [...new Set(items.map((each) => each.utteranceId).filter(Boolean))],
  };
  const element = record.element;
  element.className = "apd-content-box with-activity-page";
  const words = document.createElement("span");
  words.className = "customer-transcript";
  const said = items.find((each) => each.recordItemType === "CUSTOMER_TRANSCRIPT");
  words.textContent = (said && said.transcriptText) || row.title || "Audio could not be understood";
  element.append(new Date(row.timestamp).toISOString() + " ", words);
  if (record.key) {
    element.dataset.key = record.key;
    record.box = document.createElement("input");
    record.box.type = "checkbox";
    element.prepend(record.box);
    if (!whole) element.append(" ", button("Delete", () => removeAll([record])));
    shown.set(record.key, record);
  }
  document.getElementById("rows").append(element);
}

async function more() {
  const url = facts.listing.path + "?startTime=0&endTime=" + (facts.now + 86400000);
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json; charset=utf-8", "anti-csrftoken-a2z": token },
    body: JSON.stringify({ previousRequestToken: next }),
  });
  if (!answer.ok) return say("Could not load: " + answer.status);
  const page = await answer.json();
  (page[facts.listing.rows] || []).forEach(show);
  next = page[facts.listing.token];
  document.getElementById("show-more").hidden = !next;
}

document.getElementById("show-more").addEventListener("click", more);
document.getElementById("delete-selected").hidden = whole;
document.getElementById("delete-selected").addEventListener("click", async () => {
  const chosen = [...shown.values()].filter((each) => each.box.checked);
  if (facts.delete.scope === "records") return removeAll(chosen);
  for (const each of chosen) await removeAll([each]);  // a range from first to last would take more
});
document.getElementById("delete-all").addEventListener("click", () => removeAll([...shown.values()]));
more();
"""
