/** The services of this isolate, which all endpoints in it share. A setting that is wrong keeps the function from booting. */
import { openServices } from "./services.ts";

export const services = await openServices();
