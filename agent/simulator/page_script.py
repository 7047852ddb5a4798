"""The script of the privacy page, plain JavaScript. `page_fill` comes before it."""

SCRIPT = r"""
const facts = JSON.parse(document.getElementById("facts").textContent);
const token = document.querySelector('meta[name="csrf-token"]').content;
const say = (words) => { document.getElementById("state").textContent = words; };
let next = null;
const shown = new Map();
const whole = facts.delete.scope === "everything";  // then nothing smaller can be asked for

const JSON_TYPE = { "Content-Type": "application/json" };
const post = (path, told) => fetch(path, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(told) });

async function beacon(when, records) {
  if (![when, "both"].includes(facts.noise.beacon)) return;
  const told = { event: "RecordDeleteClicked", phase: when, page: location.pathname };
  for (const { key, at } of records) await post(facts.noise.telemetry, { ...told, recordKey: key, at });
}

async function chatter(records) {
  const kind = facts.noise.chatter;
  if (kind === "analytics") {
    for (const action of ["hover", "press"]) {
      await post(facts.noise.metrics, { action, page: location.pathname, shown: shown.size });
    }
  }
  if (kind === "audio") {
    for (const uid of records.flatMap((each) => each.utterances)) {
      await fetch(facts.noise.playable + "?" + new URLSearchParams({ uid }));
    }
  }
}

async function remove(records, start, end) {
  const values = { records, one: { "{token}": token, "{start}": start, "{end}": end } };
  for (const step of facts.delete.steps) {
    const { url, init } = compose(step, values);
    const answer = await fetch(url, init);
    if (!answer.ok) throw new Error("refused with " + answer.status);
    if (step.ticket) values.one["{ticket}"] = await ticketOf(step, answer);
    else await answer.text();
  }
}

async function removeAll(records) {
  try {
    await chatter(records);
    await beacon("before", records);
    if (facts.delete.scope === "records") {
      for (let at = 0; at < records.length; at += facts.delete.batch) {
        await remove(records.slice(at, at + facts.delete.batch));
      }
    } else {
      const times = records.map((each) => each.at);
      await remove(records, Math.min(...times), Math.max(...times));
    }
    await beacon("after", records);
    records.forEach((each) => { each.element.remove(); shown.delete(each.key); });
    if (facts.noise.chatter === "listing") await page(null);
    say("Deleted");
  } catch (error) { say("Not deleted: " + error.message); }
}

function button(words, label, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  made.ariaLabel = words + " " + label;
  made.addEventListener("click", action);
  return made;
}

function show(row) {
  const items = row.voiceHistoryRecordItems || [];
  const record = {
    key: row[facts.listing.key], at: row.timestamp, element: document.createElement("li"),
    items: items.map((each) => each.recordItemKey).filter(Boolean),
    utterances: [...new Set(items.map((each) => each.utteranceId).filter(Boolean))],
  };
  const element = record.element;
  element.className = "apd-content-box with-activity-page";
  const words = document.createElement("span");
  words.className = "customer-transcript";
  const said = items.find((each) => each.recordItemType === "CUSTOMER_TRANSCRIPT");
  words.textContent = (said && said.transcriptText) || row.title || "Audio could not be understood";
  const moment = new Date(row.timestamp).toISOString();
  element.append(moment + " ", words);
  if (record.key) {
    element.dataset.key = record.key;
    record.box = document.createElement("input");
    record.box.type = "checkbox";
    record.box.ariaLabel = "Select the recording of " + moment;
    element.prepend(record.box);
    const one = button("Delete", "the recording of " + moment, () => removeAll([record]));
    if (!whole) element.append(" ", one);
    shown.set(record.key, record);
  }
  document.getElementById("rows").append(element);
}

async function page(from) {
  const url = facts.listing.path + "?startTime=0&endTime=" + (facts.now + 86400000);
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json; charset=utf-8", "anti-csrftoken-a2z": token },
    body: JSON.stringify({ previousRequestToken: from }),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function more() {
  try {
    const found = await page(next);
    (found[facts.listing.rows] || []).forEach(show);
    next = found[facts.listing.token];
    document.getElementById("show-more").hidden = !next;
  } catch (error) { say("Could not load: " + error.message); }
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
