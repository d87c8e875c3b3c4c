/** A certificate that signs itself, for a server of this machine in a test. */
import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** @param hostname the one name that it is for */
export function makeCertificate(hostname: string): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  // X.509 version 3, RFC 5280, section 4.1.
  const name = sequence(tag(0x31, sequence(objectId("550403"), tag(0x0c, Buffer.from(hostname)))));
  const signatureKind = sequence(objectId("2a8648ce3d040302"));
  const serial = tag(0x02, Buffer.from([1]));
  const validity = sequence(utcTime(-1), utcTime(1));
  const names = sequence(tag(0x82, Buffer.from(hostname)));
  const extensions = tag(0xa3, sequence(sequence(objectId("551d11"), tag(0x04, names))));
  const version = tag(0xa0, tag(0x02, Buffer.from([2])));
  const body = sequence(version, serial, signatureKind, name, validity, name, publicKey, extensions);
  const signature = sign("sha256", body, createPrivateKey(privateKey));
  const der = sequence(body, signatureKind, tag(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der.toString("base64").replace(/.{64}/g, "$&\n");
  return { cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, key: privateKey };
}

/** One value of DER (X.690): its tag, its length, itself. */
function tag(type: number, ...parts: Uint8Array[]): Buffer {
  const value = Buffer.concat(parts);
  const { length } = value;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([type, ...size]), value]);
}

const sequence = (...parts: Uint8Array[]) => tag(0x30, ...parts);
const objectId = (hex: string) => tag(0x06, Buffer.from(hex, "hex"));

function utcTime(days: number): Buffer {
  const time = new Date(Date.now() + days * 86_400_000).toISOString();
  return tag(0x17, Buffer.from(`${time.replace(/[-:T]/g, "").slice(2, 14)}Z`));
}
