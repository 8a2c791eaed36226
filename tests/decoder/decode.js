'use strict';
// Reads ESC/POS bytes from standard input with npos and writes what it found as JSON: text, QR payloads, cuts.

const npos = require('npos');

const LATIN = 'cp437'; // ESC t 0, which is what a slip selects
const rules = npos.rules;
rules[npos.symbols.GS]['(k'] = [0, 'd16']; // two-dimensional codes are missing from npos 0.1.19

function read(stream) {
  return new Promise((resolve, reject) => {
    const parts = [];
    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => resolve(Buffer.concat(parts)));
    stream.on('error', reject);
  });
}

function storedCode(raw, node) {
  // GS ( k pL pH cn fn m data: cn 49 is QR, fn 80 stores the data that fn 81 prints
  const at = node.offset + 3;
  const length = raw.readUInt16LE(at);
  if (raw[at + 2] !== 49 || raw[at + 3] !== 80) return null;
  return raw.slice(at + 5, at + 2 + length).toString('utf8');
}

function printsCode(raw, node) {
  const at = node.offset + 3;
  return raw[at + 2] === 49 && raw[at + 3] === 81;
}

read(process.stdin).then((raw) => {
  const iconv = require('iconv-lite'); // npos brings it and decodes text with it
  return npos.parser(rules).parse(raw).then((ast) => {
    const papers = [];
    let paper = { text: '', qr: [], cut: null, sizes: [] };
    let stored = null;
    for (const node of ast.tree) {
      const command = node.ascii + (node.fn || '');
      if (node.ascii === 'STX') {
        paper.text += iconv.decode(raw.slice(node.offset, node.offset + node.length), LATIN);
      } else if (command === 'GS(k') {
        const data = storedCode(raw, node);
        if (data !== null) stored = data;
        if (printsCode(raw, node) && stored !== null) paper.qr.push(stored);
      } else if (command === 'GS!') {
        const size = raw[node.offset + 2];
        paper.sizes.push({ at: paper.text.length, width: (size >> 4) + 1, height: (size & 7) + 1 });
      } else if (command === 'ESCd') {
        paper.text += '\n'.repeat(raw[node.offset + 2]);
      } else if (command === 'GSV') {
        const mode = raw[node.offset + 2];
        paper.cut = [0, 48, 65].includes(mode) ? 'full' : 'partial';
        papers.push(paper);
        paper = { text: '', qr: [], cut: null, sizes: [] };
      }
    }
    process.stdout.write(JSON.stringify({ papers, rest: paper.text }));
  });
}).catch((fault) => {
  process.stderr.write(String(fault && fault.stack || fault) + '\n');
  process.exit(1);
});
