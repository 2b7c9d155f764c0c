const HEADER_BYTES = 54;

/** A square image as a Windows bitmap of 24 bits: red grows to the right, green downwards, blue is 128. */
export function gradientBitmap(size: number): Uint8Array<ArrayBuffer> {
  const rowBytes = Math.ceil(size * 3 / 4) * 4;
  const bytes = new Uint8Array(HEADER_BYTES + rowBytes * size);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.byteLength, true);
  view.setUint32(10, HEADER_BYTES, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, size, true);
  // A negative height: the first row is the top one.
  view.setInt32(22, -size, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = HEADER_BYTES + y * rowBytes + x * 3;
      bytes.set([128, Math.floor(y * 256 / size), Math.floor(x * 256 / size)], at);
    }
  }
  return bytes;
}
