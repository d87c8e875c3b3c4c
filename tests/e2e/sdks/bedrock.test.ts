/** Amazon Bedrock's own operations, with AWS's SDK, whose streams are binary and carry checksums. */
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { describe, expect, test } from "vitest";
import { callUrl } from "../../harness/calls.ts";
import { expectOnlyTheKey } from "../../harness/fakes.ts";
import { collect } from "../../harness/streams.ts";
import { newByokUser, type User } from "../../harness/users.ts";

const modelId = "openai.gpt-oss-20b-1:0";
const messages = [{ role: "user" as const, content: [{ text: "hello" }] }];

/** The SDK with an access token in the place of an API key, over HTTP/1.1, because the local stack has no TLS and so no HTTP/2. */
function clientOf(user: User): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    ...{ region: "us-west-2", endpoint: callUrl(user, "bedrock"), maxAttempts: 1 },
    requestHandler: new NodeHttpHandler(),
    ...{ token: { token: user.accessToken }, authSchemePreference: ["httpBearerAuth"] },
  });
}

describe("AWS's SDK", () => {
  test("asks a model on the user's own key, which alone reaches the provider", async () => {
    const owner = await newByokUser("bedrock");
    const { output, usage } = await clientOf(owner.user).send(new ConverseCommand({ modelId, messages }));
    expect(output?.message?.content).toEqual([{ text: "Echo: hello" }]);
    expect(usage?.outputTokens).toBe(3);
    expect(await expectOnlyTheKey("bedrock", owner, "authorization")).toHaveLength(1);
  });

  test("gets a stream byte by byte: each event has the checksum that it was sent with", async () => {
    const { user } = await newByokUser("bedrock");
    const { stream } = await clientOf(user).send(new ConverseStreamCommand({ modelId, messages }));
    const events = await collect(stream!);
    const text = events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.text ?? "").join("");
    expect(text).toBe("Echo: hello");
    expect(events.at(-1)?.metadata?.usage?.outputTokens).toBe(3);
  });

  test("gets the status of a key that the provider refuses", async () => {
    const { user } = await newByokUser("bedrock", { behaviour: "rejected" });
    const answer = clientOf(user).send(new ConverseCommand({ modelId, messages }));
    await expect(answer).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  });
});
