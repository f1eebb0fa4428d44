/** Every byte that `grpc-message` must not hold as it is: `%`, and what is not printable ASCII. */
const escapedBytes = /[^\x20-\x24\x26-\x7e]/g;

/**
 * Percent-encodes the message of an error for the trailer `grpc-message`, as the gRPC specification
 * has it: `%` and every byte of its UTF-8 outside of printable ASCII. Clients decode no more than
 * that: grpc-js shows the `%2C` of a comma as it came.
 */
export function encodeGrpcMessage(message: string): string {
  return Buffer.from(message, "utf8")
    .toString("latin1")
    .replaceAll(escapedBytes, (byte) => {
      return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
    });
}
