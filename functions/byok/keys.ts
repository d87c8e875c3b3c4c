/** The endpoints that save, check, list and re-encrypt API keys. A call needs none of them. */
export { default as providers } from "../providers/index.ts";
export { default as recheck } from "../recheck/index.ts";
export { default as rotate } from "../rotate/index.ts";
export { default as save } from "../save/index.ts";
export { default as verify } from "../verify/index.ts";
