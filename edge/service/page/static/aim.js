"use strict";

const HINTS = {
  too_small: "too small: come closer, or move the camera closer",
  turned_away: "turned away: put the camera where people look",
  too_dark: "too dark: more light on the face, less behind it",
  too_bright: "too bright: less light on the face",
  blurred: "blurred: clean or focus the lens, hold still, more light",
  at_the_edge: "cut off at the edge: turn the camera",
  covered: "hard to make out: partly covered, or in shadow",
};
const LIGHT = {
  too_dark: "The picture is too dark.",
  too_bright: "The picture is too bright.",
  covered: "There is nothing to see: is the lens covered?",
};
const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);

function say(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}

function draw(sight) {
  const stage = byId("stage");
  const [width, height] = sight?.shape ?? [640, 480];
  stage.setAttribute("viewBox", `0 0 ${width} ${height}`);
  stage.replaceChildren(...(sight?.spots ?? []).map(({ box, hints }) => {
    const [left, top, wide, high] = box;
    const made = document.createElementNS(SVG, "rect");
    const place = { x: (left * width) / 100, y: (top * height) / 100, width: (wide * width) / 100, height: (high * height) / 100 };
    for (const [name, value] of Object.entries(place)) made.setAttribute(name, value);
    made.setAttribute("class", hints.length ? "poor" : "good");
    return made;
  }));
}

function advice(sight) {
  if (!sight) return "waiting for the camera";
  if (LIGHT[sight.light]) return LIGHT[sight.light];
  const good = sight.spots.filter((spot) => spot.hints.length === 0).length;
  if (sight.spots.length === 0) return "No face in view.";
  return good === sight.spots.length ? "Well aimed." : `${good} of ${sight.spots.length} faces can be read well.`;
}

function show({ left_s: left, camera, detail, sight }) {
  say("left", `ends in ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`);
  say("camera", camera === "ok" ? "the camera is open" : `the camera: ${camera}${detail ? `, ${detail}` : ""}`);
  draw(sight);
  say("advice", advice(sight));
  const lines = (sight?.spots ?? []).flatMap(({ hints }, index) => hints.map((hint) => `Face ${index + 1} from the left is ${HINTS[hint]}.`));
  const list = byId("faces");
  if (list.innerText === lines.join("\n")) return;
  list.replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
}

const events = new EventSource("/events");
events.onopen = () => { byId("over").hidden = true; };
events.onerror = () => { byId("over").hidden = false; draw(null); };
events.onmessage = (event) => show(JSON.parse(event.data));
