/** Master keys that anybody may know: published ones, and those that nobody drew at random. */

/** SHA-256 of 32 bytes that stand in documents and in this repository, in hexadecimal, so that none stands here again. */
const published: ReadonlySet<string> = new Set([
  // The known answer in tests/unit/crypto/envelope.test.ts: its master key, and its random bytes.
  "42dc8096e3d30c79aed361dc1c7e3a3513f023703b876ede25cd437ec7724da4",
  "503fa3b5607debdb2e29cc8ef1651cef817af2839fd4f2f4ace06ebdd74ead79",
  // AES-256 in NIST SP 800-38A, appendix F.
  "b93c72b74bc8487d29827005f80d635918f91bc22b14d7ed05714d58f96702dd",
  // HPKE in RFC 9180, appendix A.1.1: both key pairs; a point of small order on Curve25519.
  "95690b13a4ecaf9102bbd8fa827d4449ef8885c6659c0e6b0683144f8ed524c6",
  "d275593da8b53bb7668f6d224c69b36b5a73bebf7d58ac78e3d445abb63d49ee",
  "e1865cde484d9b86fab6f012e2df296593094fc3ad18614c43271635afd42065",
  "8b228cd75ab70badbec1beb5233f068a684fe81c7c6261c0c8a7af320e9d841b",
  "f788756107e07d65c1366cf4dcf7b41539d4fa3e4de09a002c670463f9a44180",
  // Ed25519 in RFC 8032, section 7.1, tests 1 to 3.
  "644d50ab64864c20a12b3c4656d46b4a48f69ef7c47ecdc8415cd28316b22ef5",
  "3d2d9682cdba529682a152f678e25c6c29847bf2588ca4e1b3023c1579f9958d",
  "d8eca0cca720d33bf6d9a3e8057053ff6a4d19a62a9874fa7f7004ea662fb2f9",
  // The symmetric keys of RFC 7520, sections 3.5 and 3.6.
  "73ec74458059c70cae3f0ade8663fe0da1dc4b114ed8cdac75364140b4458a4c",
  "2cd6f10056d08e10430ad5658b5565056c93fcde047563f7e53a56452467c050",
  // The Fernet specification's example.
  "cbeb362f1fa69a6691db592f4529cf6bea1ce089eb132a3350c9081279ff8f34",
  // SHA-256 of nothing, and of words that stand in for a secret.
  "5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456",
  "bf5d3affb73efd2ec6c36ad3112dd933efed63c4e1cbffcfa88e2759c144f2d8",
  "4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358",
  "954d5a49fd70d9b8bcdb35d252267829957f7ef7fa6c74f88419bdc5e82209f4",
  "d77580ab1c1a2a9897b80e3a824100b1682a1bdbd6d73694979e7e1635cb760d",
  "3881219d087dd9c634373fd33dfa33a2cb6bfc6c520b64b8bb60ef2ceb534ae7",
  "73641c99f7719f57d8f4beb11a303afcd190243a51ced8782ca6d3dbe014d146",
  "f7591748145d61c0159027eaef0a0e147e9c6b15a49758365df155c70fbbed99",
  "f0a7447cc7c8ab136c4c253e224377ac108af790d55cd9a9dd372bf2a7a3e737",
  "2cf35c87e9bb182b621255916436d2f0a7811dc349742be62765b97970da5d87",
  "5164ce8d7f66c472078ce47e23174358fecb8340d00259501e467374c2e5b334",
  "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50",
  "bc62d4b80d9e36da29c16c5d4d9f11731f36052c72401a76c23c0fb5a9b74423",
  "ed6dc3428087a7d306813a79b8b04c17c9fd257ec20308e0cbd17221fc5fb399",
  "70d359f7d1028614dcf174276f1083bda0f41e697b0f075d1478f6c258bd1e72",
  "12cf11c2bd144ebcacdd6ef184128ae7c5b9e53958d1fcb3093f4019eea2edab",
]);

/**
 * Whether a master key is a published example, or regular in one of the ways in which examples are. A random key is taken for one
 * with a probability below 1e-12.
 */
export async function isPublishedKey(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  return isRegular(bytes) || published.has(await sha256(bytes));
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Of few different bytes; repeating; counting up or down in equal steps; or text, which may be padded with one byte. */
function isRegular(bytes: Uint8Array): boolean {
  const half = bytes.length / 2;
  const step = bytes[1]! - bytes[0]!;
  const textLength = bytes.findLastIndex((byte) => byte !== bytes.at(-1)) + 1;
  return (
    new Set(bytes).size < half ||
    Array.from({ length: half }, (_, index) => index + 1).some((period) => repeats(bytes, period)) ||
    bytes.every((byte, index) => index === 0 || ((byte - bytes[index - 1]! - step) & 0xff) === 0) ||
    bytes.subarray(0, textLength).every(isText)
  );
}

function repeats(bytes: Uint8Array, period: number): boolean {
  return bytes.every((byte, index) => byte === bytes[index % period]);
}

/** Printable ASCII, tabs and line ends: a passphrase or hexadecimal digits in the place of the bytes that they stand for. */
function isText(byte: number): boolean {
  return (byte >= 0x20 && byte <= 0x7e) || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
