/** What stands in, in a browser, for the parts of Node that the library's functions name. */

/** By this symbol Node prints values its own way; a browser doesn't ask. */
export const inspect = { custom: Symbol('inspect') };

/** No value in a browser is a file's address. */
export const fileURLToPath = (address: unknown) => String(address);
