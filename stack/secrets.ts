import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { newKeyring } from "./keyring.ts";

/** The secrets that a stack makes at its first start and keeps in its state folder, readable by its owner alone. */
export interface Secrets {
  /** the private half of the key that signs access tokens (ES256), as on a hosted project */
  signingKey: JWK & { kid: string };
  /** shared with Lite, which can only sign and check with a shared secret */
  liteSecret: string;
  /** `sb_publishable_...`, for browsers */
  publishableKey: string;
  /** `sb_secret_...`, for servers */
  secretKey: string;
  /** the functions' key ring, as the setting BYOK_MASTER_KEYS */
  masterKeys: string;
  /** the password of the demo user */
  demoPassword: string;
}

const secretsFile = (stateDir: string) => path.join(stateDir, "secrets.json");

/** The secret key of the stack that keeps its state there. */
export function readSecretKey(stateDir: string): string {
  return (JSON.parse(readFileSync(secretsFile(stateDir), "utf8")) as Secrets).secretKey;
}

export async function loadSecrets(stateDir: string): Promise<Secrets> {
  const file = secretsFile(stateDir);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Secrets;
  const secrets = await inventSecrets();
  // Renamed into place, so a start that is killed here leaves no half file for the next one to read.
  writeFileSync(`${file}.new`, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return secrets;
}

async function inventSecrets(): Promise<Secrets> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const kid = crypto.randomUUID();
  const random = (bytes: number) => randomBytes(bytes).toString("base64url");
  return {
    signingKey: { ...(await exportJWK(privateKey)), kid, alg: "ES256", use: "sig" },
    liteSecret: random(48),
    publishableKey: `sb_publishable_${random(16)}_${random(6)}`,
    secretKey: `sb_secret_${random(16)}_${random(6)}`,
    masterKeys: newKeyring(),
    demoPassword: random(12),
  };
}
