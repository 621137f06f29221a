/**
 * A `data:` address, which has the image in it: what a browser copies from an image search.
 */
import { ImageError } from '../errors';
import { megabytes } from '../image/limits';

/** Whether an address is one, rather than the address of a server. */
export function isDataAddress(address: string): boolean {
  return /^data:/i.test(address);
}

/**
 * The bytes in a `data:` address, in base64 or percent-encoded, with or without a media type.
 *
 * @param name what to call it in messages.
 * @param maxBytes the most bytes that are decoded.
 * @throws ImageError when it has no comma, or more bytes.
 */
export function decodeDataAddress(address: string, name: string, maxBytes: number): Uint8Array {
  const comma = address.indexOf(',');
  if (comma < 0) {
    throw new ImageError(
      `${name} is no whole data: address: there is no comma, behind which its data are.`,
      'Copy the address again, from its beginning to its end.',
    );
  }
  const isBase64 = /;\s*base64\s*$/i.test(address.slice(0, comma));
  // One character a byte.
  const text = address
    .slice(comma + 1)
    .replace(/#.*$/s, '')
    .replace(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  const content = isBase64 ? text.replace(/\s+/g, '') : text;
  const encoding = isBase64 ? 'base64' : 'latin1';
  const length = Buffer.byteLength(content, encoding);
  if (length > maxBytes) {
    throw new ImageError(
      `${name} has more than the ${megabytes(maxBytes)} that are read.`,
      'Use a smaller image, or allow more with the option maxBytes.',
    );
  }
  return Buffer.from(content, encoding);
}
