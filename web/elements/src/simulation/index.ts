/** Simulated calls, devices and streams: for the gallery, and for pages that are tested without a server. */
export { SimulatedCall, type Scene } from './call.js';
export { device, SimulatedClient, SimulatedDevices } from './client.js';
export { picture, tone } from './media.js';
export { Asked, SimulatedParticipant, SimulatedSelf } from './participant.js';
export { Value } from './value.js';
