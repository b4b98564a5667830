/** The credential providers that come with the SDK. */
import { RequestError, RequestTimeoutError } from './errors.js';
import type { CredentialProvider, SDKCredential } from './types.js';
import { solve } from './work.js';

/** Limit of one exchange, and how often a passing fault is met with another. */
const TIMEOUT_MS = 10_000;
const ATTEMPTS = 4;
const WAIT_MAX_MS = 10_000;
/** Challenges solved for one exchange: one may expire while it is solved. */
const CHALLENGES = 3;
/** More zero bits than a visitor would wait for, and more than the server may ask. */
const MOST_BITS = 24;

/** Returns what it was given. */
export class StaticCredentialProvider implements CredentialProvider {
  readonly #credentials: SDKCredential;

  constructor(credentials: SDKCredential) {
    this.#credentials = credentials;
  }
  authenticate(): Promise<SDKCredential> {
    return Promise.resolve(this.#credentials);
  }
}

/**
 * Exchanges a public embed token for a guest's short-lived access token, again before that expires. Where the button's owner
 * asks for work first (docs/public-tokens.md), it is done, in pieces that the page does not feel.
 * `host` is a name, a name with a port, or an origin; without a scheme `https` is taken.
 */
export class EmbedTokenCredentialProvider implements CredentialProvider {
  readonly #host: string;
  readonly #embedToken: string;

  constructor(host: string, embedToken: string) {
    this.#host = host;
    this.#embedToken = embedToken;
  }

  /** Rejects at once when the server refuses for good (400, 401, 403, 404), after some tries when it cannot be reached. */
  async authenticate(): Promise<{ token: string; expiry_at: number }> {
    let work: Solved | undefined;
    let challenges = 0;
    for (let attempt = 1; ; attempt++) {
      let wait = 500 * 2 ** attempt;
      let failure: RequestError;
      try {
        const response = await fetch(`${originOf(this.#host)}/api/fabric/embeds/tokens`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify({ token: this.#embedToken, ...(work && { proof_of_work: work }) }),
          signal: AbortSignal.timeout(TIMEOUT_MS)
        });
        if (response.ok) return credential(await response.json(), response.headers.get('date'));
        const { status } = response;
        if (status === 428 && challenges++ < CHALLENGES) {
          work = await solved(await response.json());
          attempt--;
          continue;
        }
        failure = new RequestError(`The embed token was not accepted: HTTP ${status} ${await reason(response)}`, status);
        if (status !== 429 && status < 500) throw failure;
        wait = Number(response.headers.get('retry-after')) * 1000 || wait;
      } catch (error) {
        if (error instanceof RequestError) throw error;
        const { name, message } = error as Error;
        const Class = name === 'TimeoutError' ? RequestTimeoutError : RequestError;
        failure = new Class(`The embed token could not be exchanged: ${message}`, undefined, { cause: error });
      }
      if (attempt === ATTEMPTS) throw failure;
      await new Promise((resolve) => setTimeout(resolve, Math.min(wait, WAIT_MAX_MS)));
    }
  }

  /** Another exchange. */
  refresh(): Promise<{ token: string; expiry_at: number }> {
    return this.authenticate();
  }
}

interface Solved {
  challenge: string;
  solution: string;
}

/** Does the work that the server asks for; without a solution in time, the next answer brings another challenge. */
async function solved(answer: unknown): Promise<Solved> {
  const { algorithm, challenge, bits, expires_in } = (answer as { proof_of_work?: Partial<Challenge> } | null)?.proof_of_work ?? {};
  if (algorithm !== 'sha-256' || typeof challenge !== 'string' || !(bits! >= 1 && bits! <= MOST_BITS)) {
    throw new RequestError('The server asks for work of a kind that is not known here', 428);
  }
  const solution = await solve(challenge, bits!, Date.now() + (expires_in ?? 60) * 1000);
  return { challenge, solution: solution ?? '' };
}
interface Challenge {
  algorithm: string;
  challenge: string;
  bits: number;
  expires_in: number;
}

function originOf(host: string): string {
  try {
    return new URL(host.includes('://') ? host : `https://${host}`).origin;
  } catch {
    throw new RequestError(`"${host}" is neither a host nor an origin`);
  }
}

/** The life that the server tells, counted by its own clock where it shows that; unknown if it tells none. */
function credential(reply: unknown, date: string | null): { token: string; expiry_at: number } {
  const { token, expires_at, expires_in } = (reply ?? {}) as { token?: string; expires_at?: number; expires_in?: number };
  if (!token) throw new RequestError("The server's answer carries no token");
  const now = (date && Date.parse(date)) || Date.now();
  const expiry_at = expires_at ? expires_at * 1000 : expires_in ? now + expires_in * 1000 : undefined;
  return { token, expiry_at: expiry_at as number };
}

async function reason(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { error?: string; errors?: { message?: string }[] };
    return body.error ?? body.errors?.[0]?.message ?? response.statusText;
  } catch {
    return response.statusText;
  }
}
