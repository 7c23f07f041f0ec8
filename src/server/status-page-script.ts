import { failoverScript } from "./status-page-failover-script.ts";
import { glanceScript } from "./status-page-glance-script.ts";
import { lossScript } from "./status-page-loss-script.ts";
import { peersScript } from "./status-page-peers-script.ts";
import { upstreamScript } from "./status-page-upstream-script.ts";
import { validatorsScript } from "./status-page-validators-script.ts";

/**
 * What the status page does: follows /api/stream (or asks for /api/status once a second while there is no stream, less
 * often when the answer takes long; neither while nobody looks) and writes what changed into the page. Texts only ever become text: upstreams cannot put markup
 * into the page.
 */
export const statusPageScript = `${failoverScript}${validatorsScript}${glanceScript}${lossScript}${peersScript}${upstreamScript}
const byId = (id) => document.getElementById(id);
const integer = new Intl.NumberFormat("en");
const whole = (value) => (value === null ? "\\u2013" : integer.format(value));
const percent = (ratio) => (100 * ratio).toFixed(ratio > 0 && ratio < 0.0995 ? 1 : 0) + "%";
const plural = (count, word) => count + " " + word + (count === 1 ? "" : "s");

function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}
function write(node, text, className) {
  if (node.textContent !== text) node.textContent = text;
  if (className !== undefined && node.className !== className) node.className = className;
}

/** Brings the children of a node in line with a list, keeping the nodes of items that stay. */
const known = new WeakMap();
function keyed(parent, items, keyOf, create, update) {
  if (!known.has(parent)) known.set(parent, new Map());
  const nodes = known.get(parent);
  const gone = new Set(nodes.keys());
  let place = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    gone.delete(key);
    if (!nodes.has(key)) nodes.set(key, create(item));
    const node = nodes.get(key);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
    update(node, item);
  }
  for (const key of gone) {
    nodes.get(key).remove();
    nodes.delete(key);
  }
}

const looks = {
  healthy: ["\\u25CF", "good"], ramping: ["\\u25D4", "warn"], suspect: ["\\u25B2", "warn"],
  ejected: ["\\u2715", "bad"], quarantined: ["\\u2715", "bad"], drained: ["\\u25A0", "quiet"],
};
/** The sign and the colour for an upstream: healthy, and yet given nothing, is not well either. */
function lookOf(upstream) {
  return upstream.eligible || upstream.verdict !== "healthy" ? looks[upstream.verdict] : ["\\u25CB", "warn"];
}
const bases = { requests: "requests", capacity: "healthy capacity", configured: "endpoints", stake: "stake" };
function hasBasis(network, name) {
  return network.concentration.some((group) => group.basis === name);
}
const titles = { provider: "Providers", region: "Regions", kind: "Kinds of provider" };
let basis = "requests";

function bar(marksThird) {
  const fill = make("div", "fill");
  return make("div", "share", make("div", marksThird ? "track third" : "track", fill), make("span"));
}
function setBar(node, ratio, warns) {
  const fill = node.firstChild.firstChild;
  fill.style.width = 100 * ratio + "%";
  fill.className = warns && ratio > 1 / 3 ? "fill over" : "fill";
  write(node.lastChild, percent(ratio));
}

function upstreamRow(upstream) {
  const two = (className) => make("td", className, make("span"), make("span", "small quiet"));
  const name = make("th", "", upstreamLink(), make("span", "small quiet"));
  name.scope = "row";
  return make("tr", "", name, two(), two("because"), two("number"), make("td", "number"), make("td", "number"), make("td", "number"), make("td", "", bar(false)));
}
function updateUpstream(row, one, network) {
  const [name, place, verdict, head, latency, flow, inFlight, share] = row.cells;
  setLink(name.firstChild, one.id);
  write(flow, perSecond(flowOf(network.network + " " + one.id, one.answers)));
  write(name.lastChild, one.version || one.client || "");
  name.lastChild.title = name.lastChild.textContent;
  write(place.firstChild, one.provider);
  write(place.lastChild, one.region || "region unknown");
  const [sign, className] = lookOf(one);
  const notes = [one.because];
  if (one.breaker !== "closed") notes.push("breaker " + one.breaker.replace("_", " "));
  if (one.held) notes.push("held off for " + Math.ceil(one.held.forMs / 1000) + " s: " + one.held.because);
  write(verdict.firstChild, sign + " " + one.verdict, "verdict " + className);
  write(verdict.lastChild, notes.join("; "));
  write(head.firstChild, whole(one.head));
  write(head.lastChild, one.lag === null ? "" : one.lag === 0 ? "at the head" : whole(one.lag) + " behind");
  write(latency, one.latencyMs === null ? "\\u2013" : one.latencyMs.toFixed(one.latencyMs < 10 ? 1 : 0) + " ms");
  write(inFlight, whole(one.inFlight));
  setBar(share.firstChild, one.share);
}

function groupNode() {
  return make("section", "group", make("h3"), make("p", "small quiet"), make("div"));
}
function updateGroup(node, group) {
  const [title, figures, entities] = node.children;
  write(title, titles[group.dimension]);
  const found = group.indices;
  write(figures, !found ? "nothing to share out yet"
    : "HHI " + whole(Math.round(found.hhi)) + " \\u00B7 effective " + found.effective.toFixed(1) + " of " + found.entities +
      " \\u00B7 Nakamoto >1/3: " + found.nakamoto.third + ", >1/2: " + found.nakamoto.half + ", \\u22652/3: " + found.nakamoto.twoThirds +
      (group.known < 1 ? " \\u00B7 " + percent(1 - group.known) + " unknown" : ""));
  keyed(entities, group.shares, (share) => share.entity,
    (share) => make("div", "entity", make("span"), bar(true)),
    (entity, share) => {
      write(entity.firstChild, share.entity);
      entity.firstChild.title = share.entity;
      setBar(entity.lastChild, share.share, group.dimension !== "kind");
    });
}

const columns = ["Upstream", "Provider, region", "Verdict", "Head", "Latency", "Calls/s", "In flight", "Share, last hour"];
/** Long tables are cut to those in trouble and the busiest, until all are asked for. */
const mostRows = 40, wholly = new Set();
function rowsOf(network) {
  if (network.upstreams.length <= mostRows || wholly.has(network.network)) return network.upstreams;
  const trouble = (one) => (one.eligible ? (one.verdict === "healthy" ? 0 : 1) : 2);
  return [...network.upstreams].sort((a, b) => trouble(b) - trouble(a) || b.share - a.share).slice(0, mostRows);
}
/** What may be wider than the page scrolls by itself, also by keyboard. */
function scrolls(label, ...children) {
  const node = make("div", "scroll", ...children);
  node.tabIndex = 0;
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", label);
  return node;
}
function networkNode(network, many) {
  const node = make("details", "card");
  node.open = !many || network.isDefault || network.unreadyBecause !== null;
  node.setAttribute("data-network", network.network);
  const heads = columns.map((title, index) => {
    const cell = make("th", index >= 3 && index <= 6 ? "number" : "", title);
    cell.scope = "col";
    return cell;
  });
  const caption = make("summary", "", make("h2", "", network.network), " ", make("span", "quiet"));
  const table = make("table", "", make("caption", "unseen", "Upstreams of " + network.network), make("thead", "", make("tr", "", ...heads)), make("tbody"));
  const choice = make("fieldset", "bases", make("legend", "", "Concentration, as shares of"));
  for (const [name, title] of Object.entries(bases)) {
    if (!hasBasis(network, name)) continue;
    const radio = make("input");
    Object.assign(radio, { type: "radio", name: "basis-" + network.network, value: name });
    radio.addEventListener("change", () => { basis = name; show(last); });
    choice.append(make("label", "", radio, " " + title));
  }
  choice.append(make("span", "small quiet", "The marks are at 1/3, 1/2 and 2/3; alerts fire above the first."));
  node.append(caption, make("dl"), make("section", "duties"), scrolls("Upstreams of " + network.network + ", scrollable", table, make("p", "small")), choice, make("div", "groups"), make("section", "groups losses"), make("section", "groups losses"));
  node.addEventListener("toggle", () => { if (last) show(last); });
  return node;
}
function updateNetwork(node, network) {
  const [caption, facts, duties, scroll, choice, groups, losses, peers] = node.children;
  write(caption.lastChild, network.protocol + (network.chain === null ? "" : " \\u00B7 chain " + network.chain) +
    " \\u00B7 " + (network.unreadyBecause ?? "serving"));
  if (!node.open) return;
  const rate = flowOf("all of " + network.network, network.calls.total);
  const figures = [
    ["Latest", whole(network.head.latest)], ["Safe", whole(network.head.safe)], ["Finalized", whole(network.head.finalized)],
    ["May serve", network.eligible + " of " + network.upstreams.length], ["Calls per second", perSecond(rate)],
    ["Calls since start", whole(network.calls.total)], ["Not served", whole(network.calls.unserved), network.calls.unserved > 0 ? "warn" : ""],
  ];
  keyed(facts, figures, ([title]) => title, ([title]) => make("div", "", make("dt", "", title), make("dd")),
    (fact, [, value, className]) => write(fact.lastChild, value, className ?? ""));
  showValidators(duties, network.validators);
  const rows = rowsOf(network);
  keyed(scroll.firstChild.tBodies[0], rows, (one) => one.id, upstreamRow, (row, one) => updateUpstream(row, one, network));
  const left = network.upstreams.length - rows.length;
  keyed(scroll.lastChild, left > 0 ? [network.network] : [], (name) => name, (name) => {
    const button = make("button", "");
    button.type = "button";
    button.addEventListener("click", () => { wholly.add(name); show(last); });
    return button;
  }, (button) => write(button, "Show " + left + " more, which are well"));
  const shown = hasBasis(network, basis) ? basis : "requests";
  for (const radio of choice.querySelectorAll("input")) radio.checked = radio.value === shown;
  const chosen = ["provider", "region", "kind"].map((name) =>
    network.concentration.find((group) => group.dimension === name && group.basis === shown));
  keyed(groups, chosen, (group) => group.dimension, groupNode, updateGroup);
  showLosses(losses, network);
  showPeers(peers, network);
}

function updateChange(row, change) {
  const [time, upstream, what, because] = row.cells;
  write(time, new Date(change.at).toLocaleTimeString());
  if (!upstream.firstChild) upstream.append(upstreamLink());
  setLink(upstream.firstChild, change.upstream);
  write(what, change.what + ": " + change.from + " \\u2192 " + change.to);
  write(because, change.because);
}

function updateFaults(status) {
  byId("simulated").hidden = !status.simulated;
  if (!status.simulated) return;
  const places = new Map();
  for (const { upstreams } of status.networks) for (const { provider, region } of upstreams) {
    places.set("provider " + provider, { provider });
    if (region) places.set("region " + region, { region });
  }
  keyed(byId("where"), [...places.keys()].sort(), (name) => name, (name) => make("option", "", name), (option, name) => {
    option.value = JSON.stringify(places.get(name));
  });
  keyed(byId("faults"), status.faults ?? [], (fault) => fault.id, (fault) => {
    const heal = make("button", "", "Heal");
    heal.type = "button";
    heal.addEventListener("click", () => change("DELETE", { where: fault.where, fault: fault.fault }));
    return make("li", "", make("span"), heal);
  }, (item, fault) => write(item.firstChild, fault.fault.replaceAll("_", " ") + " at " +
    (Object.entries(fault.where).map((pair) => pair.join(" ")).join(", ") || "every upstream") + ", " +
    plural(fault.affected.length, "upstream") + (fault.endsInMs === null ? ", until healed" : ", " + Math.ceil(fault.endsInMs / 1000) + " s to go")));
}
async function change(method, body) {
  const answer = await fetch("api/simulator/faults", { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  write(byId("problem"), answer.ok ? "" : (await answer.json()).error);
  await look();
}

let last, lastAt;
function show(status) {
  const several = status.networks.length > 8;
  const level = !status.ready ? "bad" : status.unready.length > 0 ||
    status.networks.some((network) => network.eligible < network.upstreams.length) ? "warn" : "good";
  // Read out when things turn, not each time that a figure moves.
  if (byId("summary").className !== level) write(byId("spoken"), status.summary);
  write(byId("summary"), status.summary, level);
  document.title = (level === "good" ? "" : "! ") + "Breakwater";
  const minutes = Math.floor(status.uptimeSeconds / 60);
  write(byId("about"), "version " + status.version + " \\u00B7 up " + (minutes < 120 ? minutes + " min" : Math.floor(minutes / 60) + " h"));
  updateFaults(status);
  showGlance(status);
  showFailover(status);
  showUpstream(status);
  keyed(byId("networks"), status.networks, (network) => network.network, (network) => networkNode(network, several), updateNetwork);
  byId("none").hidden = status.changes.length > 0;
  const keys = new Map();
  keyed(byId("changes"), status.changes, (one) => {
    const key = [one.at, one.upstream, one.what, one.to].join();
    keys.set(key, (keys.get(key) ?? 0) + 1);
    return key + keys.get(key);
  }, () => make("tr", "", make("td", "quiet"), make("td"), make("td"), make("td", "because")), updateChange);
}

async function take(status, at) {
  last = status;
  lastAt = at;
  await lookAtLosses();
  show(status);
  byId("silent").hidden = true;
}
async function look() {
  const began = performance.now();
  try {
    const answer = await fetch("api/status");
    if (!answer.ok) throw new Error((await answer.json()).error);
    await take(await answer.json(), began);
  } catch (error) {
    write(byId("silent"), "Breakwater does not answer (" + error.message + "). What is shown here is from before.");
    byId("silent").hidden = false;
  }
  return performance.now() - began;
}

/** The stream tells what changed; while there is none, the page asks. A fleet too big for it says only that it changed. */
let stream, open = false, changed = false;
function follow() {
  if (document.hidden || stream) return;
  stream = new EventSource("api/stream");
  stream.addEventListener("open", () => { open = true; });
  stream.addEventListener("status", (event) => { void take(JSON.parse(event.data), performance.now()); });
  stream.addEventListener("changed", () => { changed = true; });
  stream.addEventListener("error", () => {
    open = false;
    if (stream.readyState === EventSource.CLOSED) stream = undefined;
  });
}
function rest() {
  stream?.close();
  stream = undefined;
  open = false;
}
let rounds = 0;
async function watch() {
  if (document.hidden) rest();
  // A stream that was refused is asked for again after half a minute.
  else if (rounds++ % 30 === 0) follow();
  const due = !document.hidden && (!last || !open || changed);
  const big = changed;
  changed = false;
  const took = due ? await look() : 0;
  setTimeout(watch, Math.max(big ? 5000 : 1000, 20 * took));
}
document.addEventListener("visibilitychange", follow);
byId("inject").addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = Object.fromEntries(new FormData(event.target));
  change("POST", { where: JSON.parse(chosen.where), fault: chosen.fault, ...(chosen.for && { for: chosen.for }) });
});
startOrders();
watch();
`;
