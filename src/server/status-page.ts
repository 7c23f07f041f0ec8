import { createHash } from "node:crypto";
import { statusPageScript } from "./status-page-script.ts";
import { statusPageStyle } from "./status-page-style.ts";

const faults = [
  "black_hole",
  "errors",
  "brown_out",
  "slow",
  "rate_limited",
  "stale_head",
  "reset",
  "html_200",
  "wrong_answer",
];

const beaconFaults = [
  "syncing",
  "optimistic",
  "el_offline",
  "forked",
  "slow_proposals",
  "lost_preparation",
  "sse_death",
];

function options(kinds: readonly string[]): string {
  return kinds.map((fault) => `<option value="${fault}">${fault.replaceAll("_", " ")}</option>`).join("");
}

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Breakwater</title>
<style>${statusPageStyle}</style>
</head>
<body>
<header><h1>Breakwater</h1><span id="about" class="quiet"></span></header>
<main>
<p id="summary">Asking how things are</p>
<p id="spoken" class="unseen" role="status"></p>
<p id="silent" class="notice bad" role="alert" hidden></p>
<section class="card" aria-label="At a glance" id="glance">
<section aria-labelledby="serving-title"><h2 id="serving-title">Is it serving?</h2><ul id="serving"></ul><p class="small quiet"></p></section>
<section aria-labelledby="from-title"><h2 id="from-title">From where?</h2> <span id="from-what" class="small quiet"></span><ul id="from"></ul><p class="small quiet"></p></section>
<section aria-labelledby="out-title"><h2 id="out-title">What is out?</h2><ul id="out"></ul><p class="small quiet"></p></section>
<section aria-labelledby="loss-title"><h2 id="loss-title">If the biggest provider dies?</h2><ul id="loss"></ul><p class="small quiet"></p></section>
</section>
<section class="card" id="upstream" aria-labelledby="upstream-name" hidden>
<div class="title"><h2 id="upstream-name" tabindex="-1"></h2><button id="upstream-close" type="button">Close</button></div>
<p id="upstream-state" class="verdict"></p>
<div id="upstream-known">
<dl id="upstream-facts"></dl>
<h3>Evidence</h3><p id="upstream-none" class="quiet"></p><ul id="upstream-evidence"></ul>
<h3>Drain and restore</h3>
<form id="order">
<label>What <select id="order-target"></select></label>
<label>How long <select id="order-for"><option value="15m">15 min</option><option value="1h" selected>1 h</option><option value="8h">8 h</option></select></label>
<label>Token <input id="order-token" type="password" autocomplete="off" placeholder="kept in this tab only"></label>
<label id="order-confirm" hidden><input id="order-sure" type="checkbox"> I am sure</label>
<button value="drain">Drain</button> <button value="restore">Restore</button>
<p id="order-answer" role="status"></p>
</form>
</div>
</section>
<section id="simulated" class="notice" aria-label="Simulated fleet" hidden>
<p><strong>Simulated.</strong> No upstream on this page is real, and no figure is about a real chain. Break something:</p>
<form id="inject">
<label>Where <select id="where" name="where"></select></label>
<label>What <select name="fault">${options(faults)}<optgroup label="of beacon nodes">${options(beaconFaults)}</optgroup></select></label>
<label>How long <select name="for"><option value="30s">30 s</option><option value="2m">2 min</option><option value="">until healed</option></select></label>
<button>Inject</button><span id="problem" class="bad" role="alert"></span>
</form>
<ul id="faults"></ul>
</section>
<section class="card" aria-labelledby="fleet">
<h2 id="fleet">The fleet by provider and region</h2>
<div id="tiles"></div><p id="untiled" class="small quiet"></p>
<div class="scroll" tabindex="0" role="group" aria-label="Failure domains, scrollable" id="domains-scroll" hidden><table id="domains"><caption class="unseen">Failure domains that are not simply in service</caption><thead><tr><th scope="col">Domain</th><th scope="col">State</th><th scope="col">Of its usual traffic</th><th scope="col">Members</th><th scope="col">Why</th></tr></thead><tbody></tbody></table></div>
<div id="ordered" hidden><h3>Orders in force</h3><ul id="orders"></ul></div>
<div id="decided" hidden><h3>Last decisions</h3><div class="scroll" tabindex="0" role="group" aria-label="Last decisions, scrollable"><table><caption class="unseen">Last decisions</caption><thead class="unseen"><tr><th scope="col">When</th><th scope="col">What and why</th></tr></thead><tbody id="decisions"></tbody></table></div></div>
</section>
<div id="networks"></div>
<section class="card" aria-labelledby="recent">
<h2 id="recent">Recent changes</h2>
<p id="none" class="quiet">No upstream has changed since the start.</p>
<div class="scroll" tabindex="0" role="group" aria-label="Recent changes, scrollable"><table><caption class="unseen">Recent changes</caption><thead class="unseen"><tr><th scope="col">When</th><th scope="col">Upstream</th><th scope="col">What</th><th scope="col">Why</th></tr></thead><tbody id="changes"></tbody></table></div>
</section>
</main>
<noscript>This page needs JavaScript; /api/status says the same as JSON.</noscript>
<script>${statusPageScript}</script>
</body>
</html>
`;

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/**
 * The page for people: one document that needs nothing else, and the headers that hold the browser to it. It may run
 * its own script and ask its own server, and nothing besides.
 */
export const statusPage = {
  html,
  headers: {
    "content-security-policy": [
      "default-src 'none'",
      `script-src ${hashOf(statusPageScript)}`,
      `style-src ${hashOf(statusPageStyle)}`,
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
  },
};
