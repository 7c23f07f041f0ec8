/**
 * The top of the status page, for whoever looks for three seconds: is it serving, from where, what is out and why, and
 * what if the biggest provider dies. Goes before the rest of the script, and at load only names things.
 */
export const glanceScript = `
const shownLines = 6;
const flows = new Map();
/** Calls per second of something that only counts up, over the last few answers; null until there are two of them. */
function flowOf(key, total) {
  const seen = flows.get(key) ?? [];
  flows.set(key, seen);
  if (seen.at(-1)?.at !== lastAt) seen.push({ at: lastAt, total });
  if (seen.length > 6) seen.shift();
  const ms = lastAt - seen[0].at;
  return ms > 0 ? Math.max(0, 1000 * (total - seen[0].total) / ms) : null;
}
const perSecond = (flow) => (flow === null ? "\\u2013" : flow.toFixed(flow < 100 ? 1 : 0));

/** Networks in a line each; those that do not serve are first. */
function servingLines(status) {
  const lines = status.networks.map((network) => {
    const all = network.upstreams.length, bad = network.unreadyBecause !== null, some = network.eligible < all;
    return { key: network.network, order: bad ? 0 : some ? 1 : 2, sign: bad ? "\\u2715" : some ? "\\u25B2" : "\\u25CF", className: bad ? "bad" : some ? "warn" : "good",
      text: bad ? network.network + " does not serve: " + network.unreadyBecause : network.network + " serves, with " + (some ? network.eligible + " of " : "") + plural(all, "upstream") };
  });
  return lines.sort((a, b) => a.order - b.order);
}
/** What each provider answers now, of all that is answered; of the last hour while nothing is asked. */
function sharesOf(status) {
  const sums = new Map();
  let now = 0, hour = 0;
  for (const network of status.networks) for (const one of network.upstreams) {
    const sum = sums.get(one.provider) ?? { now: 0, hour: 0 };
    const calls = flowOf(network.network + " " + one.id, one.answers) ?? 0;
    sum.now += calls; sum.hour += one.served; now += calls; hour += one.served;
    sums.set(one.provider, sum);
  }
  const basis = now > 0 ? "now" : "hour", all = now > 0 ? now : hour;
  const shares = [...sums].map(([provider, sum]) => ({ provider, share: all > 0 ? sum[basis] / all : 0, flow: sum.now }));
  return { basis: all > 0 ? basis : "none", all: now, shares: shares.filter(({ share }) => share > 0).sort((a, b) => b.share - a.share) };
}
/** What is not in full service, the worst first: each upstream and why; many for one reason are one line. */
function outLines(status) {
  const rank = { quarantined: 0, ejected: 1, drained: 2, suspect: 3, ramping: 4, healthy: 5 };
  const groups = new Map();
  for (const { network, upstreams } of status.networks) for (const one of upstreams) {
    if (one.eligible && (one.verdict === "healthy" || one.verdict === "ramping")) continue;
    const because = one.verdict === "healthy" ? one.held?.because ?? (one.breaker === "closed" ? "out of service" : "breaker " + one.breaker.replace("_", " ")) : one.because;
    const key = [one.verdict, one.provider, because].join();
    if (!groups.has(key)) groups.set(key, { key, verdict: one.verdict, because, look: lookOf(one), ids: [], network });
    groups.get(key).ids.push(one.id);
  }
  return [...groups.values()].sort((a, b) => rank[a.verdict] - rank[b.verdict])
    .map(({ key, verdict, because, look, ids }) => ({ key, sign: look[0], className: look[1], ids,
      text: firstOf(ids, 3, (id) => id) + (verdict === "healthy" ? " given nothing: " : " " + verdict + ": ") + because }));
}
/** A network's loss of its most needed provider, in a sentence. */
function lossLine({ network, now }) {
  const worst = now.dimensions.find(({ dimension }) => dimension === "provider");
  if (!worst) return { key: network, order: 1, sign: "\\u25CB", className: "quiet", text: network + ": no provider to lose" };
  const name = worst.worst.replace("provider:", ""), loss = now.domains.find(({ domain }) => domain === worst.worst);
  const survives = loss ? loss.survives : worst.ratio >= 1;
  if (!now.measured && survives) return { key: network, order: 1, sign: "\\u25CB", className: "quiet", text: network + " without " + name + ": not known, no capacity is declared or measured" };
  if (survives) return { key: network, order: 2, sign: "\\u25CF", className: "good", text: network + " goes on without " + name + (loss ? ": the others bear " + whole(Math.round(loss.remaining)) + " calls/s, asked are " + perSecond(now.demand) : "") };
  return { key: network, order: 0, sign: "\\u2715", className: "bad", text: network + " without " + name + (worst.ratio > 0 ? " bears only " + percent(worst.ratio) + " of its load" : " serves nothing") };
}
/** The same for all networks, the worst first; where many go on, that is one line. */
function lossLines(networks) {
  const all = networks.map(lossLine).sort((a, b) => a.order - b.order);
  const good = all.filter(({ className }) => className === "good");
  if (good.length < 3) return all;
  const words = (all.length > good.length ? "the other " : "all ") + good.length + " networks go on without the provider that each needs most";
  return [...all.filter(({ className }) => className !== "good"), { key: "others", sign: good[0].sign, className: "good", text: words }];
}

function lines(list, items, most) {
  keyed(list, items.slice(0, most), (one) => one.key, () => make("li", "", make("span"), " ", make("span")), (item, one) => {
    write(item.firstChild, one.sign, one.className);
    write(item.lastChild, one.text);
  });
  const more = list.nextElementSibling;
  write(more, items.length > most ? "and " + (items.length - most) + " more" : "");
}
function showGlance(status) {
  lines(byId("serving"), servingLines(status), shownLines);
  const { basis, all, shares } = sharesOf(status);
  write(byId("from-what"), basis === "now" ? perSecond(all) + " calls/s" : basis === "hour" ? "nothing now; the last hour" : "nothing yet");
  keyed(byId("from"), shares.slice(0, shownLines), (one) => one.provider, () => make("li", "entity", make("span"), bar(true)), (item, one) => {
    write(item.firstChild, one.provider);
    setBar(item.lastChild, one.share, true);
  });
  write(byId("from").nextElementSibling, shares.length > shownLines ? "and " + plural(shares.length - shownLines, "provider") + " more, " +
    percent(shares.slice(shownLines).reduce((sum, { share }) => sum + share, 0)) + " together" : "");
  const out = outLines(status);
  lines(byId("out"), out.length > 0 ? out : [{ key: "", sign: "\\u25CF", className: "good", text: "nothing" }], shownLines);
  if (survival) lines(byId("loss"), lossLines(survival.networks), shownLines);
}

/** What would be left is worked out for all pairs of domains: asked for seldom. */
let survival, survivalAt = 0;
async function lookAtLosses() {
  if (survival && performance.now() - survivalAt < 5000) return;
  survivalAt = performance.now();
  const answer = await fetch("api/survivability");
  if (answer.ok) survival = await answer.json();
}
`;
