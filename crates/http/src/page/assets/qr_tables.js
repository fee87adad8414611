// What ISO/IEC 18004 lays down for QR codes of versions 1 to 40, for the two weaker levels of error correction.

/** Per level and version: codewords of error correction in each block, and the number of blocks (table 9). */
export const LEVELS = {
  L: {
    format: 1,
    correction: [
      7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, 30, 30, 30,
      30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
    blocks: [
      1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19,
      19, 20, 21, 22, 24, 25,
    ],
  },
  M: {
    format: 0,
    correction: [
      10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28,
      28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    ],
    blocks: [
      1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33,
      35, 37, 38, 40, 43, 45, 47, 49,
    ],
  },
};

/** Modules on a side. */
export function sizeOf(version) {
  return 4 * version + 17;
}

/** Where alignment patterns have their centres, on both axes (annex E). */
export function alignments(version) {
  if (version === 1) {
    return [];
  }
  const many = Math.floor(version / 7) + 2;
  const last = sizeOf(version) - 7;
  // Even distances from the far end, rounded up; version 32 is the one that does not follow.
  const step = version === 32 ? 26 : Math.ceil((last - 6) / (many - 1) / 2) * 2;
  return [6, ...Array.from({ length: many - 1 }, (_, index) => last - step * (many - 2 - index))];
}

/** Codewords that fit, data and correction together: the modules outside of patterns, divided by eight (table 1). */
export function codewords(version) {
  const many = alignments(version).length;
  let modules = sizeOf(version) ** 2 - 3 * 64 - 2 * (sizeOf(version) - 16) - 31;
  if (many > 0) {
    // Three corners have a finder instead; those on the timing lines share five modules with them.
    modules -= (many * many - 3) * 25 - (many - 2) * 2 * 5;
  }
  if (version >= 7) {
    modules -= 36;
  }
  return Math.floor(modules / 8);
}
