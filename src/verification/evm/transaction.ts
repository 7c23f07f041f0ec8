import { type AuthorizationLike, getBigInt, Signature, Transaction, zeroPadValue } from "ethers";

/** What a transaction says of itself; addresses and bytes in small letters, the value in wei. */
export interface Sent {
  readonly from: string;
  /** `undefined` where it makes a contract. */
  readonly to: string | undefined;
  readonly value: bigint;
  readonly input: string;
}

/** Members of a transaction as JSON-RPC has it, which may be anything. */
type Fields = Readonly<Record<string, unknown>>;

/**
 * A transaction from what a node says of it (execution-apis, types 0 to 4), if its hash is the one that it should have:
 * then who says so does not matter, as the hash covers every part and the signature tells who sent it. `undefined` for
 * anything else, and for kinds that this does not know, such as those of rollups.
 */
export function sentAs(fields: unknown, hash: string): Sent | undefined {
  const transaction = transactionOf(fields);
  if (!transaction?.from || transaction.hash !== hash.toLowerCase()) return undefined;
  const { from, to, value, data } = transaction;
  return { from: from.toLowerCase(), to: to?.toLowerCase(), value, input: data.toLowerCase() };
}

function transactionOf(fields: unknown): Transaction | undefined {
  try {
    // Whatever is missing, or is not what it should be, ethers refuses.
    return Transaction.from(likeOf(fields as Fields));
  } catch {
    return undefined;
  }
}

function likeOf(fields: Fields): Parameters<typeof Transaction.from>[0] {
  const type = Number(fields["type"] ?? 0);
  const signature = signatureOf(fields);
  const like: Record<string, unknown> = {
    type,
    chainId: type === 0 ? (signature.legacyChainId ?? 0) : fields["chainId"],
    nonce: Number(fields["nonce"]),
    gasLimit: fields["gas"],
    to: fields["to"],
    value: fields["value"],
    data: fields["input"],
    signature,
  };
  const fees = type < 2 ? ["gasPrice"] : ["maxFeePerGas", "maxPriorityFeePerGas"];
  const parts = type === 3 ? ["maxFeePerBlobGas", "blobVersionedHashes"] : [];
  for (const name of [...fees, ...parts]) like[name] = fields[name];
  if (type > 0) like["accessList"] = fields["accessList"] ?? [];
  if (type === 4) like["authorizationList"] = (fields["authorizationList"] as readonly Fields[]).map(authorizationOf);
  return like;
}

function authorizationOf(fields: Fields): AuthorizationLike {
  const { address, nonce, chainId } = fields as unknown as AuthorizationLike;
  return { address, nonce: getBigInt(nonce), chainId: getBigInt(chainId), signature: signatureOf(fields) };
}

/** Numbers come without leading zeros; `yParity` is left out by older nodes, `v` of authorizations by all. */
function signatureOf(fields: Fields): Signature {
  const [r, s] = [fields["r"], fields["s"]].map((one) => zeroPadValue(evenHex(String(one)), 32));
  const v = getBigInt(String(fields["v"] ?? fields["yParity"]));
  return Signature.from({ r, s, v: v < 2n ? v + 27n : v } as { r: string; s: string; v: bigint });
}

function evenHex(text: string): string {
  return text.length % 2 === 0 ? text : `0x0${text.slice(2)}`;
}
