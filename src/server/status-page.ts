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
<p id="summary">Asking how things are</p>
<p id="spoken" class="unseen" role="status"></p>
<p id="silent" class="notice bad" role="alert" hidden></p>
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
<h2 id="fleet">Failure domains</h2>
<div id="tiles"></div><p id="untiled" class="small quiet"></p>
<div class="scroll"><table id="domains" hidden><thead><tr><th scope="col">Domain</th><th scope="col">State</th><th scope="col">Of its usual traffic</th><th scope="col">Members</th><th scope="col">Why</th></tr></thead><tbody></tbody></table></div>
<div id="ordered" hidden><h3>Orders in force</h3><ul id="orders"></ul></div>
<div id="decided" hidden><h3>Last decisions</h3><div class="scroll"><table><tbody id="decisions"></tbody></table></div></div>
</section>
<main id="networks"></main>
<section class="card" aria-labelledby="recent">
<h2 id="recent">Recent changes</h2>
<p id="none" class="quiet">No upstream has changed since the start.</p>
<div class="scroll"><table><tbody id="changes"></tbody></table></div>
</section>
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
