/** The page of the local stack: signs in, and shows the settings as an app would that has taken the components in. */
import { createClient } from "@supabase/supabase-js";
import { createRoot } from "react-dom/client";
import { App, Unavailable } from "./app.tsx";
import "../components/byok.css";
import "./page.css";

/** Which project the page belongs to: that of its own address, unless config.json names another. */
interface Config {
  readonly publishableKey: string;
  readonly supabaseUrl?: string;
  /** A user to sign in as with one press of a button, on a local stack. */
  readonly demoUser?: { readonly email: string; readonly password: string };
}

const root = createRoot(document.getElementById("root") as HTMLElement);

async function start(): Promise<void> {
  try {
    const response = await fetch("/config.json");
    const { publishableKey, supabaseUrl = location.origin, demoUser } = (await response.json()) as Config;
    const supabase = createClient(supabaseUrl, publishableKey);
    root.render(<App {...{ supabase, demoUser, publishableKey }} url={supabaseUrl} />);
  } catch {
    root.render(<Unavailable onRetry={() => void start()} />);
  }
}

void start();
