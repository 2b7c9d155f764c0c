/** @throws {RangeError} if it is not the status of an error */
export function checkStatus(status: number): void {
  if (!Number.isInteger(status) || status < 400 || status > 599) {
    throw new RangeError(
      `Cannot create ProxyError: status ${status} is not within 400 to 599`,
    );
  }
}

// RFC 9110 §5.1 and §5.5: a name is a token, a value has no control character.
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** @throws {TypeError} if a field would break the head of an answer */
export function checkHeaders(headers: readonly (readonly [string, string])[]): void {
  for (const [name, value] of headers) {
    if (!FIELD_NAME.test(name) || !FIELD_VALUE.test(value)) {
      throw new TypeError(
        `Cannot create ProxyError: ${JSON.stringify(name)} is not a valid field`,
      );
    }
  }
}
