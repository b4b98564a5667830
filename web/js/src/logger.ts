/** Logging: a level, and a logger that an application may replace. */
import type { DebugOptions, LogLevel, SDKLogger } from './types.js';

const LEVELS: LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];
let level: LogLevel = 'warn';
let custom: SDKLogger | null = null;
let debug: DebugOptions = {};

function built(name: Exclude<LogLevel, 'silent'>) {
  return (...args: unknown[]): void => {
    if (LEVELS.indexOf(name) < LEVELS.indexOf(level)) return;
    (name === 'trace' ? console.debug : console[name])(new Date().toISOString(), ...args);
  };
}
const own: SDKLogger = {
  error: built('error'),
  warn: built('warn'),
  info: built('info'),
  debug: built('debug'),
  trace: built('trace')
};
type Traffic = { type: 'send' | 'recv' | 'http'; payload: unknown } | { type: 'send' | 'recv'; raw: string };
export interface InternalSDKLogger extends SDKLogger {
  /** Socket traffic, where the debug options ask for it. Tokens in it are not shown. */
  wsTraffic: (options: Traffic) => void;
}
const SECRETS = /"(jwt_token|dpop_token|authorization_state|credential|token)":"[^"]*"/g;
const proxy: InternalSDKLogger = {
  error: (...args) => (custom ?? own).error(...args),
  warn: (...args) => (custom ?? own).warn(...args),
  info: (...args) => (custom ?? own).info(...args),
  debug: (...args) => (custom ?? own).debug(...args),
  trace: (...args) => (custom ?? own).trace(...args),
  wsTraffic(options) {
    if (!debug.logWsTraffic) return;
    const text = 'raw' in options ? options.raw : JSON.stringify(options.payload);
    proxy.debug(options.type, text.replace(SECRETS, '"$1":"…"'));
  }
};

/** The logger in force at the time of each call. */
export function getLogger(): InternalSDKLogger {
  return proxy;
}
/** Replaces the logger for the whole page; `null` restores the built-in one. */
export function setLogger(logger: SDKLogger | null): void {
  custom = logger;
}
/** Level of the built-in logger. */
export function setLogLevel(next: LogLevel): void {
  level = next;
}
/** Merges debug options; `null` clears them. */
export function setDebugOptions(options: DebugOptions | null): void {
  debug = options ? { ...debug, ...options } : {};
}
