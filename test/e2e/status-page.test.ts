import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { type Running, run, startBreakwater } from "../support/breakwater.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { missing, openBrowser, openPage } from "./status-page-browser.ts";

/** What the page says, once it says something that matches; fails with what it says instead. */
async function reads(page: Page, role: Parameters<Page["getByRole"]>[0], name: string, expected: RegExp) {
  const node = page.getByRole(role, { name, exact: true });
  return readsIn(node, expected);
}

async function readsIn(node: ReturnType<Page["locator"]>, expected: RegExp): Promise<void> {
  const end = Date.now() + 15_000;
  let text = "";
  while (Date.now() < end) {
    // biome-ignore lint/performance/useDomNodeTextContent: what is hidden is read by nobody.
    text = await node.innerText({ timeout: 500 }).catch((error: Error) => `(${error.message})`);
    if (expected.test(text)) return;
    await node.page().waitForTimeout(100);
  }
  assert.match(text, expected);
}

/**
 * Draws the page for docs/operations.md where the environment names a file:
 * `STATUS_PAGE_PICTURE=docs/images/status-page.png node --test test/e2e/status-page.test.ts`
 */
async function picture(page: Page): Promise<void> {
  const path = process.env["STATUS_PAGE_PICTURE"];
  if (!path) return;
  await page.waitForTimeout(6_000);
  await page.screenshot({ path, animations: "disabled" });
}

describe("status page in a browser", { skip: missing ?? false, timeout: 120_000 }, () => {
  let browser: Browser;
  let proxy: Running;
  let calling = true;
  let asked = 0;

  /** A client that calls now and then, as a fleet without traffic has no shares. */
  async function calls(): Promise<void> {
    while (calling) {
      const address = `0x${(++asked).toString(16).padStart(40, "0")}`;
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_getBalance", params: [address, "latest"] });
      await fetch(proxy.url, { method: "POST", body, headers: { "content-type": "application/json" } })
        .then((answer) => answer.text())
        .catch(() => "");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  let client: Promise<void>;

  before(async () => {
    proxy = await run(["serve", "--config", "config/default.yaml"]);
    client = calls();
    browser = await openBrowser();
  });

  after(async () => {
    calling = false;
    await client;
    await browser?.close();
    await proxy?.stop();
  });

  async function fault(method: "POST" | "DELETE", spec: object): Promise<void> {
    const answer = await fetch(`${proxy.admin}/api/simulator/faults`, { method, body: JSON.stringify(spec) });
    assert.ok(answer.ok, await answer.text());
  }

  test("a healthy fleet: whoever looks reads that it serves and from where, and nothing is asked of other hosts", async () => {
    const { page, troubles } = await openPage(browser, proxy.admin);
    await readsIn(page.locator("#summary"), /^Serving\. 12 upstreams on 8 providers/);
    await reads(page, "region", "Is it serving?", /● ethereum serves, with 12 upstreams/);
    await reads(page, "region", "From where?", /calls\/s\n[\s\S]*aws[\s\S]*%/);
    await reads(page, "region", "What is out?", /nothing/);
    await reads(
      page,
      "region",
      "If the biggest provider dies?",
      /ethereum goes on without aws: the others bear [\d,]+ calls\/s/,
    );
    await reads(
      page,
      "table",
      "What a loss would leave of ethereum",
      /provider aws[\s\S]*● all of what is asked is borne/,
    );
    await readsIn(page.locator("#tiles"), /aws[\s\S]*us-east-1[\s\S]*hetzner/);
    assert.equal(await page.getByRole("alert").filter({ visible: true }).count(), 0);
    assert.equal(await page.getByRole("main").count(), 1);
    assert.equal(await page.getByRole("heading", { level: 1 }).textContent(), "Breakwater");
    assert.deepEqual(troubles, []);
    await page.context().close();
  });

  test("a regional outage: the region and what was done about it are read on top, and its end too", async () => {
    const { page, troubles } = await openPage(browser, proxy.admin, { viewport: { width: 1280, height: 1100 } });
    await fault("POST", { where: { region: "aws/us-east-1" }, fault: "black_hole" });
    await readsIn(page.locator("#summary"), /Out of service: region aws\/us-east-1/);
    await reads(page, "table", "Failure domains that are not simply in service", /region aws\/us-east-1/);
    await reads(page, "region", "What is out?", /aws-1, aws-2, aws-3 ejected: .+/);
    await reads(page, "table", "Last decisions", /taken out of service/);
    await picture(page);
    await fault("DELETE", { where: { region: "aws/us-east-1" } });
    await readsIn(page.locator("#summary"), /^Serving\. (?!.*Out of service)/);
    assert.deepEqual(troubles, []);
    await page.context().close();
  });

  test("the network beyond the fleet: who hosts the peers of one's own nodes is read beside what was published, and stake is a basis", async () => {
    const node = await RawUpstream.start();
    const peers = ["95.216.1.1:30303", "95.216.1.2:30303", "52.94.76.1:30303", "9.9.9.9:30303"];
    node.scripts.set("admin_peers", ({ result }) =>
      result(peers.map((remoteAddress) => ({ network: { remoteAddress } }))),
    );
    const own = await startBreakwater(
      `networks: { ethereum: { upstreams: [{ id: a, url: "${node.url}", provider: ovh, peers: true, stake: 32 }] } }`,
    );
    try {
      const { page, troubles } = await openPage(browser, own.admin);
      const seen = page.locator("section", { hasText: "The network that your nodes see" }).last();
      await readsIn(seen, /4 peers within a day, told of by 1 node\. Shares are of the 75% of whom/);
      await readsIn(seen, /hetzner\s+67%\s+aws\s+33%\s+Published: aws over 50%, hetzner over 15%.*Messari.*2022-08/s);
      await page.getByRole("radio", { name: "stake" }).check();
      await readsIn(page.locator(".group").first(), /HHI 10,000[\s\S]*ovh\s+100%/);
      assert.deepEqual(troubles, []);
      await page.context().close();
    } finally {
      await own.stop();
      node.stop();
    }
  });

  test("a quarantine: who is not on the chain is read, with the reason", async () => {
    const { page, troubles } = await openPage(browser, proxy.admin);
    // Who comes back is asked again which chain it is on.
    await fault("POST", { where: { provider: "ovh" }, fault: "black_hole" });
    await reads(page, "region", "What is out?", /ovh-1 ejected: .+/);
    await fault("POST", { where: { provider: "ovh" }, fault: "wrong_chain" });
    await fault("DELETE", { where: { provider: "ovh" }, fault: "black_hole" });
    await reads(page, "region", "What is out?", /ovh-1 quarantined: .*chain/);
    await reads(page, "table", "Upstreams of ethereum", /ovh-1[\s\S]{0,80}quarantined[\s\S]{0,80}chain/);
    await fault("DELETE", { where: { provider: "ovh" } });
    assert.deepEqual(troubles, []);
    await page.context().close();
  });

  test("the stream: a page that has it asks for nothing else but what would be left, and one without it asks by itself", async () => {
    const { page, troubles } = await openPage(browser, proxy.admin);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await readsIn(page.locator("#summary"), /upstreams/);
    await page.waitForTimeout(500);
    asked.length = 0;
    await fault("POST", { where: { provider: "gcp" }, fault: "black_hole" });
    await reads(page, "region", "What is out?", /gcp-1 ejected/);
    await fault("DELETE", { where: { provider: "gcp" } });
    assert.deepEqual(
      asked.filter((path) => path !== "/api/survivability"),
      [],
    );
    assert.deepEqual(troubles, []);
    await page.route("**/api/stream", (route) => route.abort());
    await page.reload();
    await readsIn(page.locator("#summary"), /upstreams/);
    assert.ok(asked.filter((path) => path === "/api/status").length > 0);
    await page.context().close();
  });

  test("one upstream: who follows its link by keyboard reads where it stands and what was seen of it", async () => {
    const { page, troubles } = await openPage(browser, proxy.admin);
    await page
      .getByRole("table", { name: "Upstreams of ethereum" })
      .getByRole("link", { name: "aws-1", exact: true })
      .focus();
    await page.keyboard.press("Enter");
    await reads(
      page,
      "region",
      "Upstream aws-1",
      /healthy, may serve ethereum[\s\S]*aws\/us-east-1[\s\S]*Evidence[\s\S]*(timeout|no answer)/,
    );
    assert.match(page.url(), /#upstream=aws-1$/);
    assert.equal(await page.evaluate("document.activeElement.textContent"), "Upstream aws-1");
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("region", { name: "Upstream aws-1" }).waitFor({ state: "hidden" });
    assert.deepEqual(troubles, []);
    await page.context().close();
  });

  for (const [width, height] of [
    [360, 740],
    [1920, 1080],
  ] as const) {
    test(`${width} px wide: no part of the page is cut off, tables scroll within themselves`, async () => {
      const { page } = await openPage(browser, proxy.admin, { viewport: { width, height } });
      await readsIn(page.locator("#summary"), /upstreams/);
      await page.getByRole("table", { name: "Upstreams of ethereum" }).waitFor();
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
      await page.context().close();
    });
  }
});

describe("status page before upstreams that are real", { skip: missing ?? false, timeout: 60_000 }, () => {
  const secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
  const token = "a-token-that-nobody-guesses";
  let browser: Browser;
  let chain: Running;
  let proxy: Running;

  before(async () => {
    chain = await run(["serve", "--config", "config/default.yaml"]);
    const url = `${chain.url}/ethereum?key=${secret}`;
    proxy = await startBreakwater(`
admin: { token: ${token} }
networks:
  ethereum:
    chain: 1337
    upstreams:
      - { id: one, url: "${url}", provider: hetzner, region: hetzner/fsn1 }
      - { id: two, url: "${url}&second", provider: ovh, region: ovh/gra }
`);
    browser = await openBrowser();
  });

  after(async () => {
    await browser?.close();
    await proxy?.stop();
    await chain?.stop();
  });

  test("a drain: it needs the token, is told, asks before the last upstream goes, and is undone", async () => {
    const { page, troubles } = await openPage(browser, proxy.admin);
    await page.goto(`${proxy.admin}/#upstream=one`);
    await reads(page, "region", "Upstream one", /healthy, may serve ethereum/);
    const answer = page.locator("#order-answer");
    const button = (name: string) => page.getByRole("button", { name, exact: true });
    await button("Drain").click();
    await readsIn(answer, /^Type the token first/);
    await page.getByLabel("Token").fill(token);
    await button("Drain").click();
    await readsIn(answer, /^Drained: upstream one$/);
    await reads(page, "region", "What is out?", /one drained: .+/);
    await page.goto(`${proxy.admin}/#upstream=two`);
    await reads(page, "region", "Upstream two", /healthy, may serve ethereum/);
    await button("Drain").click();
    await readsIn(answer, /ethereum would have no|nobody else may serve ethereum now/);
    await page.getByLabel("I am sure").check();
    await button("Drain").click();
    await readsIn(answer, /^Drained: upstream two/);
    await reads(page, "region", "Is it serving?", /✕ ethereum does not serve/);
    await button("Restore").click();
    await readsIn(answer, /^Restored: upstream two$/);
    await reads(page, "region", "Is it serving?", /▲ ethereum serves, with 1 of 2 upstreams/);
    const refused = ["401 (Unauthorized)", "409 (Conflict)"];
    assert.equal(troubles.filter((trouble) => !refused.some((one) => trouble.includes(one))).join(), "");
    await page.context().close();
  });

  test("secrets: neither the page nor what it asks for says the key of an upstream or the token", async () => {
    const { page } = await openPage(browser, proxy.admin);
    const bodies: Promise<string>[] = [];
    page.on("response", (response) => {
      if (!response.url().endsWith("/api/stream")) bodies.push(response.text().catch(() => ""));
    });
    await page.goto(`${proxy.admin}/#upstream=one`);
    await reads(page, "region", "Upstream one", /Evidence/);
    bodies.push(page.content());
    const stop = new AbortController();
    const stream = await fetch(`${proxy.admin}/api/stream`, { signal: stop.signal });
    let streamed = "";
    for await (const part of stream.body!.pipeThrough(new TextDecoderStream())) {
      streamed += part;
      if (streamed.includes("event: status")) break;
    }
    stop.abort();
    assert.match(streamed, /^retry: \d+\n\nevent: status\ndata: \{.*"id":"one"/);
    // The page's own stream has no end to wait for.
    await page.goto("about:blank");
    const said = [streamed, ...(await Promise.all(bodies))].join("\n");
    assert.match(said, /"id":"one"/);
    assert.ok(!said.includes(secret) && !said.includes(token));
    await page.context().close();
  });

  test("an end: a page that is open says that what it shows is from before", async () => {
    const { page } = await openPage(browser, proxy.admin);
    await reads(page, "region", "Is it serving?", /ethereum serves/);
    assert.equal(await proxy.stop(), 0);
    await readsIn(page.getByRole("alert").filter({ visible: true }), /^Breakwater does not answer .* from before\.$/);
    await page.context().close();
  });
});

describe("status page of a big fleet", { skip: missing ?? false, timeout: 60_000 }, () => {
  let browser: Browser;
  let proxy: Running;

  before(async () => {
    const entry = (index: number) =>
      `      - { id: node-${index}, provider: p${index % 60}, region: p${index % 60}/r${index % 3}, simulated: {} }\n`;
    const upstreams = Array.from({ length: 300 }, (_, index) => entry(index)).join("");
    proxy = await startBreakwater(`simulator: {}\nnetworks:\n  ethereum:\n    chain: 1\n    upstreams:\n${upstreams}`);
    browser = await openBrowser();
  });

  after(async () => {
    await browser?.close();
    await proxy?.stop();
  });

  test("300 upstreams: those in trouble are first, the rest is there when asked for, and updates stay small", async () => {
    const { page, troubles } = await openPage(browser, proxy.admin);
    const fault = JSON.stringify({ where: { provider: "p59" }, fault: "black_hole" });
    await fetch(`${proxy.admin}/api/simulator/faults`, { method: "POST", body: fault });
    await reads(page, "region", "What is out?", /node-59, node-119, node-179 and 2 more ejected/);
    await readsIn(page.locator("#tiles .tile").first(), /^p59/);
    assert.equal(await page.locator("#tiles .tile").count(), 40);
    const table = page.getByRole("table", { name: "Upstreams of ethereum" });
    assert.equal(await table.getByRole("row").count(), 41);
    await readsIn(table.getByRole("row").nth(1), /ejected/);
    await page.getByRole("button", { name: /^Show 260 more/ }).click();
    assert.equal(await table.getByRole("row").count(), 301);
    const stop = new AbortController();
    const stream = await fetch(`${proxy.admin}/api/stream`, { signal: stop.signal });
    let streamed = "";
    for await (const part of stream.body!.pipeThrough(new TextDecoderStream())) {
      streamed += part;
      if (streamed.includes("event: ")) break;
    }
    stop.abort();
    assert.match(streamed, /^retry: \d+\n\nevent: changed\ndata: "Serving/);
    assert.deepEqual(troubles, []);
    await page.context().close();
  });
});
