// QR codes (ISO/IEC 18004) in byte mode: from bytes to a square of dark and light modules.

import { LEVELS, alignments, codewords, sizeOf } from "./qr_tables.js";

/** The largest version with the stronger of the two levels. Above it, larger modules help readers more. */
const STRONGER_UP_TO = 14;
const MASKS = [
  (x, y) => (x + y) % 2 === 0,
  (x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/**
 * Rows of modules, true for dark; null when the text does not fit into any version. Level ("L" or "M") and mask (0 to 7)
 * are chosen where they are not given.
 */
export function qrCode(text, { level: wished = null, mask = null } = {}) {
  const bytes = new TextEncoder().encode(text);
  const strong = fitting(bytes.length, "M");
  const level = wished ?? (strong !== null && strong <= STRONGER_UP_TO ? "M" : "L");
  const version = fitting(bytes.length, level);
  if (version === null) {
    return null;
  }
  const data = interleave(dataCodewords(bytes, version, level), version, level);
  return masked(version, level, data, mask);
}

function dataCapacity(version, level) {
  const { correction, blocks } = LEVELS[level];
  return codewords(version) - correction[version - 1] * blocks[version - 1];
}

function countBits(version) {
  return version < 10 ? 8 : 16;
}

function fitting(length, level) {
  for (let version = 1; version <= 40; version += 1) {
    if (Math.ceil((4 + countBits(version)) / 8 + length) <= dataCapacity(version, level)) {
      return version;
    }
  }
  return null;
}

/** Mode, count, the bytes, an end, and filling. */
function dataCodewords(bytes, version, level) {
  const bits = [];
  const push = (value, width) => {
    for (let bit = width - 1; bit >= 0; bit -= 1) {
      bits.push((value >> bit) & 1);
    }
  };
  push(0b0100, 4);
  push(bytes.length, countBits(version));
  bytes.forEach((byte) => push(byte, 8));
  const capacity = dataCapacity(version, level) * 8;
  push(0, Math.min(4, capacity - bits.length));
  push(0, (8 - (bits.length % 8)) % 8);
  for (let filler = 0xec; bits.length < capacity; filler ^= 0xec ^ 0x11) {
    push(filler, 8);
  }
  const data = new Uint8Array(bits.length / 8);
  bits.forEach((bit, index) => {
    data[index >> 3] |= bit << (7 - (index & 7));
  });
  return data;
}

/** Splits the data into blocks, adds the error correction of each, and interleaves them. */
function interleave(data, version, level) {
  const many = LEVELS[level].blocks[version - 1];
  const correction = LEVELS[level].correction[version - 1];
  const short = Math.floor(data.length / many);
  const shorter = many - (data.length % many);
  const generator = generatorOf(correction);
  const blocks = [];
  let at = 0;
  for (let block = 0; block < many; block += 1) {
    const length = short + (block < shorter ? 0 : 1);
    const part = data.subarray(at, at + length);
    blocks.push({ part, rest: remainder(part, generator) });
    at += length;
  }
  const out = [];
  for (let index = 0; index <= short; index += 1) {
    blocks.filter(({ part }) => index < part.length).forEach(({ part }) => out.push(part[index]));
  }
  for (let index = 0; index < correction; index += 1) {
    blocks.forEach(({ rest }) => out.push(rest[index]));
  }
  return out;
}

/** Multiplication in GF(256) by the polynomial 0x11d. */
function multiply(one, other) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    product ^= ((other >> bit) & 1) * one;
  }
  return product;
}

/** The product of (x - 2^i), highest power first, without its leading 1. */
function generatorOf(degree) {
  const generator = Array(degree).fill(0);
  generator[degree - 1] = 1;
  let root = 1;
  for (let power = 0; power < degree; power += 1) {
    for (let index = 0; index < degree; index += 1) {
      generator[index] = multiply(generator[index], root) ^ (generator[index + 1] ?? 0);
    }
    root = multiply(root, 2);
  }
  return generator;
}

function remainder(data, generator) {
  const rest = Array(generator.length).fill(0);
  for (const byte of data) {
    const factor = byte ^ rest.shift();
    rest.push(0);
    generator.forEach((coefficient, index) => {
      rest[index] ^= multiply(coefficient, factor);
    });
  }
  return rest;
}

/** With the given mask, or else with the one that is easiest to read. */
function masked(version, level, data, wished) {
  const { modules, fixed } = patterns(version);
  place(modules, fixed, data);
  let best = null;
  MASKS.forEach((mask, number) => {
    if (wished !== null && wished !== number) {
      return;
    }
    const candidate = modules.map((row, y) => row.map((dark, x) => (fixed[y][x] ? dark : dark !== mask(x, y))));
    writeFormat(candidate, LEVELS[level].format, number);
    const cost = penalty(candidate);
    if (best === null || cost < best.cost) {
      best = { candidate, cost };
    }
  });
  return best.candidate;
}

/** The modules that are not data, and where they are. */
function patterns(version) {
  const size = sizeOf(version);
  const modules = Array.from({ length: size }, () => Array(size).fill(false));
  const fixed = Array.from({ length: size }, () => Array(size).fill(false));
  const set = (x, y, dark) => {
    if (x >= 0 && y >= 0 && x < size && y < size) {
      modules[y][x] = dark;
      fixed[y][x] = true;
    }
  };
  for (let at = 0; at < size; at += 1) {
    set(6, at, at % 2 === 0);
    set(at, 6, at % 2 === 0);
  }
  for (const [left, top] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ]) {
    square(left, top, 4, (ring) => ring !== 2 && ring !== 4, set);
  }
  const centres = alignments(version);
  const last = centres.length - 1;
  centres.forEach((x, column) => {
    centres.forEach((y, row) => {
      const inFinder = (column === 0 && row === 0) || (column === 0 && row === last) || (column === last && row === 0);
      if (!inFinder) {
        square(x, y, 2, (ring) => ring !== 1, set);
      }
    });
  });
  for (let at = 0; at < 9; at += 1) {
    // Space for the format, which depends on the mask.
    [
      [at, 8],
      [8, at],
    ]
      .filter(([x, y]) => !fixed[y][x])
      .forEach(([x, y]) => set(x, y, false));
    if (at < 8) {
      set(size - 1 - at, 8, false);
      set(8, size - 1 - at, at === 7);
    }
  }
  if (version >= 7) {
    const bits = (version << 12) | checked(version, 12, 0x1f25);
    for (let bit = 0; bit < 18; bit += 1) {
      const dark = ((bits >> bit) & 1) === 1;
      const [near, far] = [Math.floor(bit / 3), size - 11 + (bit % 3)];
      set(far, near, dark);
      set(near, far, dark);
    }
  }
  return { modules, fixed };
}

function square(x, y, radius, isDark, set) {
  for (let down = -radius; down <= radius; down += 1) {
    for (let right = -radius; right <= radius; right += 1) {
      set(x + right, y + down, isDark(Math.max(Math.abs(down), Math.abs(right))));
    }
  }
}

/** The remainder of a BCH code. */
function checked(value, width, polynomial) {
  let rest = value;
  for (let bit = 0; bit < width; bit += 1) {
    rest = (rest << 1) ^ ((rest >> (width - 1)) * polynomial);
  }
  return rest;
}

function writeFormat(modules, level, mask) {
  const size = modules.length;
  const value = (level << 3) | mask;
  const bits = ((value << 10) | checked(value, 10, 0x537)) ^ 0x5412;
  for (let bit = 0; bit < 15; bit += 1) {
    const dark = ((bits >> bit) & 1) === 1;
    // Once around the upper left finder, without the timing lines; once at the other two finders.
    const around = bit < 6 ? bit : bit < 8 ? bit + 1 : null;
    if (around !== null) {
      modules[around][8] = dark;
      modules[8][size - 1 - bit] = dark;
    } else {
      modules[8][bit === 8 ? 7 : 14 - bit] = dark;
      modules[size - 15 + bit][8] = dark;
    }
  }
  modules[size - 8][8] = true;
}

/** Bits in pairs of columns, from the right, alternately upwards and downwards; the timing column is skipped. */
function place(modules, fixed, data) {
  const size = modules.length;
  let bit = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    const column = right <= 6 ? right - 1 : right;
    const upward = ((column + 1) & 2) === 0;
    for (let step = 0; step < size; step += 1) {
      const y = upward ? size - 1 - step : step;
      for (const x of [column, column - 1]) {
        if (!fixed[y][x] && bit < data.length * 8) {
          modules[y][x] = ((data[bit >> 3] >> (7 - (bit & 7))) & 1) === 1;
          bit += 1;
        }
      }
    }
  }
}

/** How hard the code is to read: long runs, blocks, patterns like a finder, and too much of one colour. */
function penalty(modules) {
  const size = modules.length;
  const columns = modules.map((_, x) => modules.map((row) => row[x]));
  let cost = 0;
  let dark = 0;
  for (const line of [...modules, ...columns]) {
    cost += runs(line) + finders(line);
  }
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      dark += modules[y][x] ? 1 : 0;
      const same =
        x > 0 &&
        y > 0 &&
        [modules[y - 1][x], modules[y][x - 1], modules[y - 1][x - 1]].every((one) => one === modules[y][x]);
      cost += same ? 3 : 0;
    }
  }
  return cost + Math.floor(Math.abs((dark * 100) / (size * size) - 50) / 5) * 10;
}

function runs(line) {
  let cost = 0;
  let length = 0;
  line.forEach((dark, at) => {
    length = at > 0 && dark === line[at - 1] ? length + 1 : 1;
    cost += length === 5 ? 3 : length > 5 ? 1 : 0;
  });
  return cost;
}

function finders(line) {
  const text = line.map((dark) => (dark ? "1" : "0")).join("");
  const found = text.match(/(?=0000(1011101)|(1011101)0000)/g);
  return (found?.length ?? 0) * 40;
}
