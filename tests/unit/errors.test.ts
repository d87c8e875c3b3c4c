import { describe, expect, test } from "vitest";
import { ByokError, isErrorCode } from "../../functions/_shared/errors.ts";
import { type ErrorCode, errors } from "../../protocol/errors.ts";

const codes = Object.keys(errors) as ErrorCode[];

describe("the error table", () => {
  test("gives a refused API key another status than 401, which would look like a refused access token", () => {
    expect(new ByokError("api_key_rejected")).toMatchObject({ status: 422, callStatus: 403 });
  });

  test("answers `call` like `save` and `verify` for every other code", () => {
    const differing = codes.filter((code) => new ByokError(code).callStatus !== new ByokError(code).status);
    expect(differing).toEqual(["api_key_rejected"]);
  });
});

describe("ByokError", () => {
  test("is an Error with the table's message and no details", () => {
    const error = new ByokError("unknown_path");
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "ByokError", code: "unknown_path", status: 404, details: {} });
    expect(error.message).toBe("The provider has no such path.");
  });

  test("carries a message and details of its own", () => {
    const error = new ByokError("invalid_request", { message: "The field is odd.", details: { field: "provider" } });
    expect(error).toMatchObject({ message: "The field is odd.", details: { field: "provider" }, status: 400 });
  });
});

describe("isErrorCode()", () => {
  test("knows a code of the table", () => {
    expect(isErrorCode("unknown_path")).toBe(true);
  });

  test.each(["", "nonsense", "toString", "__proto__", "constructor", 404, null, undefined, {}])(
    "does not take %j for one",
    (value) => {
      expect(isErrorCode(value)).toBe(false);
    },
  );
});
