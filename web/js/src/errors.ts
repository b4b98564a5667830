/** The error classes of the SDK (names and fields as in the reference), and how an engine's error becomes one. */
import type { EngineError } from './engine.js';

// Names are fields: where a page has frozen the prototypes, one that is assigned is refused.

function cause(error: unknown): ErrorOptions | undefined {
  return error instanceof Error ? { cause: error } : undefined;
}

export class CallCreateError extends Error {
  override name = 'CallCreateError';
  constructor(
    message: string,
    public error: unknown = undefined,
    public direction: 'inbound' | 'outbound' = 'outbound',
    options?: ErrorOptions
  ) {
    super(message, options ?? cause(error));
  }
}
export class CollectionFetchError extends Error {
  override name = 'CollectionFetchError';
  constructor(public operation: string, public originalError: unknown) {
    super(`${operation} failed`, cause(originalError));
  }
}
export class DeviceTokenError extends Error {
  override name = 'DeviceTokenError';
  constructor(message: string, public originalError?: unknown) {
    super(message, cause(originalError));
  }
}
export class DPoPInitError extends Error {
  override name = 'DPoPInitError';
  constructor(public originalError: unknown, message = 'The key-bound refresh could not be activated') {
    super(message, cause(originalError));
  }
}
export class InvalidCredentialsError extends Error {
  override name = 'InvalidCredentialsError';
  constructor(public reason = 'Invalid credentials', options?: ErrorOptions) {
    super(reason, options);
  }
}
export class MediaAccessError extends Error {
  override name = 'MediaAccessError';
  constructor(
    public operation: string,
    public media: string,
    public originalError: unknown,
    public readonly fatal = false
  ) {
    super(`${operation}: access to ${media} failed`, cause(originalError));
  }
  /** Whether the user or the page's policy said no. */
  get denied(): boolean {
    const name = (this.originalError as { name?: string } | undefined)?.name ?? '';
    return ['NotAllowedError', 'SecurityError', 'PermissionDeniedError'].includes(name);
  }
}
export class MediaTrackError extends Error {
  override name = 'MediaTrackError';
  constructor(public operation: string, public kind: string, public originalError: unknown) {
    super(`${operation}: the ${kind} track could not be changed`, cause(originalError));
  }
}
export class MessageParseError extends Error {
  override name = 'MessageParseError';
  constructor(public originalError: unknown) {
    super('A message of the server is not JSON', cause(originalError));
  }
}
export class OverconstrainedFallbackError extends Error {
  override name = 'OverconstrainedFallbackError';
  constructor(public deviceKind: string, public originalError?: unknown) {
    super(`No ${deviceKind} meets the constraints`, cause(originalError));
  }
}
export class PreflightError extends Error {
  override name = 'PreflightError';
  constructor(public phase: string, public originalError?: unknown) {
    super(`Preflight failed in phase ${phase}`, cause(originalError));
  }
}
export class RecoveryError extends Error {
  override name = 'RecoveryError';
  constructor(public action: string, public attempt: number, public originalError?: unknown) {
    super(`${action} failed (attempt ${attempt})`, cause(originalError));
  }
}
export class TokenRefreshError extends Error {
  override name = 'TokenRefreshError';
  constructor(message: string, public originalError?: unknown) {
    super(message, cause(originalError));
  }
}
export class UnexpectedError extends Error {
  override name = 'UnexpectedError';
  constructor(public at?: string, options?: ErrorOptions) {
    super(at ? `Unexpected error: ${at}` : 'Unexpected error', options);
  }
}
export class VertoPongError extends Error {
  override name = 'VertoPongError';
  constructor(public originalError: unknown) {
    super('A ping of the server could not be answered', cause(originalError));
  }
}

// Not exported from the package, like the reference's, but met by applications.

/** A refused request. */
export class JSONRPCError extends Error {
  override name = 'JSONRPCError';
  constructor(public code: number, message: string, public data: unknown, public requestId: string) {
    super(message);
  }
}
/** No answer in time. */
export class RPCTimeoutError extends Error {
  override name = 'RPCTimeoutError';
  constructor(public requestId: string, public timeoutMs: number) {
    super(`No answer within ${timeoutMs} ms`);
  }
}
/** Arguments that make no sense. */
export class InvalidParams extends Error {
  override name = 'InvalidParams';
  constructor(message: string) {
    super(message);
  }
}
/** Something needed is missing, or gone. */
export class DependencyError extends Error {
  override name = 'DependencyError';
  constructor(public description: string) {
    super(description);
  }
}
/** An exchange that the server refused or that never reached it. */
export class RequestError extends Error {
  override name = 'RequestError';
  constructor(message: string, public status?: number, options?: ErrorOptions) {
    super(message, options);
  }
}
/** An exchange that took too long. */
export class RequestTimeoutError extends RequestError {
  override name = 'RequestTimeoutError';
  constructor(message: string, status?: number, options?: ErrorOptions) {
    super(message, status, options);
  }
}

/** Makes the error class an engine's error names. */
export function fromEngine(error: EngineError): Error {
  const { class: name, message, code, details } = error;
  const inner = error.cause ? fromEngine(error.cause) : undefined;
  const options = inner ? { cause: inner } : undefined;
  const text = (key: string) => String(details[key] ?? '');
  switch (name) {
    case 'CallCreateError':
      return new CallCreateError(inner ? `${message}: ${inner.message}` : message, inner, details.direction as 'outbound');
    case 'InvalidCredentialsError':
      return new InvalidCredentialsError(inner ? `${message}: ${inner.message}` : message, options);
    case 'TokenRefreshError':
      return new TokenRefreshError(message, inner);
    case 'UnexpectedError':
      return new UnexpectedError(message, options);
    case 'RecoveryError':
      return new RecoveryError(text('action'), Number(details.attempt), inner);
    case 'MessageParseError':
      return new MessageParseError(inner);
    case 'MediaAccessError':
      return new MediaAccessError(text('operation'), text('media'), inner, details.fatal === true);
    case 'MediaTrackError':
      return new MediaTrackError(text('operation'), text('kind'), inner);
    case 'JSONRPCError':
      return new JSONRPCError(code ?? 0, message, details.data, text('requestId'));
    case 'RPCTimeoutError':
      return new RPCTimeoutError(text('requestId'), Number(details.timeoutMs));
    case 'InvalidParams':
      return new InvalidParams(message);
    case 'DependencyError':
    case 'NotConnected':
      return new DependencyError(message);
    case 'RequestError':
      return new RequestError(`${message}${code ? ` (HTTP ${code})` : ''}`, code ?? undefined);
    default: {
      const plain = new Error(message, options);
      plain.name = name === 'Error' ? text('name') || name : name;
      return plain;
    }
  }
}
