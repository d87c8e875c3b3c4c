import { randomUUID } from "node:crypto";
import type { ReceivedRequest, Route } from "../adapter.ts";
import { jsonBody } from "../adapter.ts";

/**
 * OpenAI's realtime API over HTTP: short-lived secrets, and calls over WebRTC, whose place is relative.
 * https://developers.openai.com/api/docs/guides/realtime-webrtc, November 2026
 */
export function routeRealtime(request: ReceivedRequest, path: string): Route | null {
  if (request.method !== "POST") return null;
  const id = randomUUID().replaceAll("-", "");
  if (path === "/v1/realtime/client_secrets") {
    const { session } = jsonBody(request);
    const expires_at = Math.floor(Date.now() / 1000) + 600;
    return { kind: "other", answer: () => ({ status: 200, body: { value: `ek_${id}`, expires_at, session } }) };
  }
  if (path === "/v1/realtime/calls") {
    const headers = { location: `/v1/realtime/calls/rtc_${id}`, "content-type": "application/sdp" };
    return { kind: "other", answer: () => ({ status: 201, headers, body: "v=0\r\n" }) };
  }
  return null;
}
