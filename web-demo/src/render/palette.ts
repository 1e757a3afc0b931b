// Colours of the world on the canvas; the page's own stand in styles.css.

/** Fill of agents A to P, then again with a stripe. */
export const AGENT_FILLS = [
  '#0072B2',
  '#D55E00',
  '#009E73',
  '#CC79A7',
  '#E69F00',
  '#56B4E9',
  '#F0E442',
  '#FFFFFF',
] as const;

export const OUTLINE = '#1B1F24';
export const FLOOR = '#EFEBE1';
export const WALL = '#4A5058';
/** Tint of a beam; messages and other effects share it, at less strength. */
export const EFFECT = '#F0E442';

/** Fill, ink and stripe of the agent in a slot. */
export function agentStyle(slot: number): { fill: string; ink: string; stripe: boolean } {
  const n = AGENT_FILLS.length;
  const fill = AGENT_FILLS[slot % n] ?? FLOOR;
  return { fill, ink: contrast(fill, '#FFFFFF') >= 4.5 ? '#FFFFFF' : '#000000', stripe: slot >= n };
}

/** Letter of the agent in a slot: A to Z, then AA, AB and so on. */
export function agentLetter(slot: number): string {
  const letter = String.fromCharCode(65 + (slot % 26));
  return slot < 26 ? letter : agentLetter(Math.floor(slot / 26) - 1) + letter;
}

/** Contrast ratio of two `#RRGGBB` colours, 1 to 21 (WCAG 2.2, relative luminance). */
export function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const channel = (at: number): number => {
    const c = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}
