/** Who the session belongs to (sdk-api reference, section 12). */
import type { Observable } from 'rxjs';
import { Destroyable } from './observe.js';
import type { GetAddressResponse, SATClaims } from './types.js';

export class User extends Destroyable {
  readonly fromPath: string = '/api/fabric/subscriber/info';
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
  addresses: GetAddressResponse[] = [];
  satClaims?: SATClaims;
  readonly #fetched = this.cell<boolean | undefined>(undefined);

  /** True as soon as the fields are filled. */
  get fetched$(): Observable<boolean> {
    return this.#fetched.present$;
  }

  /** @internal */
  fill(info: Record<string, unknown>): void {
    const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    const fields = this as unknown as Record<string, unknown>;
    for (const [name, value] of Object.entries(info)) {
      if (name === 'fabric_addresses') this.addresses = value as GetAddressResponse[];
      else if (name === 'app_settings' && value) {
        const { display_name, scopes } = value as { display_name: string; scopes: string[] };
        this.appSettings = { displayName: display_name, scopes };
      } else if (FIELDS.has(camel(name))) fields[camel(name)] = value ?? undefined;
    }
    this.#fetched.set(true);
  }
}
const FIELDS = new Set([
  'id', 'email', 'firstName', 'lastName', 'displayName', 'jobTitle', 'timeZone', 'country', 'region', 'companyName',
  'pushNotificationKey', 'satClaims'
]);
