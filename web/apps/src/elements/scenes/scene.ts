/** What the gallery shows of an element: its markup, as a page would write it, and what a page's script would do with it. */
import { SimulatedCall, SimulatedDevices } from '@offhook/web-components/simulation';

export interface Scene {
  name: string;
  /** What a page would write. */
  markup: string;
  /** What a page's script would do. */
  arrange?: (elements: HTMLElement[]) => void | Promise<void>;
  /** The scene needs room: a picture, a menu that opens upward. */
  tall?: boolean;
  /** Room that a tall scene needs, if more than usual. */
  height?: string;
  /** As wide as its place. */
  wide?: boolean;
  /** In a container of this width. */
  width?: string;
  dir?: 'rtl';
  /** Text this many times as large. */
  text?: number;
}
export type Loose = HTMLElement & Record<string, unknown>;
export type Scenes = Record<string, Scene[]>;

export const LONG = 'Bartholomew Featherstonehaugh-Cholmondeley of the Northern Department for Returned Kettles';

export const first = (elements: HTMLElement[]): Loose => elements[0] as Loose;
/** Gives properties to the first element. */
export const give = (values: () => Record<string, unknown>) => (elements: HTMLElement[]) => void Object.assign(first(elements), values());

/** A provider around the markup, to be given a call and devices by `provide`. */
export const provided = (inner: string): string => `<sw-call-provider>${inner}</sw-call-provider>`;
export const provide =
  (call: () => SimulatedCall | undefined, devices = () => new SimulatedDevices()) =>
  (elements: HTMLElement[]): void =>
    void Object.assign(first(elements), { call: call(), deviceController: devices() });

/** Waits until what is inside has rendered. */
export async function rendered(element: Loose): Promise<void> {
  await (element.updateComplete as Promise<unknown> | undefined);
}

/** While `act` runs, the browser gives neither microphone nor camera, for this reason. */
export async function refusing(act: () => void | Promise<void>, reason = 'NotAllowedError'): Promise<void> {
  const { mediaDevices } = navigator;
  const real = Object.getOwnPropertyDescriptor(mediaDevices, 'getUserMedia');
  Object.defineProperty(mediaDevices, 'getUserMedia', { configurable: true, value: () => Promise.reject(new DOMException('not given', reason)) });
  try {
    await act();
  } finally {
    if (real) Object.defineProperty(mediaDevices, 'getUserMedia', real);
    else Reflect.deleteProperty(mediaDevices, 'getUserMedia');
  }
}
