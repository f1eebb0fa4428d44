import { type DescField, type DescOneof, ScalarType } from "@bufbuild/protobuf";
import { isFieldError } from "@bufbuild/protobuf/reflect";
import { Code, ConnectError } from "@connectrpc/connect";
import { RerankError } from "../../errors.ts";
import { connectErrorOf } from "./connect-error.ts";

/**
 * How Connect begins the message of a binary decoding error, which has neither a code of its own (it
 * is INTERNAL) nor a cause.
 */
const binaryErrorPrefix = "parse binary: ";

/**
 * Where protobuf-es names the item of a list, counted from 1. The rest of its message repeats the
 * value.
 */
const listItemPattern = /^list item #(\d+):/;

/**
 * Returns the error that a client gets for a request that could not be decoded, or undefined if
 * `error` is something else. The decoder's own words are not used: they repeat what was sent, which
 * may be the text of a query or document.
 */
export function decodeErrorOf(error: unknown): ConnectError | undefined {
  if (!(error instanceof ConnectError)) return undefined;
  if (isEnvelopeError(error)) return error;
  const { cause, code, rawMessage } = error;
  if (code === Code.Internal && rawMessage.startsWith(binaryErrorPrefix)) {
    return invalid("the request is not a valid protobuf message", error);
  }
  if (code !== Code.InvalidArgument) return undefined;
  if (!(cause instanceof Error) || cause instanceof RerankError) return undefined;
  const inner = cause.cause ?? cause;
  if (isFieldError(inner)) {
    const field = inner.field();
    const item = listItemPattern.exec(inner.message)?.[1];
    const name = item === undefined ? field.name : `${field.name}[${Number(item) - 1}]`;
    const problem = `must be ${expectationOf(field, item !== undefined)}`;
    return invalid(`\`${name}\` ${problem}`, error, name);
  }
  if (inner instanceof SyntaxError || inner instanceof TypeError) {
    return invalid("the request is not valid JSON in UTF-8", error);
  }
  return invalid("the request is not a JSON object of the expected form", error);
}

function expectationOf(field: DescField | DescOneof, isItem: boolean): string {
  if (field.kind === "oneof") return "set once";
  const one = singularOf(field);
  if (field.fieldKind === "list" && !isItem) return `a list, each item ${one}`;
  return one;
}

function singularOf(field: DescField): string {
  if (field.enum) return field.enum.values.map(({ name }) => name).join(" or ");
  switch (field.scalar) {
    case ScalarType.STRING:
      return "a string of valid Unicode";
    case ScalarType.BOOL:
      return "true or false";
    case ScalarType.INT32:
      return "a whole number in the range of an int32";
    case ScalarType.UINT32:
      return "a whole number in the range of a uint32";
    case ScalarType.FLOAT:
      return "a number in the range of a float";
    case undefined:
      return "an object";
    default:
      return "of its type";
  }
}

function invalid(message: string, cause: unknown, field?: string): ConnectError {
  const options = field === undefined ? { cause } : { cause, field };
  return connectErrorOf(new RerankError("invalid_argument", message, options));
}

/** No class of their own: `instanceof` takes every ConnectError for a member of its subclasses. */
const envelopeErrors = new WeakSet<ConnectError>();

/**
 * Returns the error of a call whose messages are not framed as its protocol has it: INTERNAL, as
 * every gRPC implementation answers, although the client did it.
 */
export function createEnvelopeError(message: string, cause?: unknown): ConnectError {
  const error = new ConnectError(message, Code.Internal, undefined, undefined, cause);
  envelopeErrors.add(error);
  return error;
}

/** Returns the error of a message that is larger than the server takes. */
export function tooLargeError(maxBytes: number, cause?: unknown): ConnectError {
  const message = `the message must be at most ${maxBytes} bytes`;
  return connectErrorOf(new RerankError("resource_exhausted", message, { limit: maxBytes, cause }));
}

/** Whether an error comes from createEnvelopeError(), so that the client and not the server is at fault. */
export function isEnvelopeError(error: ConnectError): boolean {
  return envelopeErrors.has(error);
}
