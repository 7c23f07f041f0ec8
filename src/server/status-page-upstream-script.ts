/**
 * One upstream in full on the status page, under the address \`#upstream=ID\`, and orders: what is drained and restored
 * with the token, which stays in this tab. Goes before the rest of the script, and at load only names things.
 */
export const upstreamScript = `
const tokenName = "breakwater-token";
function chosenUpstream() {
  const found = /^#upstream=(.+)$/.exec(location.hash);
  if (!found) return null;
  try { return decodeURIComponent(found[1]); } catch { return found[1]; }
}
function upstreamLink(className) {
  return make("a", className ?? "");
}
function setLink(link, id, words) {
  write(link, words ?? id);
  const to = "#upstream=" + encodeURIComponent(id);
  if (link.getAttribute("href") !== to) link.setAttribute("href", to);
}
/** All that is known of one upstream, as pairs of a title and a text. */
function upstreamFacts(one, flow, hosted) {
  const known = (value) => value ?? "not known";
  const label = (dimension, words) => one[dimension] === null ? "not known" : (words ?? one[dimension]) + ", " + (one.sources[dimension] ?? "declared");
  return [
    ["Provider", label("provider", one.provider + " (" + one.kind.replace("_", " ") + ")")], ["Region", label("region")], ["Network of the host", label("asn", "AS " + one.asn)],
    ["CDN in front", one.edge === null ? "none known" : label("edge")], ...(hosted ? [["By its addresses", hosted]] : []), ["Jurisdiction", known(one.jurisdiction)], ["Operator", known(one.operator)], ["Client", one.client === null ? known(one.version) : label("client", one.version)],
    ["Head", one.head === null ? "not known" : whole(one.head) + (one.lag ? ", " + whole(one.lag) + " behind" : one.lag === 0 ? ", at the head" : "")],
    ["Finalized", whole(one.finalized)], ["Latency", one.latencyMs === null ? "not known" : one.latencyMs + " ms"],
    ["Calls per second", perSecond(flow)], ["In flight", whole(one.inFlight)], ["Answers since start", whole(one.answers)],
    ["Share, last hour", percent(one.share)], ["Breaker", one.breaker.replace("_", " ")],
    ["Held off", one.held ? "for " + Math.ceil(one.held.forMs / 1000) + " s: " + one.held.because : "no"],
  ];
}
/** What may be ordered for an upstream: itself, where it stands, who hosts it. */
function targetsOf(one) {
  return [["this upstream", "upstream:" + one.id], ...(one.region ? [["all of region " + one.region, "region:" + one.region]] : []), ["all of provider " + one.provider, "provider:" + one.provider]];
}
/** The last checks of answers that it failed, the newest first; the whole records are told by /api/evidence. */
const vouchers = { light_client: ". A light client vouches for the block", two_upstreams: ". Two independent upstreams vouch for the block" };
function evidenceRows(records) {
  const short = (text) => (text.length > 120 ? text.slice(0, 120) + "\u2026" : text);
  return [...records].sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, 20).map(({ at, check, finding, because, request, header }) => ({ at,
    text: "answer checked by " + check + ", " + finding + ": " + because + ". It was asked " + request.method + " " + short(request.params) + (vouchers[header?.by] ?? "") }));
}
let evidenceOf = null, evidence = [], focused = null;
async function lookAtEvidence(id, status) {
  if (evidenceOf === id || status.verification === null) return;
  evidenceOf = id;
  evidence = [];
  const answer = await fetch("api/evidence?as=json&upstream=" + encodeURIComponent(id));
  if (answer.ok && evidenceOf === id) evidence = (await answer.json()).evidence;
  showUpstream(last);
}
function showUpstream(status) {
  const id = chosenUpstream(), section = byId("upstream");
  const network = status.networks.find(({ upstreams }) => upstreams.some((one) => one.id === id));
  section.hidden = id === null;
  if (id === null) { focused = null; evidenceOf = null; return; }
  write(byId("upstream-name"), "Upstream " + id);
  if (focused !== id) {
    focused = id;
    section.scrollIntoView();
    byId("upstream-name").focus();
    clearOrder();
  }
  byId("upstream-known").hidden = !network;
  if (!network) { write(byId("upstream-state"), "There is no upstream of this name."); return; }
  const one = network.upstreams.find((upstream) => upstream.id === id);
  const [sign, className] = lookOf(one);
  write(byId("upstream-state"), sign + " " + one.verdict + (one.eligible ? ", may serve " : ", may not serve ") + network.network + ": " + one.because, className);
  keyed(byId("upstream-facts"), upstreamFacts(one, flowOf(network.network + " " + one.id, one.answers), network.hosting?.upstreams.find(({ upstream }) => upstream === id)?.text), ([title]) => title, ([title]) => make("div", "", make("dt", "", title), make("dd")),
    (fact, [, value]) => write(fact.lastChild, value));
  const changes = status.changes.filter(({ upstream }) => upstream === id).map((change) => ({ at: change.at, text: change.what + ": " + change.from + " \\u2192 " + change.to + ", " + change.because }));
  const decided = status.failover.decisions.flatMap((decision) => decision.evidence.filter(({ upstream }) => upstream === id)
    .map(({ symptom, ago }) => ({ at: decision.at, text: symptom + ", " + ago + " before: " + decision.text })));
  const shown = evidenceRows(evidence);
  const rows = [...shown, ...decided, ...changes].map((row, index) => ({ ...row, key: index + row.text }));
  write(byId("upstream-none"), rows.length > 0 ? "" : "Nothing has happened to it since the start" + (status.verification === null ? "; its answers are not checked." : "."));
  keyed(byId("upstream-evidence"), rows, (row) => row.key, () => make("li", "because", make("span", "quiet"), " ", make("span")), (item, row) => {
    write(item.firstChild, row.at ? new Date(row.at).toLocaleTimeString() : "");
    write(item.lastChild, row.text);
  });
  keyed(byId("order-target"), targetsOf(one), ([, target]) => target, ([, target]) => { const option = make("option"); option.value = target; return option; },
    (option, [words]) => write(option, words));
  void lookAtEvidence(id, status);
}

function clearOrder() {
  write(byId("order-answer"), "");
  byId("order-confirm").hidden = true;
  byId("order-sure").checked = false;
}
/** Gives or lifts an order; asks for the token when there is none or it is wrong, and whether one is sure when the last would go. */
async function orderNow(method, body) {
  const typed = byId("order-token").value;
  if (typed) sessionStorage.setItem(tokenName, typed);
  const token = sessionStorage.getItem(tokenName);
  const headers = { "content-type": "application/json", ...(token && { authorization: "Bearer " + token }) };
  const answer = await fetch("api/failover/orders", { method, headers, body: JSON.stringify(body) });
  const said = await answer.json();
  if (answer.status === 401) sessionStorage.removeItem(tokenName);
  byId("order-token").value = "";
  byId("order-confirm").hidden = answer.status !== 409;
  if (answer.status !== 409) byId("order-sure").checked = false;
  const words = answer.status === 401 ? (token ? "The token is wrong." : "Type the token first: admin.token of the configuration.")
    : answer.status === 409 ? said.error.replace(/\\. To drain.*/, "") + ". If you are sure, say so and drain again."
    : !answer.ok ? said.error : method === "DELETE" ? "Restored: " + spoken(body.target) : "Drained: " + spoken(body.target) + (said.warning ? ". " + said.warning : "");
  write(byId("order-answer"), words, answer.ok ? "good" : "bad");
  await look();
}
function startOrders() {
  byId("order").addEventListener("submit", (event) => {
    event.preventDefault();
    const target = byId("order-target").value;
    if (event.submitter?.value === "restore") void orderNow("DELETE", { target, by: "the status page" });
    else void orderNow("POST", { target, what: "drain", for: byId("order-for").value, by: "the status page", confirm: byId("order-sure").checked });
  });
  byId("order-target").addEventListener("change", clearOrder);
  byId("upstream-close").addEventListener("click", () => { location.hash = ""; });
  addEventListener("hashchange", () => { if (last) show(last); });
}
`;
