/** The texts about teams. Those of `keys` to `trust` take the place of others, by the same names, where keys and credits are a team's. */

const plural = (count: number, one: string, many: string) => (count === 1 ? one : many);

export const englishOfTeams = {
  /** To someone who does not belong to the team, or no longer. */
  stranger: "You are not a member of this team, so its keys and credits are not shown.",
  /** After what is wrong with a key, to members who may not change it. */
  askAdmin: "Ask an admin of your team to fix it.",
  /** On a member's own page, about a provider that the team's key pays. */
  ofMember: {
    usesKey: "Uses your team’s key",
    pays: (name: string) => `Calls to ${name} use your team’s key.`,
    fails: (name: string) => `Your team’s ${name} key does not work, so calls fail.`,
    orOwn: "Ask an admin of your team to fix it, or add a key of your own.",
    orRemove: "Replace it, or remove it to use your team’s key.",
    afterRemoving: (name: string) => `Calls to ${name} will use your team’s key.`,
  },
  keys: {
    title: "Your team’s API keys",
    about: "With your team’s key, calls are billed to your team’s account at the provider.",
    notAllowed: "Your team’s plan does not include API keys of its own.",
    needsKey: "Needs your team’s key",
    yourKey: (name: string, hint: string) =>
      hint ? `your team’s ${name} key ending in ${hint}` : `your team’s ${name} key`,
    works: (name: string) => `Calls to ${name} are billed to your team’s ${name} account and cost 0 credits.`,
  },
  states: {
    no_credit: {
      label: "No credit",
      problem: (name: string) => `Your team’s ${name} account is out of credit, so calls fail.`,
      link: "Add credit",
    },
  },
  keyHistory: {
    title: (name: string) => `History of your team’s ${name} key`,
    titleOfAll: "History of your team’s keys",
  },
  credits: {
    title: "Your team’s credits",
    about: "Used for providers without your team’s key.",
    billed: (names: string, count: number) =>
      `${names} ${plural(count, "is", "are")} billed to your team’s ${plural(count, "account", "accounts")}: 0 credits.`,
    failing: (names: string, count: number) =>
      `Calls to ${names} are failing, and credits are not used instead. An admin can replace or remove your team’s ${plural(count, "key", "keys")}.`,
  },
  trust: { line: "Encrypted for your team. Never shown again, never logged." },
};
