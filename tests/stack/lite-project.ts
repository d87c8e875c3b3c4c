/** A small project on a stack without functions, for the tests of its database, REST and Auth. */
import { randomUUID } from "node:crypto";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { type Stack, startStack } from "../../stack/stack.ts";
import { makeProject, type Project } from "../harness/fixture.ts";

export type Client = SupabaseClient<any, "app">;

export class LiteProject {
  readonly stack: Stack;
  readonly stateDir: string;
  /** supabase-js with the secret key. */
  readonly server: Client;
  readonly #project: Project;

  static async start(): Promise<LiteProject> {
    const project = makeProject();
    return new LiteProject(await startStack({ ...project, providers: "none", log: () => {} }), project);
  }

  private constructor(stack: Stack, project: Project) {
    this.stack = stack;
    this.stateDir = project.stateDir;
    this.#project = project;
    this.server = this.client(stack.secretKey);
  }

  async stop(): Promise<void> {
    await this.stack.stop();
    this.#project.remove();
  }

  client(key: string): Client {
    const auth = { persistSession: false, autoRefreshToken: false };
    return createClient(this.stack.url, key, { auth, db: { schema: "app" } }) as Client;
  }

  /** A client signed in as a new user. */
  async newUser(): Promise<{ supabase: Client; id: string; email: string; accessToken: string }> {
    const supabase = this.client(this.stack.publishableKey);
    const email = `${randomUUID()}@example.com`;
    const { data, error } = await supabase.auth.signUp({
      email,
      password: "password-1",
      options: { data: { name: "Ada" } },
    });
    if (error) throw error;
    return { supabase, email, id: data.user!.id, accessToken: data.session!.access_token };
  }
}
