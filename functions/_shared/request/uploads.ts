/** How many uploads an isolate has room for at once. */
import { ByokError } from "../errors.ts";
import { type Incoming, isSmall, limitBody, type LimitedBody } from "./body.ts";

/**
 * Places of an isolate. Where a provider does not read, an upload lies in buffers on both sides of JavaScript, and an isolate has
 * 256 MB in all: see tests/fuzz/uploads.ts.
 */
const standardPlaces = 32;
/** When another try makes sense, in s. */
const retryAfter_s = 2;

export interface Upload extends LimitedBody {
  /** Gives the place back; a second time changes nothing. */
  leave(): void;
}

export class UploadPlaces {
  #free: number;

  constructor(places = standardPlaces) {
    this.#free = places;
  }

  /**
   * The body of a request, counted as it passes, in a place of its own until it leaves. Nobody waits for a place: what waited would
   * lie in buffers too.
   *
   * @throws ByokError `body_too_large` for an announced length past the limit, `too_many_uploads` where no place is free
   */
  admit(request: Incoming, max_bytes: number): Upload {
    const limited = limitBody(request, max_bytes);
    if (limited.body === null || isSmall(request)) return { ...limited, leave: () => undefined };
    if (this.#free === 0) throw new ByokError("too_many_uploads", { details: { retry_after_s: retryAfter_s } });
    this.#free--;
    let isIn = true;
    const leave = () => {
      if (isIn) this.#free++;
      isIn = false;
    };
    return { ...limited, leave };
  }
}
