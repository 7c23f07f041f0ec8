import assert from "node:assert/strict";
import { test } from "node:test";
import { findingText } from "./finding.ts";
import { loadConfig } from "./load.ts";

const env = { KEY: "s3cret" };

function load(text: string) {
  const loaded = loadConfig(text, { file: "x.yaml", env });
  return "problems" in loaded
    ? { config: undefined, lines: loaded.problems.map(findingText) }
    : { config: loaded.config, lines: loaded.warnings.map(findingText) };
}

const two = `
networks:
  ethereum:
    upstreams:
      - { url: http://10.0.0.1:8545, provider: home }
      - { url: "https://eth-mainnet.example.com/v2/\${KEY}" }
`;

const root = `0x${"ab".repeat(32)}`;

/** An evm network with a light client, and a beacon network. */
function lightClient(text: string): string {
  const networks = `a: { lightClient: ${text}, upstreams: [{ url: http://a }] }, beacon: { protocol: beacon, upstreams: [{ url: http://b }] }`;
  return `networks: { ${networks} }`;
}

test("config: a light client that nobody would use is a doubt, and its checkpoint is read in small letters", () => {
  const text = lightClient(`{ network: beacon, checkpoint: "${root.replace("ab", "AB")}" }`);
  const { config, lines } = load(text);
  assert.deepEqual(config?.networks[0]?.lightClient, { network: "beacon", checkpoint: root });
  assert.match(lines.join(), /networks.a.lightClient is not used while verification.mode is off/);
  const used = load(`{ verification: { mode: observe }, ${text} }`);
  assert.doesNotMatch(used.lines.join(), /lightClient/);
});

test("config: two URLs are a configuration, all else has defaults", () => {
  const { config, lines } = load(two);
  assert.deepEqual(lines, []);
  assert.ok(config);
  assert.deepEqual(config.listen, { host: "127.0.0.1", port: 8545 });
  assert.deepEqual(config.admin, { listen: { host: "127.0.0.1", port: 9545 } });
  assert.equal(config.limits.streamAbove, 65_536);
  const [network] = config.networks;
  assert.ok(network);
  assert.deepEqual([network.name, network.protocol, network.default], ["ethereum", "evm", true]);
  assert.equal(network.policies.deadline, 10_000);
  assert.equal(network.health.interval, 1_000);
  assert.deepEqual(
    network.upstreams.map(({ id, url }) => [id, url]),
    [
      ["home-10.0.0.1:8545", "http://10.0.0.1:8545"],
      ["eth-mainnet.example.com", "https://eth-mainnet.example.com/v2/s3cret"],
    ],
  );
});

test("config: it is frozen all the way down", () => {
  const { config } = load(two);
  assert.throws(() => Object.assign(config?.networks[0]?.upstreams[0] ?? {}, { tier: 1 }), TypeError);
});

test("config: upstreams without an id are told apart", () => {
  const { config } = load(`
networks:
  x:
    upstreams:
      - { provider: aws, region: aws/us-east-1, simulated: {} }
      - { provider: aws, region: aws/us-east-1, simulated: {} }
      - { id: aws-us-east-1, simulated: {} }
      - { provider: home, simulated: {} }
simulator: {}`);
  const ids = config?.networks[0]?.upstreams.map(({ id }) => id);
  assert.deepEqual(ids, ["aws-us-east-1-2", "aws-us-east-1-3", "aws-us-east-1", "home"]);
});

test("config: a key in a host name does not become part of an id", () => {
  const { config } = load(
    "networks: { n: { upstreams: [{ url: 'https://a8f5f167f44f4964e6c998dee827110c.example.com' }] } }",
  );
  assert.equal(config?.networks[0]?.upstreams[0]?.id, "upstream");
});

test("config: secrets that do not come from the environment are worth a warning that does not repeat them", () => {
  const { lines } = load(`
admin: { token: hunter2 }
networks:
  n:
    upstreams:
      - url: https://example.com/v2/a8f5f167f44f4964e6c998dee827110c
      - url: https://user:hunter2@example.com
      - url: https://example.com/v2/\${KEY}
        headers: { authorization: "Bearer hunter2", x-api-key: "\${KEY}", accept: application/json }`);
  assert.deepEqual(
    lines.map((line) => line.split(" holds what looks like a secret")[0]),
    [
      "x.yaml:2:17  admin.token",
      "x.yaml:6:14  networks.n.upstreams[0].url",
      "x.yaml:7:14  networks.n.upstreams[1].url",
      "x.yaml:9:35  networks.n.upstreams[2].headers.authorization",
    ],
  );
  assert.doesNotMatch(lines.join(), /hunter2|a8f5/);
});

test("config: one endpoint that stands twice is worth a warning", () => {
  const entry = "{ url: http://a.example.com }";
  const { lines } = load(`networks: { n: { upstreams: [${entry}, ${entry}] } }`);
  assert.deepEqual(lines, [
    "x.yaml:1:68  networks.n.upstreams[1].url is the same as that of upstreams[0]: it counts twice",
  ]);
});

test("config: one id in two networks is worth a warning, as an order for it is for both", () => {
  const entry = "{ id: a, url: http://a.example.com }";
  const { lines } = load(`networks: { n: { upstreams: [${entry}] }, o: { upstreams: [${entry}] } }`);
  assert.deepEqual(lines, [
    "x.yaml:1:94  networks.o.upstreams[0].id is a, and so is one in n: an order for upstream:a is for both",
  ]);
});

test("config: a rule on residency that leaves nobody, or one alone, is worth a warning, as nothing relaxes it", () => {
  const upstreams =
    "[{ url: http://a.example.com, jurisdiction: de }, { url: http://b.example.com, jurisdiction: fr }]";
  const told = (network: string, client = "") => {
    const clients = `clients: { c: { key: "${"$"}{UNSET:-stand-in-0123456}", residency: { ${client} } } }`;
    const { lines } = load(`${clients}\nnetworks: { n: { residency: { ${network} }, upstreams: ${upstreams} } }`);
    return lines.map((line) => line.replace(/^\S+ +/, ""));
  };
  assert.deepEqual(told("", "allow: [de]"), []);
  assert.deepEqual(told("allow: [de, fr]"), []);
  assert.deepEqual(told("deny: [fr]"), [
    "networks.n.residency leaves a single upstream: when it fails, there is nowhere to go",
  ]);
  const nobody = "and every call ends with HTTP 451";
  assert.deepEqual(told("allow: [jp]"), [`networks.n.residency leaves no upstream, ${nobody}: they stand in de, fr`]);
  assert.deepEqual(told("deny: [de]", "deny: [fr]").slice(0, 1), [
    `clients.c.residency leaves no upstream of any network, ${nobody}`,
  ]);
});

test("config: places that the catalogue does not know are worth a warning with the nearest", () => {
  const { lines } = load(`
self: { provider: aws, region: aws/us-esat-1 }
networks:
  n:
    upstreams:
      - { url: https://a.example.com, provider: hetzer }
      - { url: https://b.example.com, provider: our-own }
      - { url: https://c.example.com, provider: our-own, kind: bare_metal }
      - { url: https://d.example.com, provider: gcp, region: gcp/us-central-1 }
      - { url: http://10.0.0.1:8545 }`);
  const expected = [
    /^x.yaml:2:7 {2}self is doubtful: aws\/us-esat-1 is no region of .*; did you mean aws\/us-east-1\?$/,
    /^x.yaml:6:49 {2}networks.n.upstreams\[0\].provider is not in the catalogue of providers: did you mean "hetzner"\?/,
    /^x.yaml:7:49 {2}networks.n.upstreams\[1\].provider is not in the catalogue of providers: say its kind$/,
    /^x.yaml:9:9 {2}networks.n.upstreams\[3\] is doubtful: gcp\/us-central-1 is no region of .*; did you mean gcp\/us-central1\?$/,
    /^x.yaml:10:9 {2}networks.n.upstreams\[4\] is doubtful: 10.0.0.1 is taken to stand with Breakwater itself/,
  ];
  assert.equal(lines.length, expected.length, lines.join("\n"));
  for (const [index, pattern] of expected.entries()) assert.match(lines[index] ?? "", pattern);
});

test("config: a warning shows a value of the environment by its variable", () => {
  const { lines } = load("networks: { n: { upstreams: [{ url: http://a.example.com, region: 'aws/${KEY}' }] } }");
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /aws\/\$\{KEY\} is no region of Amazon/);
});

test("config: home is where Breakwater stands, unless a network says otherwise", () => {
  const { config } = load(`
self: { provider: aws, region: aws/us-east-1 }
networks:
  a: { upstreams: [{ url: http://a }] }
  b: { upstreams: [{ url: http://b }], routing: { home: hetzner/fsn1 }, default: true }`);
  const homes = config?.networks.map(({ routing }) => routing.home);
  assert.deepEqual(homes, ["aws/us-east-1", "hetzner/fsn1"]);
});

test("config: parts that do not go together are refused", () => {
  const network = "networks: { n: { upstreams: [{ url: http://a }] } }";
  const table: [string, string[]][] = [
    [`listen: 127.0.0.1:9545\n${network}`, ["1:1 admin.listen takes the same port as listen"]],
    [
      "listen: 0.0.0.0:8545\nnetworks: { n: { listen: '127.0.0.1:8545', upstreams: [{ url: http://a }] } }",
      ["2:26 networks.n.listen takes the same port as listen"],
    ],
    [
      "networks:\n  a: { default: true, upstreams: [{ url: http://a }] }\n  b: { default: true, upstreams: [{ url: http://b }] }",
      ["3:17 networks.b.default is so already for a: one at most of a protocol"],
    ],
    [
      "networks: { n: { upstreams: [{ id: a, url: http://a }, { id: a, url: http://b }] } }",
      ["1:62 networks.n.upstreams[1].id is the same as that of upstreams[0]"],
    ],
    [
      "networks: { n: { upstreams: [{ simulated: {} }] } }",
      ["1:43 networks.n.upstreams[0].simulated needs a simulator section: no fleet is simulated by half"],
    ],
    [
      "networks: { n: { upstreams: [{ url: http://a, tls: { cert: x.pem } }] } }",
      ["1:52 networks.n.upstreams[0].tls has a cert and no key for it"],
    ],
    ["networks: { n: { upstreams: [{ tier: 1 }] } }", ["1:30 networks.n.upstreams[0].url is missing"]],
    [
      `${network}\nsimulator: {}`,
      ["1:37 networks.n.upstreams[0].url cannot stand in a simulated fleet: use simulated, or drop simulator"],
    ],
    [
      `networks: { a: { lightClient: { network: b, checkpoint: "${root}" }, upstreams: [{ simulated: {} }] }, b: { protocol: beacon, upstreams: [{ simulated: {} }] } }\nsimulator: {}`,
      ["1:31 networks.a.lightClient cannot stand in a simulated fleet: simulated validators sign nothing"],
    ],
    ["networks: {}", ["1:11 networks must have at least 1 entry"]],
    [
      lightClient("{ network: beacn, checkpoint: '0xab' }"),
      ["1:61 networks.a.lightClient.checkpoint must be a block root: 0x and 64 hex digits"],
    ],
    [
      lightClient(`{ network: beacn, checkpoint: "${root}" }`),
      ['1:42 networks.a.lightClient.network is not a network; did you mean "beacon"?'],
    ],
    [
      lightClient(`{ network: a, checkpoint: "${root}" }`),
      ["1:42 networks.a.lightClient.network is not a beacon network"],
    ],
    [
      `networks: { a: { protocol: beacon, lightClient: { network: a, checkpoint: "${root}" }, upstreams: [{ url: http://a }] } }`,
      ["1:49 networks.a.lightClient is for evm networks, not for beacon ones"],
    ],
    [
      "networks: { eth: { upstreams: [{ url: http://a }] } }",
      ["1:13 networks.eth is taken by a path of Breakwater's own; choose another"],
    ],
    [
      "networks: { all: { upstreams: [{ url: http://a }] } }",
      ["1:13 networks.all is what metrics call all networks together; choose another"],
    ],
    [
      "networks: { N_1: { upstreams: [{ url: http://a }] } }",
      ["1:13 networks.N_1 must be a name of at most 40 small letters, digits and -"],
    ],
    [
      `listen: 8545\n${network}`,
      ["1:9 listen must be HOST:PORT such as 127.0.0.1:8545, 0.0.0.0:8545 for all interfaces, or [::1]:8545"],
    ],
    [
      `listen: localhost:99999\n${network}`,
      ["1:9 listen must be HOST:PORT such as 127.0.0.1:8545, 0.0.0.0:8545 for all interfaces, or [::1]:8545"],
    ],
  ];
  for (const [text, expected] of table) {
    const lines = load(text).lines.map((line) => line.replace("x.yaml:", "").replace("  ", " "));
    assert.deepEqual(lines, expected, text);
  }
});

test("config: the first of several networks is the default when none says so", () => {
  const a = "a: { upstreams: [{ url: http://a }] }";
  const b = "b: { upstreams: [{ url: http://b }] }";
  const marked = b.replace("{", "{ default: true,");
  for (const [text, expected] of [
    [`{ ${a}, ${b} }`, "a"],
    [`{ ${a}, ${marked} }`, "b"],
  ]) {
    const { config } = load(`networks: ${text}`);
    assert.deepEqual(
      config?.networks.flatMap((network) => (network.default ? [network.name] : [])),
      [expected],
    );
  }
});

test("config: two clients cannot have one key, and where they may be answered is read", () => {
  const base = "networks:\n  a: { residency: { allow: [de] }, upstreams: [{ url: http://a }] }\n";
  const clients = (second: string) =>
    `${base}clients:\n  x: { key: 0123456789ab }\n  y: { key: ${second}, residency: { deny: [us] } }\n`;
  const same = load(clients("0123456789ab"));
  assert.match(JSON.stringify(same), /clients\.y\.key.*is the same as that of x/);
  const two = load(clients("0123456789cd"));
  assert.ok(two.config);
  assert.deepEqual(two.config.clients["y"]?.residency, { allow: [], deny: ["us"] });
  assert.deepEqual(two.config.networks[0]?.residency, { allow: ["de"], deny: [] });
});
