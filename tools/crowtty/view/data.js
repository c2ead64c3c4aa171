// SPDX-License-Identifier: MIT OR Apache-2.0
// Reads the page's data; view_write.h says how it is laid out.

async function inflate(base64) {
  const text = atob(base64.trim());
  const packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// One column of LEB128 numbers; times are kept as differences, and made relative to `first`.
function readColumn(bytes, at, {kind, count}, first) {
  const column = kind === "int" ? new Uint32Array(count) : new Float64Array(count);
  let sum = kind === "time" ? -first : 0;
  for (let i = 0; i < count; i++) {
    let byte = bytes[at++];
    let value = byte & 127;
    for (let scale = 128; byte > 127; scale *= 128) {
      byte = bytes[at++];
      value += (byte & 127) * scale;
    }
    column[i] = kind === "time" ? (sum += value) : value;
  }
  return column;
}

function readData(bytes) {
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  const tables = {message: {}, span: {}, log: {}};
  let at = 4 + size;
  for (const column of head.columns) {
    const read = readColumn(bytes, at, column, head.first);
    at += column.size;
    if (column.track !== undefined) {
      head.tracks[column.track][column.name] = read;
    } else {
      const [table, field] = column.name.split(".");
      tables[table][field] = read;
    }
  }
  return {...head, ...tables, total: Math.max(head.last - head.first, 1)};
}
