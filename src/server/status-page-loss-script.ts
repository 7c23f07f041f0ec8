/**
 * What the status page shows beside shares: what the loss of failure domains would leave of a network, and where its
 * upstreams are hosted by what is declared and by what was seen. Goes before the rest of the script, and at load only
 * names things.
 */
export const lossScript = `
const shownLosses = 8, shownFindings = 6;
/** The worst loss of each dimension, and of two domains at once. */
function lossRows({ now }) {
  const rows = now.dimensions.map(({ dimension, worst, ratio, decides }) => ({ key: dimension, what: spoken(worst), ratio, note: decides ? "" : "told, does not decide" }));
  if (now.two) rows.push({ key: "two", what: now.two.domains.map(spoken).join(", and ") + " at once", ratio: now.two.ratio, note: now.two.exact ? "" : "the worst pair that was found" });
  return rows.sort((a, b) => a.ratio - b.ratio);
}
function lossWords(ratio, measured) {
  if (ratio >= 1) return measured ? ["\\u25CF", "good", "all of what is asked is borne"] : ["\\u25CB", "quiet", "not known: no capacity is declared or measured"];
  return ratio > 0 ? ["\\u2715", "bad", percent(ratio) + (measured ? " of what is asked is borne" : " of the upstreams are left")] : ["\\u2715", "bad", "nothing is served"];
}
/** Declared against observed, in a sentence each. */
function hostingWords({ declared, observed, seen }) {
  const account = ({ hhi, top, topShare }) => "HHI " + whole(Math.round(hhi)) + ", most with " + top + " (" + percent(topShare) + ")";
  if (seen === 0) return "Declared: " + account(declared) + ". The host of no upstream was seen.";
  return "Declared: " + account(declared) + ". Observed: " + account(observed) + ". The host of " + percent(seen) + " of the upstreams was seen.";
}

function lossNode(network) {
  const heads = ["Worst loss", "What is left"].map((title) => { const cell = make("th", "", title); cell.scope = "col"; return cell; });
  const table = make("table", "", make("caption", "unseen", "What a loss would leave of " + network), make("thead", "", make("tr", "", ...heads)), make("tbody"));
  return [make("div", "", make("h3", "", "What a loss would leave"), scrolls("What a loss would leave of " + network + ", scrollable", table)),
    make("div", "", make("h3", "", "Where it is hosted"), make("p"), make("ul"))];
}
function showLosses(section, network) {
  if (section.childElementCount === 0) section.append(...lossNode(network.network));
  const [left, hosted] = section.children;
  const found = survival?.networks.find((one) => one.network === network.network);
  left.hidden = !found || found.now.dimensions.length === 0;
  if (!left.hidden) keyed(left.lastChild.firstChild.tBodies[0], lossRows(found).slice(0, shownLosses), (row) => row.key,
    () => make("tr", "", make("td", "", make("span"), make("span", "small quiet")), make("td", "", make("span"), " ", make("span"))), (row, one) => {
      const [sign, className, words] = lossWords(one.ratio, found.now.measured);
      write(row.cells[0].firstChild, one.what);
      write(row.cells[0].lastChild, one.note);
      write(row.cells[1].firstChild, sign, className);
      write(row.cells[1].lastChild, words);
    });
  hosted.hidden = !network.hosting;
  if (hosted.hidden) return;
  const [, words, list] = hosted.children;
  write(words, hostingWords(network.hosting));
  const wrong = network.hosting.upstreams.filter(({ finding, light }) => finding === "mismatch" || light?.reach === "refuted");
  keyed(list, wrong.slice(0, shownFindings), (one) => one.upstream, () => make("li"), (item, one) => write(item, "\\u25B2 " + one.upstream + ": " + one.text, "warn"));
}
`;
