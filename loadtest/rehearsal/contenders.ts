import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { breakwaterCommand } from "./breakwater.ts";
import type { Fleet, Place } from "./fleet.ts";

/** What a contender is given to start with. */
export interface Setting {
  readonly fleet: Fleet;
  /** Where it must listen on 127.0.0.1. */
  readonly port: number;
  /** For its configuration files. */
  readonly folder: string;
}

/** One proxy in front of the fleet. */
export interface Contender {
  readonly name: string;
  /** How it is set up, in a few words. */
  readonly about: string;
  /** Its version; `undefined` where it is not installed. */
  version(): string | undefined;
  /** The command that runs it until SIGTERM. */
  command(setting: Setting): readonly string[];
}

/** What contenders are started with: Debian keeps nginx and haproxy where only root's PATH leads. */
export const contenderEnv = { ...process.env, PATH: `${process.env["PATH"]}${delimiter}/usr/sbin` };

const breakwater: Contender = {
  name: "breakwater",
  about: "as it comes",
  version: () => packageOf(new URL("../../package.json", import.meta.url)).version,
  command({ fleet, port, folder }) {
    const { network, chain, home, places } = fleet;
    const upstreams = places.map((place) => ({ ...place.config, url: `http://${address(place)}` }));
    const document = { self: { region: home }, networks: { [network]: { chain, upstreams } } };
    const file = join(folder, "breakwater.yaml");
    writeFileSync(file, JSON.stringify(document));
    return breakwaterCommand(file, port);
  },
};

/**
 * Near servers first, the others only while none of the near ones is up: the same preference as Breakwater's. Probes ask
 * for the head each second, five times as often when in doubt; five bad answers in a row take a server out at once; what
 * failed or took more than two seconds is sent up to three times more, to another server.
 */
const haproxy: Contender = {
  name: "haproxy",
  about: "JSON-RPC checks every second, errors of traffic observed, 3 retries with redispatch, far servers as backups",
  version: () => /version (\S+)/.exec(printed("haproxy", "-v"))?.[1],
  command({ fleet, port, folder }) {
    const file = join(folder, "haproxy.cfg");
    const probe = '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}'.replaceAll('"', '\\"');
    const servers = fleet.places.map(
      (place) => `  server ${place.config.id} ${address(place)}${isNear(place, fleet) ? "" : " backup"}`,
    );
    writeFileSync(
      file,
      `global
  maxconn 4000
defaults
  mode http
  option http-keep-alive
  option http-buffer-request
  http-reuse safe
  timeout connect 1s
  timeout queue 2s
  timeout client 30s
  timeout server 2s
  timeout check 500ms
  retries 3
  retry-on all-retryable-errors
  option redispatch 1
frontend public
  bind 127.0.0.1:${port}
  default_backend nodes
backend nodes
  balance leastconn
  option allbackups
  option httpchk
  http-check send meth POST uri / ver HTTP/1.1 hdr host node hdr content-type application/json body "${probe}"
  http-check expect rstring 0x
  default-server check inter 1s fastinter 200ms downinter 1s fall 2 rise 2 observe layer7 error-limit 5 on-error mark-down
${servers.join("\n")}
`,
    );
    return ["haproxy", "-db", "-f", file];
  },
};

/**
 * Passive checks only, as nginx has no others: three failures within ten seconds take a server out for ten. What failed or
 * took more than two seconds goes to the next server, to four in all.
 */
const nginx: Contender = {
  name: "nginx",
  about:
    "proxy_next_upstream on errors, time-outs, 5xx and 429, also for POST; max_fails=3 fail_timeout=10s, far servers as backups",
  version: () => /nginx\/(\S+)/.exec(printed("nginx", "-v"))?.[1],
  command({ fleet, port, folder }) {
    const file = join(folder, "nginx.conf");
    const servers = fleet.places.map(
      (place) => `    server ${address(place)} max_fails=3 fail_timeout=10s${isNear(place, fleet) ? "" : " backup"};`,
    );
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (one) => `  ${one}_temp_path ${folder};`,
    );
    writeFileSync(
      file,
      `daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
${temporary.join("\n")}
  upstream nodes {
    least_conn;
${servers.join("\n")}
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://nodes;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_connect_timeout 1s;
      proxy_send_timeout 2s;
      proxy_read_timeout 2s;
      proxy_next_upstream error timeout invalid_header http_500 http_502 http_503 http_504 http_429 non_idempotent;
      proxy_next_upstream_tries 4;
    }
  }
}
`,
    );
    return ["nginx", "-c", file, "-p", folder];
  },
};

const relay = fileURLToPath(new URL("relay.ts", import.meta.url));

const httpProxy: Contender = {
  name: "http-proxy",
  about:
    "@fastify/http-proxy, near upstreams in rotation, 3 retries over the others after an error, 5xx, 429 or two seconds",
  version: () => packageOf(new URL("../../node_modules/@fastify/http-proxy/package.json", import.meta.url)).version,
  command({ fleet, port }) {
    const near = fleet.places.filter((place) => isNear(place, fleet));
    const far = fleet.places.filter((place) => !isNear(place, fleet));
    const urls = (places: readonly Place[]) => places.map((place) => `http://${address(place)}`).join(",");
    return [process.execPath, relay, String(port), urls(near), urls(far)];
  },
};

/** All contenders, in the order of the table. */
export const contenders: readonly Contender[] = [breakwater, haproxy, nginx, httpProxy];

function address({ port }: Place): string {
  return `127.0.0.1:${port}`;
}

/** Does an upstream stand where the proxy stands? Where the proxy stands nowhere, all are near. */
function isNear({ config }: Place, { home }: Fleet): boolean {
  return home === undefined || config.region === home;
}

function printed(program: string, argument: string): string {
  const { stdout, stderr } = spawnSync(program, [argument], { encoding: "utf8", env: contenderEnv });
  return `${stdout ?? ""}${stderr ?? ""}`;
}

function packageOf(file: URL): { readonly version: string } {
  return JSON.parse(readFileSync(file, "utf8"));
}
