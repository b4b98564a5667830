/** Every element in the states that a person meets, on simulated calls. */
import { CALLS } from './calls.js';
import { DEVICES } from './devices.js';
import { PARTS } from './parts.js';
import type { Scenes } from './scene.js';
import { WIDGET } from './widget.js';

export type { Scene } from './scene.js';
export const SCENES: Scenes = { ...WIDGET, ...CALLS, ...DEVICES, ...PARTS };
