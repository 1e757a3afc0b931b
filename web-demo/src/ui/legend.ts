// <cw-legend>: each kind of thing of the file as the maps draw it, with its name.

import { html, LitElement, type TemplateResult } from 'lit';
import type { Look } from '../engine/types.ts';
import { t } from '../i18n/index.ts';
import { type SkinName, Tiles } from '../render/skin.ts';

/** Side of a picture in CSS pixels. */
const SIDE = 28;

export class CwLegend extends LitElement {
  static override properties = { looks: { attribute: false }, skin: {} };

  declare looks: readonly Look[];
  declare skin: SkinName;

  constructor() {
    super();
    this.looks = [];
    this.skin = 'plain';
  }

  // Light DOM: styles are those of the screen.
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    const things = kinds(this.looks);
    if (things.length === 0) return html``;
    return html`<h3>${t('things')}</h3>
      <ul class="who">
        ${things.map(
          (look) => html`<li>
            <canvas data-look=${look.code} aria-hidden="true"></canvas> ${words(look)}
          </li>`,
        )}
      </ul>`;
  }

  protected override updated(): void {
    this.draw();
    // Letters need the font.
    void document.fonts.ready.then(() => this.draw());
  }

  private draw(): void {
    const side = Math.round(SIDE * (window.devicePixelRatio || 1));
    const tiles = new Tiles(this.skin, side, this.looks);
    const floor = this.looks.find(({ layer }) => layer === 'floor');
    for (const canvas of this.querySelectorAll('canvas')) {
      const look = this.looks.find(({ code }) => code === Number(canvas.dataset.look));
      canvas.width = side;
      canvas.height = side;
      canvas.style.inlineSize = `${SIDE}px`;
      canvas.style.blockSize = `${SIDE}px`;
      const context = canvas.getContext('2d');
      if (floor) context?.drawImage(tiles.look(floor), 0, 0);
      if (look) context?.drawImage(tiles.look(look), 0, 0);
    }
  }
}

/** Most states of one kind that get a picture. */
const STATES_MAX = 6;

/** Kinds that need a word: one look each, a state of its own where it has a name. */
export function kinds(looks: readonly Look[]): Look[] {
  const seen = new Map<string, Set<string>>();
  return looks.filter((look) => {
    if (look.layer === 'floor' || words(look) === 'wall') return false;
    const names = seen.get(look.kind) ?? new Set();
    const fresh = !names.has(words(look)) && names.size < STATES_MAX;
    seen.set(look.kind, names.add(words(look)));
    return fresh;
  });
}

/** A state that is a number stands in the picture, and so does the agent that a thing belongs to. */
function words(look: Look): string {
  const kind = look.kind.replaceAll('_', ' ');
  const { state } = look;
  if (!state || /^-?\d+$/.test(state)) return kind;
  return /^of \d+$/.test(state) ? t('things.owned', { kind }) : `${kind} (${state})`;
}

customElements.define('cw-legend', CwLegend);
