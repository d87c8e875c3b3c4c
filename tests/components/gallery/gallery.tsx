/** The components in an app that is not ours: `?scene=` names the account, `?user` who is signed in, `?dark`, `?texts=de`, `?only=openai,groq`, `?level=1`, `?live`. */
import { type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./app.css";
import "../../../components/byok.css";
import { ApiKeys, Credits } from "../../../components/index.ts";
import { type Facts, fakeByok } from "./fake-byok.ts";
import { german } from "./german.ts";
import { scenes } from "./scenes.ts";

const asked = new URLSearchParams(location.search);
const texts = asked.get("texts") === "de" ? german : undefined;
const only = asked.get("only")?.split(",");
const headingLevel = asked.has("level") ? (Number(asked.get("level")) as 1) : undefined;
const live = asked.has("live");
document.documentElement.classList.toggle("dark", asked.has("dark"));
document.documentElement.lang = texts?.locale ?? "en";

function Page({ facts }: { facts: Facts }): ReactNode {
  const byok = fakeByok(facts, scenes[asked.get("scene") ?? "mixed"]!, asked.get("user") ?? undefined);
  return (
    <>
      {headingLevel !== 1 && <h1 className="sr-only">Settings</h1>}
      <ApiKeys
        byok={byok}
        {...{ texts, headingLevel, live }}
        providers={only}
        className="my-keys"
        action={<a href="#help">Help</a>}
        upgrade={<a href="#upgrade">Upgrade</a>}
      />
      <Credits byok={byok} {...{ texts, headingLevel, live }} getCredits="#get-credits" />
    </>
  );
}

const response = await fetch(`/facts-${asked.get("list") ?? "providers"}.json`);
const facts = (await response.json()) as Facts;
createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <Page facts={facts} />
  </StrictMode>,
);
