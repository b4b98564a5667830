/** Who the session belongs to (sdk-api reference, section 12). */
import type { Observable } from 'rxjs';
import { Destroyable, select } from './observe.js';
import type { AddressRecord, SATClaims } from './types.js';

export class User extends Destroyable {
  readonly fromPath = '/api/fabric/subscriber/info';
  id!: string;
  email!: string;
  firstName?: string;
  lastName?: string;
  displayName?: string;
  jobTitle?: string;
  timeZone?: number;
  country?: string;
  region?: string;
  companyName?: string;
  pushNotificationKey!: string;
  appSettings?: { displayName: string; scopes: string[] };
  addresses: AddressRecord[] = [];
  satClaims?: SATClaims;
  readonly #fetched = this.cell<boolean | undefined>(undefined);

  get fetched$(): Observable<boolean> {
    return select(this.#fetched.sync$, (fetched) => fetched);
  }
  /** @internal */
  fill(info: Record<string, unknown>): void {
    const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    for (const [name, value] of Object.entries(info)) {
      if (name === 'fabric_addresses') this.addresses = value as AddressRecord[];
      else if (name === 'app_settings' && value) {
        const { display_name, scopes } = value as { display_name: string; scopes: string[] };
        this.appSettings = { displayName: display_name, scopes };
      } else (this as unknown as Record<string, unknown>)[camel(name)] = value;
    }
    this.#fetched.set(true);
  }
}
