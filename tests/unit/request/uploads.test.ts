import { expect, test } from "vitest";
import { UploadPlaces } from "../../../functions/_shared/request/uploads.ts";

/** A request whose body announces its length, or does not. */
function upload(announced?: number): Request {
  const init: RequestInit & { duplex: "half" } = { method: "POST", body: new ReadableStream(), duplex: "half" };
  const headers: HeadersInit = announced === undefined ? {} : { "content-length": String(announced) };
  return new Request("http://localhost/", { ...init, headers });
}

const large = 64 * 1024 + 1;
const refusal = { code: "too_many_uploads", details: { retry_after_s: 2 } };

test("as many large bodies are let in as there are places, and another once one of them has left", () => {
  const places = new UploadPlaces(2);
  const [first] = [places.admit(upload(large), 1e9), places.admit(upload(), 1e9)];
  expect(() => places.admit(upload(large), 1e9)).toThrow(expect.objectContaining(refusal));
  expect(() => places.admit(upload(), 1e9)).toThrow(expect.objectContaining(refusal));
  first.leave();
  first.leave();
  places.admit(upload(large), 1e9);
  expect(() => places.admit(upload(large), 1e9)).toThrow(expect.objectContaining(refusal));
});

test("small bodies, and requests without one, need no place", () => {
  const places = new UploadPlaces(0);
  places.admit(upload(large - 1), 1e9).leave();
  places.admit(new Request("http://localhost/"), 1e9).leave();
  expect(() => places.admit(upload(), 1e9)).toThrow(expect.objectContaining(refusal));
});

test("a body in chunks may be any, whatever length is shown beside them", () => {
  const request = upload(large - 1);
  request.headers.set("transfer-encoding", "chunked");
  expect(() => new UploadPlaces(0).admit(request, 1e9)).toThrow(expect.objectContaining(refusal));
});

test("a body that is too large takes no place", () => {
  const places = new UploadPlaces(1);
  expect(() => places.admit(upload(large), 10)).toThrow(expect.objectContaining({ code: "body_too_large" }));
  places.admit(upload(large), 1e9);
});
