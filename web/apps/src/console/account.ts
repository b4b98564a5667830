/** Who is signed in, for this tab only. */
import type { CredentialProvider, SDKCredential } from '@offhook/js';

const KEY = 'offhook-console';
interface Tokens {
  token: string;
  refresh_token: string;
  expires_at: number;
}
interface Kept extends Tokens {
  email: string;
}

/** What the server says of a refused sign-in, in plain words. */
export class SignInError extends Error {}

async function post(path: string, body: unknown): Promise<Tokens> {
  let response: Response;
  try {
    response = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  } catch {
    throw new SignInError('The server cannot be reached. Check the connection, then try again.');
  }
  if (response.ok) return (await response.json()) as Tokens;
  if (response.status === 429) throw new SignInError('Too many attempts. Please wait a minute.');
  if (response.status === 401) throw new SignInError('This email and password do not belong together.');
  throw new SignInError(`The server could not sign you in (HTTP ${response.status}).`);
}

export class Account implements CredentialProvider {
  private constructor(private kept: Kept) {}

  static async signIn(email: string, password: string): Promise<Account> {
    const tokens = await post('/api/offhook/sign-in', { email, password });
    return new Account({ ...tokens, email }).keep();
  }

  /** The account of an earlier page of this tab, if its credentials can still be used. */
  static resume(): Account | undefined {
    const text = sessionStorage.getItem(KEY);
    return text ? new Account(JSON.parse(text) as Kept) : undefined;
  }

  static forget(): void {
    sessionStorage.removeItem(KEY);
  }

  get email(): string {
    return this.kept.email;
  }

  async authenticate(): Promise<SDKCredential> {
    if (this.kept.expires_at * 1000 < Date.now() + 10_000) await this.renew();
    return this.credential();
  }

  async refresh(): Promise<SDKCredential> {
    await this.renew();
    return this.credential();
  }

  private credential(): SDKCredential {
    return { token: this.kept.token, expiry_at: this.kept.expires_at * 1000 };
  }

  private async renew(): Promise<void> {
    const tokens = await post('/api/offhook/sign-in/refresh', { refresh_token: this.kept.refresh_token });
    this.kept = { ...this.kept, ...tokens };
    this.keep();
  }

  private keep(): this {
    sessionStorage.setItem(KEY, JSON.stringify(this.kept));
    return this;
  }
}
