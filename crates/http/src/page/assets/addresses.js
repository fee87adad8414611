// IP networks in the one spelling that the server writes: addresses as in RFC 5952, always with a mask.

/** Reads what people write, as in `10.0.0.7`, `10.0.0.0/8` or `2001:DB8::/32`. Null if it is no network. */
export function readNetwork(text) {
  const [address, prefix, ...rest] = text.split("/");
  const isV6 = address.includes(":");
  const written = isV6 ? readV6(address) : readV4(address);
  if (written === null || rest.length > 0) {
    return null;
  }
  const width = isV6 ? 128 : 32;
  if (prefix !== undefined && !/^(0|[1-9][0-9]{0,2})$/.test(prefix)) {
    return null;
  }
  const length = prefix === undefined ? width : Number(prefix);
  // No peer is in an IPv4 network that is spelled as IPv6: such peers are matched as IPv4.
  const onlyMapped = length >= 96 && written.startsWith("::ffff:") && written.includes(".");
  return length <= width && !onlyMapped ? `${written}/${length}` : null;
}

function readV4(text) {
  const parts = text.split(".");
  const good = parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256);
  return good ? text : null;
}

/** The browser's URL parser reads and writes IPv6 as RFC 5952 does, except that it writes mapped IPv4 addresses in hexadecimal. */
function readV6(text) {
  try {
    const written = /^[0-9A-Fa-f:.]+$/.test(text) ? new URL(`http://[${text}]`).hostname.slice(1, -1) : null;
    const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(written) ?? [];
    return high === undefined ? written : `::ffff:${[high, low].flatMap(octets).join(".")}`;
  } catch {
    return null;
  }
}

function octets(group) {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 255];
}
