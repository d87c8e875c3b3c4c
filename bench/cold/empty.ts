/** The least that any function costs. */
export default { fetch: () => new Response() };
