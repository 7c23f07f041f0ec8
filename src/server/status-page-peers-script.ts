/**
 * What the status page shows of the network beyond the fleet: who hosts the peers of one's own nodes, and what was
 * published of it. Goes before the rest of the script, and at load only names things.
 */
export const peersScript = `
const shownHosts = 6, shownCountries = 3;
/** How many peers there are, and what part of them the shares are shares of. */
function peersWords({ peers, nodes, groups }) {
  if (peers === 0) return "Your nodes told of no peer at a public address.";
  const known = groups.find(({ dimension }) => dimension === "provider").known;
  return whole(peers) + (peers === 1 ? " peer" : " peers") + " within a day, told of by " + whole(nodes) + (nodes === 1 ? " node. " : " nodes. ") +
    (known === 0 ? "Of none is it known who hosts it." : known === 1 ? "Of all it is known who hosts them." : "Shares are of the " + percent(known) + " of whom it is known who hosts them.");
}
/** The countries of most peers, where that is known. */
function countryWords({ groups }) {
  const found = groups.find(({ dimension }) => dimension === "jurisdiction");
  if (!found || found.shares.length === 0) return "";
  return "By country: " + found.shares.slice(0, shownCountries).map(({ entity, share }) => entity + " " + percent(share)).join(", ") +
    (found.known < 1 ? ", of the " + percent(found.known) + " of whom it is known" : "") + ".";
}
function publishedWords({ shares, of, source, date }) {
  return "Published: " + shares.map(({ entity, share, is }) => entity + (is ? " " + is : "") + " " + percent(share)).join(", ") +
    " of " + of + " (" + source + ", " + date + ")";
}

function peersNode() {
  return make("div", "", make("h3", "", "The network that your nodes see"), make("p"), make("p", "small quiet"), make("div"), make("ul", "small quiet"));
}
function showPeers(section, { peers }) {
  section.hidden = !peers;
  if (!peers) return;
  if (section.childElementCount === 0) section.append(peersNode());
  const [, words, countries, hosts, published] = section.firstChild.children;
  write(words, peersWords(peers));
  write(countries, countryWords(peers));
  const found = peers.groups.find(({ dimension }) => dimension === "provider")?.shares ?? [];
  keyed(hosts, found.slice(0, shownHosts), ({ entity }) => entity, () => make("div", "entity", make("span"), bar(true)), (node, { entity, share }) => {
    write(node.firstChild, entity);
    node.firstChild.title = entity;
    setBar(node.lastChild, share, false);
  });
  keyed(published, peers.published, ({ id }) => id, () => make("li"), (item, survey) => write(item, publishedWords(survey)));
}
`;
