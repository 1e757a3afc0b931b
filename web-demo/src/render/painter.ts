// Draws one arena on two canvases: cells below, where only what changed is drawn again, and bodies
// above, which may glide from cell to cell.

import { LAYERS, type Look, WORD } from '../engine/types.ts';
import { AGENT_FILLS, EFFECT, OUTLINE } from './palette.ts';
import { colourOf, type SkinName, Tiles } from './skin.ts';
import { bodies, changedCells, type Placed, tileSide } from './words.ts';

/** Below this many device pixels a tile, a cell is one pixel, scaled without smoothing. */
const SPRITE_MIN = 12;

/** Strength of what is in the air. */
const AIR = 0.7;

/** Where a map is drawn, in CSS pixels, and the device pixels in one of them. */
export interface Room {
  width: number;
  height: number;
  scale: number;
}

export class Painter {
  private tiles: Tiles | undefined;
  private looks: (Look | undefined)[] = [];
  private before: Uint8Array | null = null;
  private placed: Placed[] = [];
  private glide = 0;
  private ring: number | null = null;

  constructor(
    private readonly cells: HTMLCanvasElement,
    private readonly agents: HTMLCanvasElement,
  ) {}

  /** Sets map, skin and room. */
  fit(map: { width: number; height: number; looks: Look[] }, skin: SkinName, room: Room): void {
    const { scale } = room;
    this.width = map.width;
    this.height = map.height;
    this.looks = [];
    for (const look of map.looks) this.looks[look.code] = look;
    const tile = tileSide(map, room);
    this.sprites = tile >= SPRITE_MIN;
    this.tiles = new Tiles(skin, tile, map.looks);
    const side = this.sprites ? tile : 1;
    for (const canvas of [this.cells, this.agents]) {
      canvas.width = map.width * side;
      canvas.height = map.height * side;
      canvas.style.width = `${(map.width * tile) / scale}px`;
      canvas.style.height = `${(map.height * tile) / scale}px`;
      canvas.style.imageRendering = this.sprites ? 'auto' : 'pixelated';
    }
    this.before = null;
    this.placed = [];
  }

  private width = 0;
  private height = 0;
  private sprites = true;

  /**
   * Draws a tick. `tween`: milliseconds that bodies take to their new cells, 0 for none. `ring`: a cell
   * that a caption speaks of.
   */
  paint(words: Uint8Array, tween: number, ring: number | null): void {
    if (!this.tiles) return;
    this.ring = ring;
    cancelAnimationFrame(this.glide);
    if (this.sprites) {
      for (const cell of changedCells(this.before, words)) this.paintCell(words, cell);
    } else {
      this.paintPixels(words);
    }
    const from = new Map(this.placed.map((body) => [body.slot, body.cell]));
    this.placed = bodies(words);
    this.before = words.slice();
    if (!this.sprites) return;
    if (tween <= 0) {
      this.paintBodies(from, 1);
      return;
    }
    const start = performance.now();
    const go = (now: number): void => {
      const share = Math.min(1, Math.max(0, (now - start) / tween));
      this.paintBodies(from, share);
      if (share < 1) this.glide = requestAnimationFrame(go);
    };
    go(start);
  }

  /** Ends a glide: the element is going away. */
  stop(): void {
    cancelAnimationFrame(this.glide);
  }

  private paintCell(words: Uint8Array, cell: number): void {
    const context = this.cells.getContext('2d');
    if (!context || !this.tiles) return;
    const side = this.tiles.side;
    const x = (cell % this.width) * side;
    const y = Math.floor(cell / this.width) * side;
    context.clearRect(x, y, side, side);
    // Floor, then what lies on it: marks under items under what is solid.
    for (const layer of [0, 3, 2, 1, 4]) {
      const look = this.looks[words[cell * WORD + layer] ?? 0];
      if (!look || look.layer !== LAYERS[layer]) continue;
      // What is in the air does not hide what is below.
      context.globalAlpha = look.layer === 'air' ? AIR : 1;
      context.drawImage(this.tiles.look(look), x, y);
      context.globalAlpha = 1;
    }
    if (words[cell * WORD + 7]) {
      context.globalAlpha = 0.55;
      context.fillStyle = EFFECT;
      context.fillRect(x, y, side, side);
      context.globalAlpha = 1;
    }
  }

  private paintBodies(from: Map<number, number>, share: number): void {
    const context = this.agents.getContext('2d');
    if (!context || !this.tiles) return;
    const side = this.tiles.side;
    context.clearRect(0, 0, this.agents.width, this.agents.height);
    for (const body of this.placed) {
      const x1 = body.cell % this.width;
      const y1 = Math.floor(body.cell / this.width);
      const old = from.get(body.slot) ?? body.cell;
      let x0 = old % this.width;
      let y0 = Math.floor(old / this.width);
      // A body that was put elsewhere, or went over the rim, does not fly there.
      if (Math.abs(x1 - x0) > 1 || Math.abs(y1 - y0) > 1) [x0, y0] = [x1, y1];
      const x = x0 + (x1 - x0) * share;
      const y = y0 + (y1 - y0) * share;
      context.drawImage(this.tiles.body(body), Math.round(x * side), Math.round(y * side));
    }
    if (this.ring !== null) this.paintRing(context, this.ring, side);
  }

  /** Light on dark on light: seen on every floor. */
  private paintRing(context: CanvasRenderingContext2D, cell: number, side: number): void {
    const x = ((cell % this.width) + 0.5) * side;
    const y = (Math.floor(cell / this.width) + 0.5) * side;
    for (const [colour, width] of [
      ['#FFFFFF', side / 5],
      [OUTLINE, side / 10],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      context.arc(x, y, side * 0.68, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  private paintPixels(words: Uint8Array): void {
    const context = this.cells.getContext('2d');
    if (!context) return;
    for (let cell = 0; cell < this.width * this.height; cell++) {
      context.fillStyle = this.pixel(words, cell);
      context.fillRect(cell % this.width, Math.floor(cell / this.width), 1, 1);
    }
  }

  private pixel(words: Uint8Array, cell: number): string {
    const at = cell * WORD;
    const slot = words[at + 5] ?? 0;
    if (slot) return AGENT_FILLS[(slot - 1) % AGENT_FILLS.length] ?? EFFECT;
    if (words[at + 7]) return EFFECT;
    for (const layer of [4, 1, 2, 3, 0]) {
      const look = this.looks[words[at + layer] ?? 0];
      if (look) return colourOf(look);
    }
    return '#000000';
  }
}
