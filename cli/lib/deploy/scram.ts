/** A password as Postgres keeps it, so that the password itself is in no statement, and so in no log. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/** Postgres's own number: https://www.postgresql.org/docs/17/runtime-config-connection.html, scram_iterations */
const iterations = 4096;

/**
 * A verifier by RFC 5803, as `alter role ... password` takes it.
 *
 * @param password printable ASCII, which SASLprep (RFC 4013) leaves as it is
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const hmac = (text: string) => createHmac("sha256", salted).update(text).digest();
  const storedKey = createHash("sha256").update(hmac("Client Key")).digest("base64");
  const serverKey = hmac("Server Key").toString("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}
