/** Files that are no images, or none that is read. */
import { gzipSync } from 'node:zlib';
import { bad, noise, type Row } from './row';

export const OTHER_THINGS: readonly Row[] = [
  ['empty', () => '', bad(/is empty/)],
  ['one byte', () => 'B', bad(/looks like text/)],
  ['zeros', () => Buffer.alloc(1000), bad(/binary data/)],
  ['noise', () => noise(1000), bad(/binary data/)],
  ['text', () => 'hello, I am a cat\n', bad(/looks like text/)],
  [
    'HTML',
    () => '\ufeff<!-- hi -->\n<!DOCTYPE html><html><img src="cat.jpg">',
    bad(/an HTML page.*address of the image/s),
  ],
  ["HTML behind a JPEG's first bytes", () => Buffer.from('\xff\xd8\xff<html>', 'latin1'), bad(/broken JPEG/)],
  [
    'SVG with a script',
    () => '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    bad(/an SVG drawing/),
  ],
  ['SVG behind an XML declaration', () => '<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg/>', bad(/SVG/)],
  [
    'SVG that asks for a file',
    () =>
      '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>',
    bad(/XML|SVG/),
  ],
  ['SVG, packed', () => gzipSync('<svg xmlns="http://www.w3.org/2000/svg"/>'), bad(/gzip-compressed/)],
  ["SVG behind a JPEG's first bytes", () => Buffer.from('\xff\xd8\xff<svg/>', 'latin1'), bad(/JPEG|picture/)],
  ['JSON', () => '{"error": "no such image"}', bad(/looks like JSON/)],
  ['PDF', () => '%PDF-1.7\n', bad(/a PDF document/)],
  ['ZIP', () => 'PK\x03\x04\0\0', bad(/a ZIP archive/)],
  ['HEIC', () => '\0\0\0\x18ftypheic\0\0\0\0mif1heic', bad(/an HEIC photo/)],
  ['a video', () => '\0\0\0\x18ftypmp42\0\0\0\0isommp42', bad(/a video/)],
  ['JPEG XL', () => Buffer.from('\xff\x0a\0\0', 'latin1'), bad(/JPEG XL/)],
  ['over 50 MB', () => Buffer.alloc(50e6 + 1), bad(/50 MB, more than the 50 MB/)],
];
