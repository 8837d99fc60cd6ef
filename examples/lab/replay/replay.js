"use strict";
const $ = (id) => document.getElementById(id);
window.addEventListener("error", (e) => {
  $("error").hidden = false;
  $("error").textContent = "This page has failed: " + e.message;
});

const D = JSON.parse($("data").textContent);
const END = Math.max(D.end, 1);
const colour = (flow) => `var(--c${flow % 5})`;

// ---- reading the data

// How many of the sorted times are not after t.
function until(times, t) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= t) low = middle + 1; else high = middle;
  }
  return low;
}

for (const flow of D.flows) {
  const sent = new Float64Array(flow.delays.length), arrived = [], lost = [];
  for (let run = 0; run < flow.runs.length; run += 2) {
    const first = flow.runs[run], last = run + 2 < flow.runs.length ? flow.runs[run + 2] - 1 : sent.length;
    for (let n = first; n <= last; ++n) sent[n - 1] = flow.runs[run + 1] + (n - first) * flow.every;
  }
  for (let n = 0; n < sent.length; ++n)
    if (flow.delays[n] < 0) lost.push(sent[n]); else arrived.push(sent[n] + flow.delays[n]);
  arrived.sort((x, y) => x - y);
  Object.assign(flow, {sentAt: sent, arrivedAt: arrived, lostAt: lost});
}

const frameTime = [], frameAt = [];
let longest = 0;
for (let at = 0, time = 0; at < D.frames.length; at += 6 + 2 * D.frames[at + 5]) {
  time += D.frames[at];
  frameTime.push(time);
  frameAt.push(at);
  for (let i = 0; i < D.frames[at + 5]; ++i) longest = Math.max(longest, D.frames[at + 7 + 2 * i]);
}
longest = Math.min(longest, 5e6);

for (const node of D.nodes) {
  node.stateTimes = node.states.filter((_, i) => i % 2 == 0);
  node.stateIds = node.states.filter((_, i) => i % 2 == 1);
}
const nowhere = {up: false};
function stateOf(node, t) {
  const count = until(D.nodes[node].stateTimes, t);
  return count == 0 ? nowhere : D.states[D.nodes[node].stateIds[count - 1]];
}
function countsOf(flow, t) {
  const sent = until(flow.sentAt, t), received = until(flow.arrivedAt, t), lost = until(flow.lostAt, t);
  return {sent, received, lost, again: until(flow.again, t), onTheWay: sent - received - lost};
}

// ---- small tools

const seconds = (t) => (t / 1e6).toFixed(6);
function make(parent, tag, attributes = {}, text) {
  const svg = parent.namespaceURI.endsWith("svg");
  const element = svg ? document.createElementNS(parent.namespaceURI, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

// ---- where things are drawn

const WIDTH = 900, HEIGHT = 540;
const networks = D.networks.map((name, i) => {
  const count = D.networks.length;
  const angle = count == 2 ? Math.PI * (1 - i) : -Math.PI / 2 + 2 * Math.PI * i / count;
  const reach = count == 1 ? 0 : 1;
  return {name, angle: count == 1 ? -Math.PI / 2 : angle,
          x: WIDTH / 2 + reach * 0.3 * WIDTH * Math.cos(angle), y: HEIGHT / 2 + reach * 0.27 * HEIGHT * Math.sin(angle)};
});
const networkOf = new Map(networks.map((network) => [network.name, network]));
const size = D.nodes.length > 15 ? 10 : 16;

// Nodes in one network stand around it, on the outside; those in several, between them.
function places(states) {
  const groups = new Map();
  states.forEach((state, node) => {
    const key = (state.at || []).map((each) => each[0]).filter((name) => networkOf.has(name)).sort().join(" ");
    groups.set(key, [...(groups.get(key) || []), node]);
  });
  const found = [];
  for (const [key, members] of groups) {
    const its = key.split(" ").map((name) => networkOf.get(name)).filter((network) => network);
    members.forEach((node, i) => {
      const off = i - (members.length - 1) / 2;
      if (its.length == 1) {
        const around = D.networks.length == 1 ? 2 * Math.PI : Math.min(0.75 * members.length, 4.2, 11 / D.networks.length);
        const angle = its[0].angle + around * off / members.length;
        found[node] = {x: its[0].x + 125 * Math.cos(angle), y: its[0].y + 110 * Math.sin(angle)};
      } else if (its.length > 1) {
        const x = its.reduce((sum, each) => sum + each.x, 0) / its.length;
        const y = its.reduce((sum, each) => sum + each.y, 0) / its.length;
        found[node] = D.networks.length == 2 ? {x, y: y + 95 * off} : {x: x + 85 * off, y};
      } else {
        found[node] = {x: 60 + 90 * i, y: HEIGHT - 30};  // a node that does not run
      }
    });
  }
  return found;
}

const picture = $("picture");
const linkLayer = make(picture, "g"), frameLayer = make(picture, "g"), networkLayer = make(picture, "g"), nodeLayer = make(picture, "g");
for (const network of networks) {
  const group = make(networkLayer, "g", {class: "network", transform: `translate(${network.x} ${network.y})`});
  const width = Math.max(64, 18 + 11 * network.name.length);
  make(group, "rect", {x: -width / 2, y: -18, width, height: 36, rx: 18});
  make(group, "text", {y: 6}, network.name);
}
const nodes = D.nodes.map((its, i) => {
  const group = make(nodeLayer, "g", {class: "node", tabindex: 0, role: "button", "aria-label": its.name});
  make(group, "circle", {r: size});
  make(group, "text", {y: -size - 7}, its.name);
  const where = make(group, "text", {y: size + 15, class: "where"});
  const choose = () => { $("node").value = i; show(); };
  group.addEventListener("click", choose);
  group.addEventListener("keydown", (e) => { if (e.key == "Enter") choose(); });
  return {group, where, x: WIDTH / 2, y: HEIGHT / 2};
});

const MOST_DOTS = 400;
const dots = [], crosses = [];
function dot(i, x, y, fill, radius) {
  dots[i] ||= make(frameLayer, "circle");
  const its = dots[i];
  its.setAttribute("cx", x), its.setAttribute("cy", y), its.setAttribute("r", radius);
  its.style.fill = fill, its.style.display = "";
}
function cross(i, x, y) {
  crosses[i] ||= make(frameLayer, "path", {class: "lost", d: "M-7 -7 7 7M-7 7 7 -7"});
  crosses[i].setAttribute("transform", `translate(${x} ${y})`);
  crosses[i].style.display = "";
}

// ---- the moment that is shown

let now = 0, playing = false, last = 0;
const speed = () => Number($("speed").value);

// `a b`; during a handoff `a → b`.
function whereabouts(at) {
  const names = (leaving) => at.filter(([, how]) => (how == "leaving") == leaving).map(([name]) => name).join(" ");
  return names(true) ? names(true) + " → " + names(false) : names(false);
}
function drawNodes(snap) {
  const states = D.nodes.map((_, node) => stateOf(node, now));
  const target = places(states);
  let d = 0;
  states.forEach((state, node) => {
    const its = nodes[node], to = target[node], part = snap ? 1 : 0.2;
    its.x += (to.x - its.x) * part, its.y += (to.y - its.y) * part;
    its.group.setAttribute("transform", `translate(${its.x.toFixed(1)} ${its.y.toFixed(1)})`);
    its.group.setAttribute("class", "node" + (state.up ? "" : " down") + (node == $("node").value ? " chosen" : ""));
    its.where.textContent = state.up ? whereabouts(state.at) : "down";
    for (const [name, how] of state.at || []) {
      const network = networkOf.get(name);
      if (!network) continue;
      const link = linkLayer.childNodes[d++] || make(linkLayer, "line");
      link.setAttribute("class", "link " + how);
      link.setAttribute("x1", its.x), link.setAttribute("y1", its.y), link.setAttribute("x2", network.x), link.setAttribute("y2", network.y);
    }
  });
  while (linkLayer.childNodes.length > d) linkLayer.lastChild.remove();
}

// A frame is drawn for at least a third of a second, however fast time goes: otherwise nobody would see it.
function drawFrames() {
  const least = 0.33e6 * speed(), window = Math.max(longest, least) * 1.6;
  let used = 0, crossed = 0;
  for (let f = until(frameTime, now) - 1; f >= 0 && frameTime[f] >= now - window && used < MOST_DOTS; --f) {
    const at = frameAt[f], from = nodes[D.frames[at + 1]], network = networks[D.frames[at + 2]], what = D.frames[at + 3];
    const count = D.frames[at + 5], age = now - frameTime[f];
    const fill = what >= 0 ? colour(what) : "var(--faint)", radius = what >= 0 ? 5 : 3.5;
    let lasts = least;
    for (let i = 0; i < count; ++i) lasts = Math.max(lasts, D.frames[at + 7 + 2 * i]);
    const part = age / lasts;
    if (part < 0.4) {
      dot(used++, from.x + (network.x - from.x) * part / 0.4, from.y + (network.y - from.y) * part / 0.4, fill, radius);
      continue;
    }
    if (count == 0 && what >= 0 && part < 1.6) cross(crossed++, network.x, network.y - 26);
    for (let i = 0; i < count && used < MOST_DOTS; ++i) {
      const to = nodes[D.frames[at + 6 + 2 * i]], took = D.frames[at + 7 + 2 * i];
      const way = Math.min((age / Math.max(took, least) - 0.4) / 0.6, took < 0 ? 0.55 : 1);
      const x = network.x + (to.x - network.x) * way, y = network.y + (to.y - network.y) * way;
      if (took < 0 && way >= 0.55) { if (part < 1.6) cross(crossed++, x, y); }
      else if (way < 1) dot(used++, x, y, fill, radius);
    }
  }
  for (let i = used; i < dots.length; ++i) dots[i].style.display = "none";
  for (let i = crossed; i < crosses.length; ++i) crosses[i].style.display = "none";
}

function drawFlows() {
  const body = $("flows").tBodies[0];
  D.flows.forEach((flow, i) => {
    const row = body.rows[i] || body.insertRow();
    const counts = countsOf(flow, now);
    const cells = [D.nodes[flow.from].name + " → " + D.nodes[flow.to].name, counts.sent, counts.received, counts.lost, counts.again, counts.onTheWay];
    cells.forEach((text, k) => {
      const cell = row.cells[k] || row.insertCell();
      if (cell.textContent != String(text)) cell.textContent = text;
      if (k == 0) cell.style.color = colour(i);
      if (k == 3) cell.className = text > 0 ? "bad" : "";
    });
  });
}

let tablesShown;
function drawTables() {
  const node = Number($("node").value), state = stateOf(node, now);
  if (tablesShown && tablesShown[0] == node && tablesShown[1] == state) return;
  tablesShown = [node, state];
  const place = $("tables");
  place.replaceChildren();
  make(place, "div", {}, "identifier " + D.nodes[node].nid + (state.up ? "" : ": does not run"));
  if (!state.up) return;
  const table = (caption, heading, rows) => {
    const its = make(place, "table", {"data-table": caption.split(" ")[0]});
    make(its, "caption", {}, caption + (rows.length ? "" : ": none"));
    if (rows.length) heading.forEach((each) => make(its.tHead?.rows[0] || its.createTHead().insertRow(), "th", {}, each));
    const body = its.createTBody();
    for (const row of rows) { const to = body.insertRow(); for (const each of row) to.insertCell().textContent = each; }
  };
  table("locators", ["locator", "state"], state.at);
  table("hosts it knows", ["name", "identifier", "locators", "in use", "next hop"],
        state.hosts.map(([name, nid, locators, used, hop]) => [name || "?", nid, locators.join(" ") || "–", used || "–", hop || (used ? "none" : "–")]));
  table("routes to other networks", ["network", "through"], state.routes);
}

// ---- the trace

const MOST_EVENTS = 3000;
let listed = [], listedTimes = [];
function listEvents() {
  const few = $("kind").value == "few";
  const wanted = D.events.filter(([, , text]) => !few || !/^(sends |drop|frame|packet|datagram|.*dropped)/i.test(text));
  const list = $("events");
  list.replaceChildren();
  listed = wanted.slice(0, MOST_EVENTS).map(([time, node, text]) => {
    const link = make(make(list, "li"), "a", {href: "#t=" + seconds(time)});
    make(link, "time", {}, seconds(time));
    link.append((node < 0 ? "scenario" : D.nodes[node].name) + ": " + text);
    return {time, link};
  });
  if (wanted.length > MOST_EVENTS) make(list, "li", {}, `… and ${wanted.length - MOST_EVENTS} more`);
  listedTimes = listed.map((each) => each.time);
  eventShown = -1;
}
let eventShown = -1;
function drawEvents() {
  const count = until(listedTimes, now);
  if (count == eventShown) return;
  const from = Math.max(0, Math.min(count, eventShown < 0 ? 0 : eventShown) - 1), to = eventShown < 0 ? listed.length : Math.max(count, eventShown);
  for (let i = from; i < to; ++i) listed[i].link.className = i == count - 1 ? "now" : i >= count ? "later" : "";
  eventShown = count;
  const current = listed[Math.max(count - 1, 0)];
  if (current) { const list = $("events"); list.scrollTop = current.link.offsetTop - list.offsetTop - list.clientHeight / 2; }
}

// ---- the strip above the slider: handoffs, losses, what the scenario does

const strip = $("strip");
const across = (t) => 1000 * Math.min(t, END) / END;
function drawStrip() {
  const moving = D.nodes.map((node, i) => [node, i]).filter(([node]) => node.moves.length);
  const height = Math.min(16, 30 / Math.max(moving.length, 1));
  moving.forEach(([node], row) => {
    for (const [begin, end, from, to] of node.moves) {
      const x = across(begin), mark = make(strip, "rect", {x, y: row * height, width: Math.max(across(end < 0 ? END : end) - x, 1.5), height: height - 2});
      mark.style.fill = "var(--accent)", mark.style.opacity = 0.55;
      make(mark, "title", {}, `${node.name}: ${from} → ${to} at ${seconds(begin)} s`);
    }
  });
  const bins = new Array(500).fill(0);
  for (const flow of D.flows) for (const t of flow.lostAt) ++bins[Math.min(499, Math.floor(500 * t / END))];
  const most = Math.max(1, ...bins);
  bins.forEach((count, i) => {
    if (count == 0) return;
    const tall = 3 + 11 * count / most, mark = make(strip, "rect", {x: 2 * i, y: 46 - tall, width: 2, height: tall});
    mark.style.fill = "var(--bad)";
    make(mark, "title", {}, `${count} lost`);
  });
  for (const [time, node] of D.events)
    if (node < 0) make(strip, "rect", {x: across(time), y: 0, width: 1.5, height: 32}).style.fill = "var(--c1)";
  make(strip, "rect", {id: "head", y: 0, width: 1.5, height: 46}).style.fill = "var(--ink)";
}

function show(snap = true) {
  drawNodes(snap);
  drawFrames();
  drawFlows();
  drawTables();
  drawEvents();
  $("slider").value = now;
  $("time").textContent = seconds(now) + " s";
  $("head").setAttribute("x", across(now));
}
function seek(t) {
  now = Math.min(Math.max(t, 0), END);
  show();
}
function setPlaying(on) {
  playing = on;
  $("play").textContent = on ? "Pause" : "Play";
  last = performance.now();
  if (on) { if (now >= END) now = 0; requestAnimationFrame(step); }
}
function step(time) {
  if (!playing) return;
  now = Math.min(now + Math.max(time - last, 0) * 1000 * speed(), END);
  last = time;
  show(false);
  if (now >= END) setPlaying(false); else requestAnimationFrame(step);
}
function jump(way) {
  const at = way > 0 ? until(listedTimes, now) : until(listedTimes, now - 1) - 1;
  if (listedTimes[at] !== undefined) seek(listedTimes[at]);
}
function readHash() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const node = D.nodes.findIndex((each) => each.name == wanted.get("node"));
  if (node >= 0) $("node").value = node;
  if (wanted.get("speed")) $("speed").value = wanted.get("speed");
  if (wanted.get("t") !== null && Number.isFinite(Number(wanted.get("t")))) seek(Math.round(Number(wanted.get("t")) * 1e6)); else show();
}

// ---- beginning

document.title = (D.title || D.scenario) + " – ilnp-lab";
$("title").textContent = D.title || D.scenario;
$("about").textContent = `${D.scenario}, seed ${D.seed}` + (D.settings ? `, with ${D.settings}` : "");
if (D.cut !== null) {
  $("cut").hidden = false;
  $("cut").textContent = `This page ends at ${seconds(D.cut)} s of ${seconds(D.run)} s: it holds ${D.limit} octets, the limit (--max-html). ` +
    "The summary is that of the whole run.";
}
$("summary").textContent = D.summary;
D.nodes.forEach((node, i) => make($("node"), "option", {value: i}, node.name));
if (D.flows.length) $("node").value = D.flows[0].from;
const legend = $("legend");
D.flows.slice(0, 6).forEach((flow, i) => {
  make(legend, "b").style.background = colour(i);
  legend.append(D.nodes[flow.from].name + " → " + D.nodes[flow.to].name);
});
make(legend, "b").style.background = "var(--faint)";
legend.append("messages of the network layer; ");
make(legend, "span", {class: "bad"}, "✕");
legend.append(" lost on this way. Below: handoffs (blue), losses (red), what the scenario does (orange).");
$("slider").max = END;
$("speed").value = 1;
listEvents();
drawStrip();
$("slider").addEventListener("input", () => seek(Number($("slider").value)));
$("play").addEventListener("click", () => setPlaying(!playing));
$("back").addEventListener("click", () => jump(-1));
$("next").addEventListener("click", () => jump(1));
$("node").addEventListener("change", () => show());
$("speed").addEventListener("change", () => show());
$("kind").addEventListener("change", () => { listEvents(); show(); });
strip.addEventListener("click", (e) => seek(Math.round(END * e.offsetX / strip.clientWidth)));
window.addEventListener("hashchange", readHash);
document.addEventListener("keydown", (e) => {
  if (["SELECT", "INPUT", "BUTTON"].includes(e.target.tagName)) return;
  if (e.key == " ") { e.preventDefault(); setPlaying(!playing); }
  if (e.key == "ArrowRight") seek(now + 1e5 * speed());
  if (e.key == "ArrowLeft") seek(now - 1e5 * speed());
});
readHash();
