/** What any function costs at least. */
export default { fetch: () => new Response() };
