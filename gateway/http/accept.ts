interface Range {
  readonly type: string;
  readonly quality: number;
}

function rangesOf(header: string): readonly Range[] {
  return header.split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const quality = parameters.find((one) => one.startsWith('q='))?.slice(2);
    return { type, quality: quality === undefined ? 1 : Number(quality) || 0 };
  });
}

/** How closely a range names a media type: 3 by name, 2 by its first half, 1 by `*`; 0 not at all. */
function closeness(range: string, media: string): number {
  if (range === media || media === '*/*') return 3;
  if (range === '*/*') return 1;
  return range.endsWith('/*') && media.startsWith(range.slice(0, -1)) ? 2 : 0;
}

/**
 * Whether who asks takes one of some media types.
 *
 * @param header - `Accept`; absent: anything is taken.
 * @param media - what can be answered; empty: nothing is, which everybody takes.
 * @source RFC 9110 section 12.5.1
 */
export function isAccepted(header: string | undefined, media: readonly string[]): boolean {
  if (header === undefined || header.trim() === '' || media.length === 0) return true;
  const ranges = rangesOf(header);
  return media.some((one) => {
    const fitting = ranges
      .map(({ type, quality }) => ({ quality, close: closeness(type, one) }))
      .filter(({ close }) => close > 0)
      .sort((left, right) => right.close - left.close);
    return (fitting[0]?.quality ?? 0) > 0;
  });
}
