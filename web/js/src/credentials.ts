/** The credential providers that come with the SDK. */
import { RequestError, RequestTimeoutError } from './errors.js';
import type { AuthenticateContext, CredentialProvider, SDKCredential } from './types.js';
import { solve } from './work.js';

/** Limit of one exchange; how often a passing fault is met with another, and how long is waited for that in all. */
const TIMEOUT_MS = 10_000;
const ATTEMPTS = 4;
const PATIENCE_MS = 60_000;
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
  #fingerprint: string | undefined;

  constructor(host: string, embedToken: string) {
    this.#host = host;
    this.#embedToken = embedToken;
  }

  /**
   * Rejects at once when the server refuses for good (400, 401, 403, 404) or wants to be left alone for longer than a minute
   * (`Retry-After`); after some tries when it cannot be reached, is busy or at fault.
   */
  async authenticate(context?: AuthenticateContext): Promise<{ token: string; expiry_at: number }> {
    // A token that is bound to this browser's key is of no use to a thief.
    this.#fingerprint = context?.fingerprint ?? this.#fingerprint;
    let work: Solved | undefined;
    let challenges = 0;
    for (let attempt = 1, waited = 0; ; attempt++) {
      // Pages that were refused together do not all come back together.
      let wait = 500 * 2 ** attempt * (1 - Math.random() / 2);
      let failure: RequestError;
      try {
        const response = await fetch(`${originOf(this.#host)}/api/fabric/embeds/tokens`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify({ token: this.#embedToken, fingerprint: this.#fingerprint, ...(work && { proof_of_work: work }) }),
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
        wait = retryAfter(response.headers) ?? wait;
      } catch (error) {
        if (error instanceof RequestError) throw error;
        const { name, message } = error as Error;
        const Class = name === 'TimeoutError' ? RequestTimeoutError : RequestError;
        failure = new Class(`The embed token could not be exchanged: ${message}`, undefined, { cause: error });
      }
      waited += wait;
      if (attempt === ATTEMPTS || waited > PATIENCE_MS) throw failure;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  /** Another exchange, for the same key. */
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

/** How long the server wants to be left alone, in milliseconds: seconds or a date (RFC 9110, 10.2.3), the date by its own clock. */
function retryAfter(headers: Headers): number | undefined {
  const told = headers.get('retry-after');
  if (told === null) return undefined;
  if (/^\d+$/.test(told.trim())) return Number(told) * 1000;
  const now = Date.parse(headers.get('date') ?? '') || Date.now();
  const until = Date.parse(told);
  return Number.isNaN(until) ? undefined : Math.max(until - now, 0);
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
    const body = (await response.json()) as { error?: string; message?: string; errors?: { message?: string }[] };
    return body.message ?? body.errors?.[0]?.message ?? body.error ?? response.statusText;
  } catch {
    return response.statusText;
  }
}
