/** Steps of several clients in one statement, as an isolate of the functions sends them. */
import { type Client, DatabaseError } from "pg";

interface Waiting {
  readonly step: object;
  resolve(row: Row): void;
  reject(error: unknown): void;
}

type Row = Record<string, any>;

/** The functions that go into a batch, with what they take after the user. */
export const parametersOf: Readonly<Record<string, readonly string[]>> = {
  open_call: ["provider"],
  place_hold: ["request_id", "operation", "provider", "model", "max_input_tokens", "max_output_tokens"],
  charge_hold: ["hold_id"],
  void_hold: ["hold_id", "was_asked"],
  refund_charge: ["charge_id", "microcredits", "reason"],
};

/** What a step cannot be in a batch: its account was locked, so it is to be asked for alone. */
export class Locked extends Error {}

export class Batches {
  readonly #session: Client;
  #waiting: Waiting[] = [];
  #isUnderWay = false;

  /** @param session as `byok_functions` */
  constructor(session: Client) {
    this.#session = session;
  }

  /**
   * Calls one of the functions that go into a batch.
   *
   * @returns the row that it would give alone
   * @throws DatabaseError the refusal that it would raise; Locked
   */
  call(name: string, [user, ...values]: unknown[]): Promise<Row> {
    const parameters = Object.fromEntries((parametersOf[name] ?? []).map((parameter, at) => [parameter, values[at]]));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ step: { step: name, user_id: user, ...parameters }, resolve, reject });
      if (!this.#isUnderWay) void this.#send();
    });
  }

  async #send(): Promise<void> {
    this.#isUnderWay = true;
    for (let batch = this.#waiting; batch.length > 0; batch = this.#waiting) {
      this.#waiting = [];
      try {
        const steps = JSON.stringify(batch.map(({ step }) => step));
        const { rows } = await this.#session.query("select * from byok.run_batch($1)", [steps]);
        for (const [index, { step, resolve, reject }] of batch.entries()) {
          const { answer, refusal } = rows[index];
          if (refusal) reject(refusal.code === "55P03" ? new Locked() : refusalOf(refusal));
          else resolve(typeof answer !== "object" ? { [(step as { step: string }).step]: answer } : answer);
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isUnderWay = false;
  }
}

function refusalOf({ code, message, details }: Row): DatabaseError {
  const error = new DatabaseError(message, message.length, "error");
  return Object.assign(error, { code, detail: details });
}
