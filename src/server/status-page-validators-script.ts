/**
 * What the status page shows of validators' nodes: how the fleet stands as one node, and who is asked for which duty. Goes
 * before the rest of the script, and at load only names things.
 */
export const validatorsScript = `
const shownNodes = 40, shownReasons = 2;
const dutyColumns = [["schedule", "Duties"], ["attest", "Attest"], ["aggregate", "Aggregate"], ["propose", "Propose"], ["publish", "Publish"], ["liveness", "Liveness"]];
const fleetStates = {
  ready: ["\\u25CF", "good", "duties can be served"], degraded: ["\\u25B2", "warn", "reads only: nobody can be asked what to sign"],
  down: ["\\u2715", "bad", "no node can serve"], unknown: ["\\u25CB", "quiet", "not known yet"],
};

/** A sentence on how the fleet stands as one node. */
function fleetWords(validators) {
  const { state, quorum, slot, head } = validators;
  const late = slot === null || head === null ? "" : slot - head.slot <= 1 ? ", head at slot " + head.slot : ", head at slot " + head.slot + ", " + (slot - head.slot) + " behind the clock";
  return fleetStates[state][2] + " \\u00B7 " + plural(quorum.voters, "voter") + ", " + quorum.required + " must agree" + late +
    " \\u00B7 " + plural(validators.eventClients, "client") + " of events";
}
/** Why a node is not asked for something: each reason once, with what it is not asked for. */
function reasonsOf(node) {
  const reasons = new Map();
  for (const [duty, { asked, because }] of Object.entries(node.duties)) {
    if (asked) continue;
    const reason = because ?? "health keeps it out of service";
    reasons.set(reason, [...(reasons.get(reason) ?? []), duty]);
  }
  const all = [...reasons].map(([reason, duties]) => (duties.length > 3 ? "" : duties.join(", ") + ": ") + reason);
  return all.slice(0, shownReasons).join("; ") + (all.length > shownReasons ? "; and " + (all.length - shownReasons) + " more" : "");
}
/** What a node was told, in a word. */
function toldWords(node) {
  if (node.trust === "publish_only") return ["\\u2013", "quiet"];
  if (node.memory.behind.length > 0) return ["being told", "warn"];
  if (node.memory.prepared === null) return ["nothing yet", "quiet"];
  return node.memory.prepared ? ["prepared", "good"] : ["not prepared", "bad"];
}
/** Where there are many, those who are not asked for everything are first. */
function shownFirst(nodes) {
  if (nodes.length <= shownNodes) return nodes;
  const unfit = (node) => Object.values(node.duties).filter(({ asked }) => !asked).length;
  return [...nodes].sort((a, b) => unfit(b) - unfit(a)).slice(0, shownNodes);
}

function validatorsNode() {
  const heads = ["Node", ...dutyColumns.map(([, title]) => title), "Head", "Events", "Told", "Why not"].map((title) => {
    const cell = make("th", title === "Head" ? "number" : "", title);
    cell.scope = "col";
    return cell;
  });
  const table = make("table", "", make("caption", "unseen", "Validators' nodes"), make("thead", "", make("tr", "", ...heads)), make("tbody"));
  return [make("h3", "", "Validators"), make("p"), make("p", "bad"), scrolls("Validators' nodes, scrollable", table), make("p", "small quiet")];
}
function nodeRow() {
  const two = (className) => make("td", className, make("span"), make("span", "small quiet"));
  return make("tr", "", two(), ...dutyColumns.map(() => make("td", "verdict")), two("number"), make("td"), make("td"), make("td", "because"));
}
function updateNode(row, one, slot) {
  const cells = [...row.cells];
  write(cells[0].firstChild, one.upstream);
  write(cells[0].lastChild, one.voter + (one.trust === "trusted" ? "" : ", " + one.trust.replace("_", " ")) + (one.primary ? ", the face" : ""));
  cells[0].title = one.primary ? "its version and identity are shown to clients" : "";
  dutyColumns.forEach(([duty], index) => {
    const { asked, because } = one.duties[duty];
    write(cells[index + 1], asked ? "\\u25CF" : "\\u2715", "verdict " + (asked ? "good" : "bad"));
    cells[index + 1].title = duty + (asked ? ": asked" : ": " + (because ?? "out of service"));
  });
  const [head, events, told, why] = cells.slice(dutyColumns.length + 1);
  write(head.firstChild, one.head === null ? "\\u2013" : String(one.head.slot));
  write(head.lastChild, !one.view.onChain ? "off the chain" : slot === null || one.head === null ? "" : slot - one.head.slot <= 1 ? "at the head" : (slot - one.head.slot) + " behind");
  const open = one.events !== null && one.events.open;
  write(events, open ? "\\u25CF open" : "\\u2715 away", "verdict " + (open ? "good" : "bad"));
  events.title = one.events === null || open ? "" : one.events.because ?? "";
  write(told, ...toldWords(one));
  write(why, reasonsOf(one));
}
function showValidators(section, validators) {
  section.hidden = validators === null;
  if (validators === null) return;
  if (section.childElementCount === 0) section.append(...validatorsNode());
  const [, words, alarm, scroll, more] = section.children;
  const [sign, className] = fleetStates[validators.state];
  write(words, sign + " " + fleetWords(validators), className === "good" ? "" : className);
  write(alarm, validators.disagreement === null ? "" : validators.disagreement.text);
  alarm.hidden = validators.disagreement === null;
  keyed(scroll.firstChild.tBodies[0], shownFirst(validators.nodes), (one) => one.upstream, nodeRow, (row, one) => updateNode(row, one, validators.slot));
  write(more, validators.nodes.length > shownNodes ? "and " + plural(validators.nodes.length - shownNodes, "node") + " more; /api/validators has them all" : "");
}
`;
