/**
 * What the status page shows of failure domains: the fleet by provider and region, domains that are not simply in
 * service, orders, and the last decisions. Goes before the rest of the script, and at load only names things.
 */
export const failoverScript = `
"use strict";
const phaseLooks = {
  closed: ["\\u25CF", "good", "in service"], watch: ["\\u25B2", "warn", "watched"], open: ["\\u2715", "bad", "out of service"],
  half_open: ["\\u25D4", "warn", "probed"], ramping: ["\\u25D4", "warn", "coming back"],
};
const shownTiles = 40, shownDots = 24, shownMembers = 6;

/** "region aws/us-east-1" for "region:aws/us-east-1"; domains of two labels are joined by "and". */
function spoken(domain) {
  return domain.split(" & ").map((label) => label.replace(":", " ")).join(" and ");
}
function firstOf(list, most, text) {
  return list.slice(0, most).map(text).join(", ") + (list.length > most ? " and " + (list.length - most) + " more" : "");
}
function stateNotes(domain) {
  const notes = ["for " + domain.for];
  if (domain.hold) notes.push("stays out for " + domain.hold.for);
  if (domain.strikes > 1) notes.push("held " + domain.strikes + " times lately");
  return notes.join("; ");
}
function orderWords(order) {
  const what = order.what === "force" ? "Keep " + spoken(order.target) + " in service, whatever is seen of it"
    : order.share === 0 ? "Drain " + spoken(order.target)
    : "Drain " + spoken(order.target) + " to " + percent(order.share) + " of its usual traffic";
  return what + ", by " + order.by + ", for " + order.for + " more";
}
function decisionDetails(decision) {
  const parts = [];
  if (decision.evidence.length > 0) parts.push("Seen before: " + firstOf(decision.evidence, shownMembers,
    (one) => one.upstream + " " + one.symptom + " (" + one.ago + ")"));
  if (decision.moved.length > 0) parts.push("Load goes to " + firstOf(decision.moved, shownMembers, (one) => one.provider + " " + percent(one.share)));
  if (decision.spared.length > 0) parts.push("Left in service: " + firstOf(decision.spared, shownMembers, (one) => one));
  if (decision.logOdds !== null) parts.push("Log-odds " + decision.logOdds.toFixed(1) +
    (decision.rivals.length > 0 ? ", against " + firstOf(decision.rivals, 3, (one) => spoken(one.subject) + " " + one.logOdds.toFixed(1)) : ""));
  return parts.join(". ");
}

/** Providers with their regions, and in each the upstreams of all networks. Where there are many, those in trouble are first. */
function tilesOf(status) {
  const tiles = new Map();
  for (const { network, upstreams } of status.networks) for (const one of upstreams) {
    if (!tiles.has(one.provider)) tiles.set(one.provider, { provider: one.provider, regions: new Map(), all: 0, serve: 0, well: 0 });
    const tile = tiles.get(one.provider);
    const region = one.region ?? "";
    if (!tile.regions.has(region)) tile.regions.set(region, { region, upstreams: [] });
    tile.regions.get(region).upstreams.push({ ...one, network });
    tile.all++;
    if (one.eligible) tile.serve++;
    if (one.eligible && one.verdict === "healthy") tile.well++;
  }
  const list = [...tiles.values()].sort((a, b) => (a.provider < b.provider ? -1 : 1));
  if (list.length > shownTiles) list.sort((a, b) => a.serve / a.all - b.serve / b.all || a.well / a.all - b.well / b.all);
  return list;
}
function updateTile(node, tile, phases, share) {
  const [title, regions] = node.children;
  const level = tile.serve === 0 ? "bad" : tile.well < tile.all || phases.has("provider:" + tile.provider) ? "warn" : "good";
  if (node.className !== "tile " + level) node.className = "tile " + level;
  write(title.firstChild.firstChild, tile.provider);
  write(title.firstChild.lastChild, share > 0 ? percent(share) : "");
  write(title.lastChild, (tile.serve === tile.all ? "\u25CF " : tile.serve === 0 ? "\u2715 " : "\u25B2 ") + tile.serve + " of " + tile.all + " serve", "small");
  const list = [...tile.regions.values()].sort((a, b) => (a.region < b.region ? -1 : 1));
  keyed(regions, list, (one) => one.region, () => make("div", "place", make("span", "small"), make("span", "dots"), make("span", "small quiet")), (row, one) => {
    const named = one.region.startsWith(tile.provider + "/") ? one.region.slice(tile.provider.length + 1) : one.region;
    write(row.firstChild, named || "region ?", "small " + (phaseLooks[phases.get("region:" + one.region)]?.[1] ?? "quiet"));
    const serve = one.upstreams.filter((upstream) => upstream.eligible).length;
    write(row.lastChild, placeWords(one.upstreams, phases.get("region:" + one.region)));
    const dots = row.children[1];
    if (one.upstreams.length > shownDots) write(dots, serve + " of " + one.upstreams.length);
    else setDots(dots, one.upstreams, (upstream) => upstream.id);
  });
}
/** What flows to a place now, how fast it answers (the middle one), how far behind it is, and what is not as usual. */
function placeWords(upstreams, phase) {
  const flow = upstreams.reduce((sum, one) => sum + (flowOf(one.network + " " + one.id, one.answers) ?? 0), 0);
  const latencies = upstreams.flatMap(({ latencyMs }) => (latencyMs === null ? [] : [latencyMs])).sort((a, b) => a - b);
  const behind = Math.max(...upstreams.map(({ lag }) => lag ?? 0));
  const breakers = upstreams.filter(({ breaker }) => breaker !== "closed").length;
  return [perSecond(flow) + " calls/s", latencies.length > 0 ? Math.round(latencies[latencies.length >> 1]) + " ms" : "", behind > 1 ? whole(behind) + " behind" : "",
    breakers > 0 ? plural(breakers, "breaker") + " open" : "", phase && phase !== "closed" ? phaseLooks[phase][2] : ""].filter(Boolean).join(" \u00B7 ");
}
function setDots(node, upstreams, nameOf) {
  const items = upstreams.slice(0, shownDots).map((one, index) => ({ one, index }));
  keyed(node, items, ({ index }) => index, () => make("span"), (dot, { one }) => {
    const [sign, className] = lookOf(one);
    write(dot, sign, className);
    dot.title = nameOf(one) + ": " + one.verdict;
  });
}

function domainRow() {
  return make("tr", "", make("td", "", make("strong")), make("td", "", make("span"), make("span", "small quiet")), make("td", "", bar(false)),
    make("td", "", make("span", "dots"), make("span", "small quiet")), make("td", "because"));
}
function updateDomain(row, domain, shadow) {
  const [name, state, share, members, because] = row.cells;
  const [sign, className, words] = phaseLooks[domain.phase];
  write(name.firstChild, spoken(domain.domain));
  write(state.firstChild, sign + " " + (shadow ? "would be " : "") + words, "verdict " + className);
  write(state.lastChild, stateNotes(domain));
  setBar(share.firstChild, shadow ? 1 : domain.share);
  setDots(members.firstChild, domain.members, (one) => one.upstream + " of " + one.network);
  const serve = domain.members.filter((one) => one.eligible).length;
  write(members.lastChild, serve + " of " + domain.members.length + " serve" +
    (domain.members.length > shownDots ? "" : ": " + firstOf(domain.members, shownMembers, (one) => one.upstream)));
  write(because, domain.because);
}

function updateDecision(row, decision) {
  const [time, what] = row.cells;
  write(time, new Date(decision.at).toLocaleTimeString());
  const [words, because, details] = what.children;
  write(words, decision.text, decision.shadow ? "quiet" : "");
  write(because, decision.because);
  write(details, decisionDetails(decision));
}

/** An upstream that an order is about: where it can be lifted. */
function memberOf(target, status) {
  const all = status.networks.flatMap(({ upstreams }) => upstreams);
  return all.find((one) => targetsOf(one).some(([, label]) => label === target))?.id;
}
function showFailover(status) {
  const { domains, orders, decisions, shadow } = status.failover;
  const phases = new Map(domains.map((one) => [one.domain, one.phase]));
  const tiles = tilesOf(status);
  const shares = new Map(sharesOf(status).shares.map(({ provider, share }) => [provider, share]));
  keyed(byId("tiles"), tiles.slice(0, shownTiles), (tile) => tile.provider,
    () => make("div", "tile", make("div", "tile-title", make("strong", "", make("span"), make("em")), make("span", "small")), make("div")),
    (node, tile) => updateTile(node, tile, phases, shares.get(tile.provider) ?? 0));
  write(byId("untiled"), tiles.length > shownTiles ? "and " + plural(tiles.length - shownTiles, "provider") + " more" : "");
  byId("domains-scroll").hidden = domains.length === 0;
  keyed(byId("domains").tBodies[0], domains, (one) => one.domain, domainRow, (row, one) => updateDomain(row, one, shadow));
  byId("ordered").hidden = orders.length === 0;
  keyed(byId("orders"), orders, (one) => one.id, () => make("li", "", make("span"), " ", make("a")), (item, order) => {
    write(item.firstChild, orderWords(order));
    const id = memberOf(order.target, status);
    item.lastChild.hidden = id === undefined;
    if (id !== undefined) setLink(item.lastChild, id, "Restore at " + id);
  });
  byId("decided").hidden = decisions.length === 0;
  keyed(byId("decisions"), decisions, (one) => one.id,
    () => make("tr", "", make("td", "quiet"), make("td", "", make("strong"), " \\u00B7 ", make("span"), make("span", "small quiet"))), updateDecision);
}
`;
