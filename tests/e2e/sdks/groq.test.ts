/** The official `groq-sdk` package beyond the contract. */
import { toFile } from "groq-sdk";
import { expect, test } from "vitest";
import { callUrl } from "../../harness/calls.ts";
import { expectOnlyTheKey } from "../../harness/fakes.ts";
import { newByokUser } from "../../harness/users.ts";
import { groqClient } from "./official.ts";

test("the Groq SDK gets models, and a recording transcribed byte for byte", async () => {
  const owner = await newByokUser("groq");
  const client = groqClient({ url: callUrl(owner.user, "groq"), apiKey: owner.user.accessToken });
  expect((await client.models.list()).data.map(({ id }) => id)).toContain("openai/gpt-oss-20b");
  // The SDK writes the slash of the model's name as %2F.
  expect((await client.models.retrieve("openai/gpt-oss-20b")).id).toBe("openai/gpt-oss-20b");
  const file = await toFile(Buffer.alloc(300_000, 7), "speech.wav");
  const { text } = await client.audio.transcriptions.create({ file, model: "whisper-large-v3-turbo" });
  expect(text).toBe("Echo: 300000 bytes of speech.wav");
  await expectOnlyTheKey("groq", owner);
});
