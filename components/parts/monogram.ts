/** `OR` for OpenRouter, `TA` for Together AI, `GR` for Groq. */
export function monogramOf(name: string): string {
  const [first = "", second] = name.match(/[A-Z]?[a-z]+|[A-Z]+/g) ?? [name];
  return (second ? first.charAt(0) + second.charAt(0) : first.slice(0, 2)).toUpperCase();
}
