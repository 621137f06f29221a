/** A file that is bundled, as a data: address. */
declare module '*.wasm' {
  const address: string;
  export default address;
}
