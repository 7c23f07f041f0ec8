import { ssz } from "@lodestar/types";
import type { Call } from "../../core/call.ts";
import type { Answer } from "../../core/outcome.ts";
import type { Random } from "../../lib/random.ts";
import { jsonType, sszType } from "./bodies.ts";
import { endpointOf } from "./endpoints.ts";
import { callOf } from "./endpoints-call.ts";
import type { Fork } from "./forks.ts";

/** What tests of the readings share: random containers of every fork, calls, and answers. */

/** A container of the library, as far as random values are made for it. */
export interface Shape {
  readonly fields?: Readonly<Record<string, Shape>>;
  readonly jsonKeyToFieldName?: Readonly<Record<string, string>>;
  readonly elementType?: Shape;
  readonly length?: number;
  readonly limit?: number;
  readonly lengthBytes?: number;
  readonly limitBytes?: number;
  readonly lengthBits?: number;
  readonly limitBits?: number;
  readonly byteLength?: number;
  readonly typeName: string;
  serialize(value: unknown): Uint8Array;
  fromJson(json: unknown): unknown;
}

/** The library's container of a fork. */
export function shapeOf(fork: Fork, name: string): Shape {
  const shape = (ssz as unknown as Record<string, Record<string, Shape>>)[fork]?.[name];
  if (!shape) throw new Error(`${fork} has no ${name}`);
  return shape;
}

/** A random value of a container, as JSON. Numbers are below 2^48, lists short; there are no blobs. */
export function randomJson(shape: Shape, random: Random): unknown {
  const { fields, elementType, lengthBytes, limitBytes, lengthBits, limitBits, byteLength } = shape;
  if (fields) return randomFields(shape, fields, random);
  if (elementType) {
    const count = shape.length ?? Math.floor(random() * Math.min(4, (shape.limit ?? 3) + 1));
    return Array.from({ length: count }, () => randomJson(elementType, random));
  }
  if (lengthBytes !== undefined) return hex(lengthBytes, random);
  if (limitBits !== undefined || /bitlist/i.test(shape.typeName)) return `${hex(1 + pick(random, 8), random)}01`;
  if (limitBytes !== undefined || /bytelist/i.test(shape.typeName)) return hex(pick(random, 32), random);
  if (lengthBits !== undefined) return hex(Math.ceil(lengthBits / 8), random);
  if (byteLength !== undefined && byteLength > 1) return `${pick(random, 2 ** 48)}`;
  return shape.typeName === "boolean" ? random() < 0.5 : `${pick(random, 256)}`;
}

function randomFields(shape: Shape, fields: Readonly<Record<string, Shape>>, random: Random): Record<string, unknown> {
  const jsonNames = new Map(Object.entries(shape.jsonKeyToFieldName ?? {}).map(([json, field]) => [field, json]));
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      jsonNames.get(name) ?? name,
      name === "blobs" ? [] : randomJson(field, random),
    ]),
  );
}

/** `0x` and random hex digits for that many bytes. */
export function hex(bytes: number, random: Random): string {
  return `0x${Array.from({ length: bytes }, () => pick(random, 256).toString(16).padStart(2, "0")).join("")}`;
}

/** A random whole number below `below`. */
export function pick(random: Random, below: number): number {
  return Math.floor(random() * below);
}

/** The SSZ of a JSON value. */
export function sszOf(shape: Shape, json: unknown): Uint8Array {
  return shape.serialize(shape.fromJson(json));
}

/** A call to an endpoint, with a body of either encoding. */
export function callTo(
  method: string,
  path: string,
  body?: Uint8Array | string,
  headers: Readonly<Record<string, string>> = {},
): Call {
  const { traits } = endpointOf(method);
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const contentType = typeof body === "string" ? jsonType : sszType;
  return callOf(
    { network: "test", method, traits },
    {
      method: body === undefined ? "GET" : "POST",
      path,
      headers: { ...(body !== undefined && { "content-type": contentType }), ...headers },
      body: bytes,
    },
  );
}

/** An answer: text is JSON, bytes are SSZ, another value is made JSON. */
export function answerWith(body: unknown, headers: Readonly<Record<string, string>> = {}, status = 200): Answer {
  const isBytes = body instanceof Uint8Array;
  return {
    ok: true,
    status,
    failed: status >= 400,
    payload: isBytes ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
    rest: undefined,
    headers: { "content-type": isBytes ? sszType : jsonType, ...headers },
    height: undefined,
  };
}

/** A JSON body as a value, in small letters: addresses may come with a checksum of capitals. */
export function valueIn(body: Uint8Array | string | undefined): unknown {
  return JSON.parse(
    Buffer.from(body ?? "")
      .toString()
      .toLowerCase(),
  );
}
