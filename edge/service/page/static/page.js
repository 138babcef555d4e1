"use strict";

const REASONS = {
  too_few: "too few people, or nobody",
  no_evidence: "too little to tell",
  not_alone: "more than one person",
  below_k: "fewer people than the group threshold",
  budget_spent: "the privacy budget is spent",
  clock_went_back: "the clock went back",
  ledger_unusable: "the budget ledger cannot be used",
};
const PURPOSES = { stress_feedback: "feedback on one's own stress", room_mood: "the mood of the room", research: "research" };
const FACTS = {
  valence: ["Pleasantness"],
  arousal: ["Activation"],
  stress: ["Stress"],
  coherence: ["Heart follows the breath"],
  people: ["People"],
  attention: ["Face the screen", (share) => `${Math.round(100 * share)} %`],
  moment: ["Moment", (kind, sent) => `${kind.replaceAll("_", " ")}${sent.moment_s === null ? "" : `, ${duration(sent.moment_s)} into the window`}`],
  content: ["Shown then", (name, sent) => `${name}${sent.content_s === null ? "" : ` at ${duration(sent.content_s)}`}`],
  suggestion: ["Suggestion"],
  epsilon: ["Budget of the window"],
};

const byId = (id) => document.getElementById(id);

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function say(id, text) {
  const target = byId(id);
  if (target.textContent !== text) target.textContent = text;
}

function clock(seconds) {
  return new Date(1000 * seconds).toLocaleTimeString();
}

function duration(seconds) {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
}

function fact(name, text) {
  const pair = element("div");
  pair.append(element("dt", name), element("dd", text));
  return pair;
}

/** The quality of the window, and the sensors that the profile lets us name. */
function evidence(sent, sensors) {
  const heard = sensors.filter((sensor) => sensor.state === "ok").map((sensor) => sensor.name);
  const quality = sent.quality === "unknown" ? "not told" : `${sent.quality} quality`;
  return heard.length ? `${quality}, sensing: ${heard.join(", ")}` : quality;
}

function showNow(shown) {
  const newest = shown.windows[0];
  if (!newest) return;
  const sent = newest.sent ?? {};
  const next = `The next window ends at ${clock(newest.ended_s + shown.window_s)}.`;
  say("state", sent.state ?? "nothing");
  say("why", `${newest.withheld ? `Withheld: ${REASONS[newest.withheld] ?? newest.withheld}.` : `Until ${clock(newest.ended_s)}.`} ${next}`);
  const facts = Object.entries(FACTS)
    .filter(([key]) => ![undefined, null, "unknown"].includes(sent[key]))
    .map(([key, [name, text]]) => fact(name, text ? text(sent[key], sent) : String(sent[key])));
  byId("facts").replaceChildren(...facts, ...(sent.quality ? [fact("Evidence", evidence(sent, shown.sensors))] : []));
  showShares(sent.shares ?? {});
  showBreath(sent.breaths_per_minute ?? null);
}

function showShares(shares) {
  const known = Object.entries(shares).filter(([, share]) => share > 0).sort(([, one], [, other]) => other - one);
  byId("shares").hidden = known.length === 0;
  byId("shares").replaceChildren(...known.map(([name, share]) => {
    const row = element("li");
    const bar = element("meter", undefined, { min: 0, max: 1, value: share, "aria-label": `Share of ${name}` });
    row.append(element("span", name), bar, element("span", `${Math.round(100 * share)} %`));
    return row;
  }));
}

/** A circle that swells and sinks at the pace of the wearer's breath. */
function showBreath(pace) {
  byId("breath").hidden = pace === null;
  if (pace === null) return;
  say("pace", `Breathe along: ${pace} breaths a minute`);
  const lasts = `${60 / pace}s`;
  if (byId("lung").style.animationDuration !== lasts) byId("lung").style.animationDuration = lasts;
}

function showBroker(broker) {
  if (broker === null) say("broker", "nothing is sent to a broker");
  else if (broker.connected) say("broker", `sends to ${broker.address}, MQTT ${broker.protocol}; ${broker.published} delivered`);
  else say("broker", `${broker.address}: ${broker.problem ?? "connecting"}`);
}

async function mute(sensor, muted) {
  const answer = await fetch("/mute", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ sensor, muted }),
  }).catch(() => null);
  const name = sensor ?? "all sensors";
  say("answer", answer?.ok ? `Asked to ${muted ? "mute" : "unmute"} ${name}.` : `Could not ${muted ? "mute" : "unmute"} ${name}.`);
}

function sensorCard(sensor) {
  const card = element("li");
  const button = element("button", "Mute", { type: "button", "aria-label": `Mute ${sensor.name}` });
  button.addEventListener("click", () => mute(sensor.name, button.getAttribute("aria-pressed") !== "true"));
  card.append(element("h3", sensor.name), element("p", "", { class: "soft" }), button);
  return card;
}

/** Cards are kept, so that the keyboard's focus is not lost when something changes. */
function showSensors(sensors) {
  const list = byId("sensors");
  if (list.children.length !== sensors.length) list.replaceChildren(...sensors.map(sensorCard));
  sensors.forEach((sensor, index) => {
    const [, state, button] = list.children[index].children;
    const text = `${sensor.kind}, ${sensor.state}${sensor.detail ? `: ${sensor.detail}` : ""}`;
    if (state.textContent !== text) state.textContent = text;
    button.setAttribute("aria-pressed", String(sensor.muted));
  });
  byId("mute-all").setAttribute("aria-pressed", String(sensors.length > 0 && sensors.every((sensor) => sensor.muted)));
}

function showLamps(lamps) {
  const names = Object.keys(lamps);
  byId("lamps-section").hidden = names.length === 0;
  const list = byId("lamps");
  if (list.children.length !== names.length) {
    list.replaceChildren(...names.map((name) => {
      const card = element("li");
      card.append(element("h3", name), element("span", undefined, { class: "swatch" }), element("p", "", { class: "soft" }));
      return card;
    }));
  }
  names.forEach((name, index) => {
    const [, swatch, text] = list.children[index].children;
    swatch.style.backgroundColor = lamps[name];
    text.textContent = lamps[name];
  });
}

function windowRow(shown) {
  const row = element("tr");
  const sent = element("td");
  sent.append(element("code", shown.sent ? JSON.stringify(shown.sent) : "not yet"));
  const reason = shown.withheld ? REASONS[shown.withheld] ?? shown.withheld : "";
  row.append(element("td", clock(shown.ended_s)), element("td", shown.sent?.state ?? ""), element("td", reason), sent);
  return row;
}

function showBudget(budget) {
  byId("budget").hidden = budget === null;
  if (budget === null) return;
  byId("spent").hidden = budget.spent === null;
  if (budget.spent === null) {
    say("budget-text", "The privacy budget cannot be read; nothing is published until it can.");
    return;
  }
  const left = Math.max(0, budget.daily - budget.spent);
  say("budget-text", `Privacy budget of the day (UTC): ${+left.toFixed(2)} of ${budget.daily} left.`);
  byId("spent").max = budget.daily;
  byId("spent").value = left;
}

function showAgreed(consents, notice) {
  const lines = consents === null
    ? ["The consents cannot be read, so nothing is captured."]
    : consents.map((each) => `${each.sensor}: ${PURPOSES[each.purpose] ?? each.purpose}, until ${new Date(1000 * each.until_s).toLocaleDateString()}`);
  if (lines.length === 0) lines.push("No consent is recorded on this device.");
  if (byId("consents").innerText !== lines.join("\n")) byId("consents").replaceChildren(...lines.map((line) => element("li", line)));
  byId("notice").hidden = notice === null;
  if (notice !== null) say("notice-text", `A sign tells people since ${notice.acknowledged_on}; questions go to ${notice.contact}.`);
}

function show(shown) {
  document.title = `${shown.node} - edge-affect`;
  say("node", shown.node);
  say("profile", `${shown.profile}, every ${shown.window_s} s`);
  say("version", shown.version);
  say("promise", shown.promise);
  showBroker(shown.broker);
  showNow(shown);
  showSensors(shown.sensors);
  showLamps(shown.lamps);
  showBudget(shown.budget);
  showAgreed(shown.consents, shown.notice);
  byId("windows").replaceChildren(...shown.windows.map(windowRow));
}

byId("mute-all").addEventListener("click", (event) => mute(null, event.currentTarget.getAttribute("aria-pressed") !== "true"));

const events = new EventSource("/events");
events.onopen = () => { byId("lost").hidden = true; };
events.onerror = () => { byId("lost").hidden = false; };
events.onmessage = (event) => show(JSON.parse(event.data));
