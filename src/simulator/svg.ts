/** Text as it may stand in an XML document. */
export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
}

/** An element with attributes; numbers are rounded to a tenth of a pixel. */
export function element(name: string, attributes: Readonly<Record<string, string | number>>, inner = ""): string {
  const text = Object.entries(attributes).map(([key, value]) => {
    return ` ${key}="${typeof value === "number" ? tenth(value) : escaped(value)}"`;
  });
  return inner === "" ? `<${name}${text.join("")}/>` : `<${name}${text.join("")}>${inner}</${name}>`;
}

/** A line of text. `anchor` says which end of it stands at x. */
export function label(
  x: number,
  y: number,
  text: string,
  { size = 13, fill = "#333", anchor = "start", weight = "normal" } = {},
): string {
  return element(
    "text",
    { x, y, "font-size": size, fill, "text-anchor": anchor, "font-weight": weight },
    escaped(text),
  );
}

/** The `d` of a path through points; a point without a y is a gap. */
export function pathThrough(points: readonly (readonly [x: number, y: number | undefined])[]): string {
  let d = "";
  let drawing = false;
  for (const [x, y] of points) {
    if (y !== undefined) d += `${drawing ? "L" : "M"}${tenth(x)} ${tenth(y)}`;
    drawing = y !== undefined;
  }
  return d;
}

/** Maps a range of values to a range of pixels, linearly. */
export function scale(from: number, to: number, low: number, high: number): (value: number) => number {
  return (value) => low + ((value - from) / (to - from || 1)) * (high - low);
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
