/** All elements. */
export { SwClickToCall } from './sw-click-to-call.js';
export { SwCallWidget } from './sw-call-widget.js';
