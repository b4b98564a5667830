declare const OFFHOOK_VERSION: string;
/** The package's version; put in by the build. */
export const version: string = typeof OFFHOOK_VERSION === 'undefined' ? '0.0.0' : OFFHOOK_VERSION;
