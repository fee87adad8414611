// IP networks in the one spelling that the server writes: addresses as in RFC 5952, always with a mask.

/** Reads what people write, as in `10.0.0.7`, `10.0.0.0/8` or `2001:DB8::/32`. Null if it is no network. */
export function readNetwork(text) {
  const [address, prefix, ...rest] = text.split("/");
  const groups = readAddress(address);
  if (groups === null || rest.length > 0) {
    return null;
  }
  const width = groups.length === 4 ? 32 : 128;
  if (prefix !== undefined && !/^(0|[1-9][0-9]{0,2})$/.test(prefix)) {
    return null;
  }
  const length = prefix === undefined ? width : Number(prefix);
  // Nobody is in an IPv4 network that is spelled as IPv6: such peers are matched as IPv4.
  const onlyMapped = length >= 96 && isMapped(groups);
  return length <= width && !onlyMapped ? `${writeAddress(groups)}/${length}` : null;
}

/** 4 numbers for IPv4, 8 for IPv6. Null if it is no address. */
function readAddress(text) {
  return text.includes(":") ? readV6(text) : readV4(text);
}

function readV4(text) {
  const parts = text.split(".");
  const good = parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256);
  return good ? parts.map(Number) : null;
}

function readV6(text) {
  const halves = text.split("::");
  if (halves.length > 2) {
    return null;
  }
  const [head, tail] = halves.map((half, index) => readGroups(half, index === halves.length - 1));
  if (head === null || tail === null) {
    return null;
  }
  if (tail === undefined) {
    return head.length === 8 ? head : null;
  }
  const zeros = 8 - head.length - tail.length;
  return zeros >= 1 ? [...head, ...Array(zeros).fill(0), ...tail] : null;
}

function readGroups(text, isLast) {
  if (text === "") {
    return [];
  }
  const groups = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const v4 = isLast && index === parts.length - 1 && part.includes(".") ? readV4(part) : null;
    if (v4 !== null) {
      groups.push(v4[0] * 256 + v4[1], v4[2] * 256 + v4[3]);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return null;
    }
  }
  return groups;
}

function isMapped(groups) {
  return groups.length === 8 && groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
}

function writeAddress(groups) {
  if (groups.length === 4) {
    return groups.join(".");
  }
  if (isMapped(groups)) {
    const [high, low] = groups.slice(6);
    return `::ffff:${[high >> 8, high & 255, low >> 8, low & 255].join(".")}`;
  }
  const { start, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) {
    return hex.join(":");
  }
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

/** The first of the longest runs of zeros. */
function longestZeros(groups) {
  let longest = { start: 0, length: 0 };
  let start = 0;
  for (let at = 0; at <= groups.length; at += 1) {
    if (groups[at] !== 0) {
      if (at - start > longest.length) {
        longest = { start, length: at - start };
      }
      start = at + 1;
    }
  }
  return longest;
}
