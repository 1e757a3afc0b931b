// Skins: what a kind of thing looks like. Shapes are SVG paths on a grid of 24, drawn once for each
// size of tile.

import plain from '../../sprites/plain.json';
import type { Look } from '../engine/types.ts';
import { ground, letters, tint } from './glyphs.ts';
import { agentLetter, agentStyle, OUTLINE, WALL } from './palette.ts';
import type { Body } from './words.ts';

const GRID = 24;
/** Letters of a state that fit below the sign of a kind. */
const VALUE_MAX = 4;

interface Shape {
  d: string;
  fill?: string;
  stroke?: string;
  width?: number;
}

export type SkinName = 'plain' | 'letters';
export const SKINS: readonly SkinName[] = ['plain', 'letters'];
const SPRITES = plain.sprites as Record<string, Shape[] | undefined>;

/** The state of a look in words, which the sprite sheet uses: doors stand open or shut. */
function state(look: Look): string {
  return look.state ?? (look.value === null ? '' : String(look.value));
}

/** The slot that a thing belongs to, as the state of its look says; null where it belongs to nobody. */
function owner(look: Look): number | null {
  const found = /^of (\d+)$/.exec(look.state ?? '')?.[1];
  return found === undefined ? null : Number(found);
}

/** Shapes of a look; undefined where the skin has none, and a letter stands for it. */
function shapes(look: Look): Shape[] | undefined {
  return SPRITES[`${look.kind}:${state(look)}`] ?? SPRITES[look.kind];
}

/** The one colour of a look, for maps drawn with a pixel a cell. */
export function colourOf(look: Look): string {
  const slot = owner(look);
  if (slot !== null) return agentStyle(slot).fill;
  const drawn = shapes(look)?.find((shape) => shape.fill)?.fill;
  return drawn ?? (look.layer === 'floor' ? ground(look.kind) : tint(look.kind));
}

/** Pictures of one skin at one size, made when first asked for. */
export class Tiles {
  private readonly made = new Map<string, HTMLCanvasElement>();
  private readonly signs: Map<string, string>;

  /** `looks`: all of the file, so that the letters of its kinds differ. */
  constructor(
    private readonly skin: SkinName,
    /** Side of a tile in device pixels. */
    readonly side: number,
    looks: readonly Look[],
  ) {
    this.signs = letters(looks.filter(({ layer }) => layer !== 'floor'));
  }

  look(look: Look): HTMLCanvasElement {
    return this.once(`look ${look.code}`, (context) => {
      const found = this.skin === 'plain' ? shapes(look) : undefined;
      if (found) drawShapes(context, found);
      else drawSign(context, look, this.signs.get(look.kind) ?? '');
      const slot = owner(look);
      if (slot !== null) drawOwner(context, slot);
    });
  }

  body(body: Body): HTMLCanvasElement {
    const { slot, facing, still, carrying, marked } = body;
    return this.once(`body ${slot} ${facing} ${still} ${carrying} ${marked}`, (context) => {
      drawBody(context, body, this.side);
    });
  }

  private once(key: string, draw: (context: CanvasRenderingContext2D) => void): HTMLCanvasElement {
    const found = this.made.get(key);
    if (found) return found;
    const canvas = document.createElement('canvas');
    canvas.width = this.side;
    canvas.height = this.side;
    const context = canvas.getContext('2d');
    if (!context) throw new Error('This browser draws no 2D canvas.');
    context.scale(this.side / GRID, this.side / GRID);
    context.lineCap = 'round';
    context.lineJoin = 'round';
    draw(context);
    this.made.set(key, canvas);
    return canvas;
  }
}

function drawShapes(context: CanvasRenderingContext2D, list: Shape[]): void {
  for (const { d, fill, stroke, width } of list) {
    const path = new Path2D(d);
    if (fill) {
      context.fillStyle = fill;
      context.fill(path);
    }
    if (stroke) {
      context.strokeStyle = stroke;
      context.lineWidth = width ?? 1;
      context.stroke(path);
    }
  }
}

/** Floors are quiet, walls slate; what is solid fills its tile, an item is a disc, a mark lies flat, air is thin. */
function drawSign(context: CanvasRenderingContext2D, look: Look, sign: string): void {
  if (look.layer === 'floor') {
    context.fillStyle = ground(look.kind);
    context.fillRect(0, 0, GRID, GRID);
    return;
  }
  if (look.kind === 'wall' && look.value === null) {
    context.fillStyle = WALL;
    context.fillRect(0, 0, GRID, GRID);
    return;
  }
  const shape = new Path2D();
  if (look.layer === 'item') shape.arc(12, 12, 9.2, 0, 2 * Math.PI);
  else if (look.layer === 'solid') shape.rect(1, 1, 22, 22);
  else shape.rect(2.5, 2.5, 19, 19);
  context.fillStyle = tint(look.kind);
  // What lies flat or floats lets the ground through.
  context.globalAlpha = look.layer === 'mark' || look.layer === 'air' ? 0.6 : 1;
  context.fill(shape);
  context.globalAlpha = 1;
  context.strokeStyle = OUTLINE;
  context.lineWidth = look.layer === 'solid' ? 1.6 : 1;
  if (state(look) === 'open' || look.layer === 'air') context.setLineDash([2.5, 2]);
  if (look.layer !== 'mark') context.stroke(shape);
  const value =
    ['open', 'shut', 'free'].includes(state(look)) || owner(look) !== null
      ? ''
      : state(look).slice(0, VALUE_MAX);
  write(context, sign, OUTLINE, value ? 9 : 11, value ? 9.6 : 12.9);
  // The value of the kind's visible variable, below its letters.
  if (value) write(context, value, OUTLINE, 7.5, 17.6);
}

/** Whose a thing is: colour and letter of the agent on it. */
function drawOwner(context: CanvasRenderingContext2D, slot: number): void {
  const { fill, ink } = agentStyle(slot);
  context.setLineDash([]);
  context.fillStyle = fill;
  context.strokeStyle = OUTLINE;
  context.lineWidth = 1.4;
  context.beginPath();
  context.rect(3.5, 3.5, 17, 17);
  context.fill();
  context.stroke();
  write(context, agentLetter(slot), ink, 11);
}

function drawBody(context: CanvasRenderingContext2D, body: Body, side: number): void {
  const { fill, ink, stripe } = agentStyle(body.slot);
  context.save();
  context.translate(12, 12);
  context.rotate((body.facing * Math.PI) / 2);
  // The notch points where the body faces; the rotation starts at north.
  context.fillStyle = OUTLINE;
  context.fill(new Path2D('M-4.2 -8.4L0 -11.8L4.2 -8.4Z'));
  context.restore();
  const disc = new Path2D();
  disc.arc(12, 12, 8.8, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill(disc);
  context.save();
  context.clip(disc);
  if (stripe) {
    context.fillStyle = OUTLINE;
    context.fillRect(0, 17.2, GRID, 2.2);
  }
  if (body.still) {
    context.strokeStyle = ink;
    context.lineWidth = 1;
    for (let x = -GRID; x < GRID; x += 4) context.stroke(new Path2D(`M${x} 24L${x + GRID} 0`));
  }
  context.restore();
  context.strokeStyle = OUTLINE;
  // Two pixels on the screen, whatever the size of the tile, but never a blot.
  context.lineWidth = Math.min(2.4, Math.max(1.4, (2 * GRID) / side));
  context.stroke(disc);
  if (side >= 20) drawDots(context, body.facing, ink);
  write(context, agentLetter(body.slot), ink, body.slot < 26 ? 12 : 8);
  if (body.marked) {
    context.fillStyle = '#FFFFFF';
    context.strokeStyle = OUTLINE;
    context.lineWidth = 1.3;
    const mark = new Path2D('M5.5 13.500L10 18 5.500 22.500 1 18Z');
    context.fill(mark);
    context.stroke(mark);
  }
  if (body.carrying) {
    context.fillStyle = '#C2955A';
    context.strokeStyle = OUTLINE;
    context.lineWidth = 1.3;
    const pack = new Path2D('M15 15.5H22.5V22.5H15Z');
    context.fill(pack);
    context.stroke(pack);
  }
}

/** Two dots near the rim, on the side that the body faces. */
function drawDots(context: CanvasRenderingContext2D, facing: number, ink: string): void {
  context.save();
  context.translate(12, 12);
  context.rotate((facing * Math.PI) / 2);
  context.fillStyle = ink;
  for (const x of [-2.6, 2.6]) {
    context.beginPath();
    context.arc(x, -6.4, 1, 0, 2 * Math.PI);
    context.fill();
  }
  context.restore();
}

function write(
  context: CanvasRenderingContext2D,
  text: string,
  ink: string,
  size: number,
  y = 12.9,
): void {
  context.fillStyle = ink;
  context.font = `700 ${size}px "Atkinson Hyperlegible Next Variable", system-ui, sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(text, 12, y);
}
