/**
 * The longest that an input may take to its answer or the end of its connection, in milliseconds:
 * well above the time that the server gives a request to arrive.
 */
export const inputTimeoutMs = 20_000;
