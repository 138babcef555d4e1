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
const FACTS = { valence: "Pleasantness", arousal: "Activation", stress: "Stress", quality: "Quality", people: "People", epsilon: "Budget of the window" };

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

function showNow(shown) {
  const newest = shown.windows[0];
  if (!newest) return;
  const sent = newest.sent ?? {};
  say("state", sent.state ?? "nothing");
  say("why", newest.withheld ? `Withheld: ${REASONS[newest.withheld] ?? newest.withheld}.` : `Until ${clock(newest.ended_s)}.`);
  byId("facts").replaceChildren(
    ...Object.entries(FACTS)
      .filter(([key]) => sent[key] !== undefined && sent[key] !== null)
      .map(([key, name]) => {
        const pair = element("div");
        pair.append(element("dt", name), element("dd", String(sent[key])));
        return pair;
      }),
  );
}

function showBroker(broker) {
  if (broker === null) say("broker", "nothing is sent to a broker");
  else if (broker.connected) say("broker", `sends to ${broker.address}, MQTT ${broker.protocol}`);
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
  byId("windows").replaceChildren(...shown.windows.map(windowRow));
}

byId("mute-all").addEventListener("click", (event) => mute(null, event.currentTarget.getAttribute("aria-pressed") !== "true"));

const events = new EventSource("/events");
events.onopen = () => { byId("lost").hidden = true; };
events.onerror = () => { byId("lost").hidden = false; };
events.onmessage = (event) => show(JSON.parse(event.data));
