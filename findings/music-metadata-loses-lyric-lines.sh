#!/usr/bin/env bash
# music-metadata (Node's tag reader): timed lyrics lose lines, and are timed in FLAC only, not in MP3.
# Most would expect: the LRC text in a LYRICS tag comes back either as it is or with all of its lines.
# What happens: in Vorbis comments and MP4 the text is turned into `syncText`. Of a line with two stamps
# (a chorus) only the first place is left, with the other stamp as part of the words; lines stamped
# [m:ss.x], [mm:ss] or from minute 100 on are dropped, from `text` too. The same text in an ID3 USLT
# frame comes back untouched and untimed. A player built on it shows other lyrics for the same song.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' > package.json
npm install --silent --no-audit --no-fund music-metadata@11.16.1 ||
  { echo "cannot install music-metadata@11.16.1 (needs npm and Node 18 or newer)" >&2; exit 2; }
cat > look.mjs <<'JS'
import { readFileSync } from "node:fs";
import { parseBuffer } from "music-metadata";

const lrc = ["[00:01.00]one", "[00:05.00][00:07.00]chorus", "[00:09.5]tenth", "[00:11]whole",
  "[100:30.25]late", ""].join("\n");
const bytes = (n, size) => { const b = Buffer.alloc(size); b.writeUIntBE(n, 0, size); return b; };
const little = (text) => {
  const b = Buffer.from(text), size = Buffer.alloc(4);
  size.writeUInt32LE(b.length);
  return Buffer.concat([size, b]);
};

// A FLAC file of two metadata blocks and no sound.
const info = Buffer.concat([bytes(4096, 2), bytes(4096, 2), bytes(0, 6),
  Buffer.from([0x0b, 0xb8, 0x02, 0xf0, 0, 0, 0, 0]), Buffer.alloc(16)]);
const count = Buffer.alloc(4);
count.writeUInt32LE(1);
const tags = Buffer.concat([little("findings"), count, little("LYRICS=" + lrc)]);
const block = (kind, body) => Buffer.concat([bytes(kind, 1), bytes(body.length, 3), body]);
const flac = Buffer.concat([Buffer.from("fLaC"), block(0, info), block(0x84, tags)]);

// An ID3v2.3 tag with one USLT frame, before one silent MP3 frame of 417 bytes.
const text = Buffer.concat([Buffer.from([0]), Buffer.from("eng"), Buffer.from([0]), Buffer.from(lrc)]);
const frame = Buffer.concat([Buffer.from("USLT"), bytes(text.length, 4), bytes(0, 2), text]);
const n = frame.length;
const size = Buffer.from([0, 0, n >> 7, n & 127]);
const sound = Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0xc4]), Buffer.alloc(413)]);
const mp3 = Buffer.concat([Buffer.from("ID3"), Buffer.from([3, 0, 0]), size, frame, sound, sound]);

console.log("music-metadata", JSON.parse(readFileSync("node_modules/music-metadata/package.json")).version);
const read = async (data, mimeType) =>
  (await parseBuffer(data, { mimeType, size: data.length })).common.lyrics[0];
const inFlac = await read(flac, "audio/flac");
const inMp3 = await read(mp3, "audio/mpeg");
console.log("written:", JSON.stringify(lrc));
console.log("FLAC syncText:", JSON.stringify(inFlac.syncText), "text:", JSON.stringify(inFlac.text));
console.log("MP3  syncText:", JSON.stringify(inMp3.syncText), "text:", JSON.stringify(inMp3.text));
const same = JSON.stringify(inFlac.syncText) ===
  '[{"timestamp":1000,"text":"one"},{"timestamp":5000,"text":"[00:07.00]chorus"}]' &&
  inFlac.text === "one\n[00:07.00]chorus" && inMp3.text.includes("[100:30.25]late") &&
  !inMp3.syncText?.length;
if (!same) {
  console.error("the behaviour has changed");
  process.exit(1);
}
JS
node look.mjs
