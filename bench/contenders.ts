import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Backend } from "./backend.ts";

/** What a contender is given to start with. */
interface Setting {
  readonly backend: Backend;
  /** Where it must listen on 127.0.0.1. */
  readonly port: number;
  /** A second free port, for an admin listener. */
  readonly adminPort: number;
  /** For its configuration files. */
  readonly folder: string;
}

/** One way to get a call from the client to the upstream. */
export interface Contender {
  readonly name: string;
  readonly about: string;
  /** 0: takes calls at `/`; N: at `/n0` ... `/nN-1`. */
  readonly networks: number;
  /** The command that runs it until SIGTERM; `undefined` when there is nothing to run and the load goes to the upstream. */
  command(setting: Setting): readonly string[] | undefined;
}

/** A Node program can be profiled: its command line takes V8's flags. */
const node = process.execPath;

/** As many upstream connections as each contender that can be told may keep. */
const connections = 32;

const networksOfMany = 200;
const upstreamsPerNetwork = 5;

/** Addresses that the upstream must answer on, for the contender with most upstreams. */
export const upstreamAddresses = networksOfMany * upstreamsPerNetwork;

const direct: Contender = { name: "direct", about: "no proxy", networks: 0, command: () => undefined };

const nginx: Contender = {
  name: "nginx",
  about: "1 worker, keep-alive upstream",
  networks: 0,
  command({ backend, port, folder }) {
    const file = join(folder, "nginx.conf");
    writeFileSync(
      file,
      `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder};
  proxy_temp_path ${folder};
  fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder};
  scgi_temp_path ${folder};
  keepalive_requests 1000000000;
  upstream node {
    server ${backend.host(0)};
    keepalive ${connections};
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://node;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffers 16 32k;
      proxy_max_temp_file_size 0;
    }
  }
}
`,
    );
    return ["nginx", "-c", file, "-p", folder];
  },
};

const haproxy: Contender = {
  name: "haproxy",
  about: "1 thread, keep-alive upstream",
  networks: 0,
  command({ backend, port, folder }) {
    const file = join(folder, "haproxy.cfg");
    writeFileSync(
      file,
      `global
  nbthread 1
  maxconn 1024
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend public
  bind 127.0.0.1:${port}
  default_backend nodes
backend nodes
  server node ${backend.host(0)}
`,
    );
    return ["haproxy", "-f", file];
  },
};

function relay(name: string, form: string, about: string): Contender {
  const program = fileURLToPath(new URL("relay.ts", import.meta.url));
  const command = ({ backend, port }: Setting) => [node, program, form, String(port), `http://${backend.host(0)}`];
  return { name, about, networks: 0, command };
}

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** What `npm start` tells Node. */
function nodeFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return scripts.start.split(" ").filter((word: string) => word.startsWith("--"));
}

/** The command that runs Breakwater as a user starts it, with listeners on 127.0.0.1. */
export function breakwaterCommand(file: string, port: number, adminPort: number): readonly string[] {
  const addresses = ["--listen", `127.0.0.1:${port}`, "--admin", `127.0.0.1:${adminPort}`];
  return [node, ...nodeFlags(), main, "serve", "--config", file, ...addresses];
}

/** Breakwater as a user starts it, with `document` as its configuration. */
function breakwater(
  name: string,
  networks: number,
  about: string,
  configuration: (setting: Setting) => string,
): Contender {
  const command = (setting: Setting) => breakwaterCommand(configuration(setting), setting.port, setting.adminPort);
  return { name, about, networks, command };
}

const fewUpstreams = fileURLToPath(new URL("breakwater.yaml", import.meta.url));

/** Writes a configuration of many networks, each like the one of `breakwater.yaml`, and returns its path. */
function manyUpstreams({ backend, folder }: Setting): string {
  const places = ["aws/us-east-1", "azure/westeurope", "gcp/us-central1", "hetzner/fsn1", "ovh/gra"];
  const networks = Array.from({ length: networksOfMany }, (_, network) => {
    const upstreams = places.map((region, index) => ({
      url: `http://${backend.host(network * upstreamsPerNetwork + index)}`,
      provider: region.split("/")[0],
      region,
    }));
    return [`n${network}`, { upstreams }];
  });
  const file = join(folder, "many.yaml");
  writeFileSync(file, JSON.stringify({ networks: Object.fromEntries(networks) }));
  return file;
}

/** All contenders, in the order of the table. */
export const contenders: readonly Contender[] = [
  direct,
  nginx,
  haproxy,
  relay("bare", "bare", "node:http + undici dispatch, answer buffered"),
  relay("fastify", "fastify", "Fastify + undici dispatch, answer buffered, reply.hijack"),
  relay("fastify-again", "fastify", "the same once more: how far two equals differ"),
  relay("http-proxy", "http-proxy", "@fastify/http-proxy at its defaults"),
  breakwater("breakwater", 0, "every default policy on, 5 upstreams", () => fewUpstreams),
  breakwater(
    "breakwater-1000",
    networksOfMany,
    `${upstreamAddresses} upstreams over ${networksOfMany} networks`,
    manyUpstreams,
  ),
];
