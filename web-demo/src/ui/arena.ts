// <cw-arena>: one arena with its arm's mark, its state hash and what happened. Control is dashed with
// a ring, treatment solid with a triangle.

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { Check } from '../engine/player.ts';
import type { ArenaFrame } from '../engine/protocol.ts';
import type { Description, WorldEvent } from '../engine/types.ts';
import { t } from '../i18n/index.ts';
import { Painter } from '../render/painter.ts';
import type { SkinName } from '../render/skin.ts';

/** Most of the window's height that a map takes, and the least that it takes in CSS pixels. */
const TALL = 0.72;
const TALL_MIN = 360;
/** Ticks for which the place of the last caption is ringed. */
const RING_TICKS = 12;

export class CwArena extends LitElement {
  static override properties = {
    arena: { attribute: false },
    description: { attribute: false },
    index: { type: Number },
    skin: {},
    tween: { type: Number },
    log: { attribute: false },
    check: { attribute: false },
    compared: { type: Boolean },
  };

  declare arena: ArenaFrame | undefined;
  declare description: Description | undefined;
  declare index: number;
  declare skin: SkinName;
  /** Milliseconds that a body takes from cell to cell. */
  declare tween: number;
  declare log: WorldEvent[];
  declare check: Check | null;
  /** Whether a native run of this seed and agent is shipped. */
  declare compared: boolean;

  private painter: Painter | undefined;
  private fitted = '';
  private readonly observer = new ResizeObserver(() => this.draw());

  constructor() {
    super();
    this.index = 0;
    this.skin = 'plain';
    this.tween = 0;
    this.log = [];
    this.check = null;
    this.compared = false;
  }

  // Light DOM: names and descriptions are shared with the screen.
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.observer.disconnect();
    this.painter?.stop();
  }

  protected override firstUpdated(): void {
    const [cells, agents] = this.querySelectorAll('canvas');
    if (cells && agents) this.painter = new Painter(cells, agents);
    const stage = this.querySelector('.map');
    if (stage) this.observer.observe(stage);
    // Letters are drawn once for each size: draw them again when the font is there.
    void document.fonts.ready.then(() => {
      this.fitted = '';
      this.draw();
    });
  }

  protected override updated(changes: PropertyValues<this>): void {
    if (changes.has('description') || changes.has('skin')) this.fitted = '';
    if (changes.has('arena') || this.fitted === '') this.draw();
  }

  override render(): TemplateResult {
    const arm = this.description?.shown[this.index];
    const kind = arm?.kind === 'control' ? 'control' : 'treatment';
    const status = this.arena?.status;
    const last = this.log.at(-1);
    return html`<figure class="arena ${kind}" aria-label="${t(kind)}: ${arm?.arm ?? ''}">
      <figcaption>
        <span class="arm"><span aria-hidden="true">${kind === 'control' ? '○' : '▲'}</span>
          ${t(kind)} <b>${arm?.arm ?? ''}</b></span>
        <span class="muted">${arm?.says ?? ''}${levels(arm?.cell ?? '')}</span>
      </figcaption>
      <div class="map" aria-hidden="true"><canvas></canvas><canvas class="agents"></canvas></div>
      <p class="caption" data-caption>
        ${last ? html`<span class="muted">${t('tick', { tick: last.tick })}</span> ${last.caption}` : nothing}
      </p>
      <p class="state">
        <span>${t('tick', { tick: status?.tick ?? 0 })}${
          status?.ended ? html` · ${t('ended', { why: status.ended })}` : nothing
        }</span>
        <span class="muted">${this.items()}</span>
        <span class="hash" title=${t('hash.title')} data-hash=${this.arena?.hash ?? ''}>
          ${t('hash', { hash: this.arena?.hash ?? '' })}
        </span>
        ${this.chip()}
      </p>
    </figure>`;
  }

  private items(): string {
    const items = Object.entries(this.arena?.status.items ?? {});
    return items.map(([kind, n]) => t('items', { n, kind: kind.replaceAll('_', ' ') })).join(' · ');
  }

  private chip(): TemplateResult {
    if (!this.compared) return html`<span class="muted">${t('hash.none')}</span>`;
    if (!this.check) return html``;
    const { equal, tick } = this.check;
    return html`<span class="chip ${equal ? 'ok' : 'bad'}" data-check=${equal ? 'equal' : 'differs'}>
      ${t(equal ? 'hash.equal' : 'hash.differs', { tick })}
    </span>`;
  }

  private draw(): void {
    const room = this.querySelector<HTMLElement>('.map')?.clientWidth ?? 0;
    const { description, arena, painter } = this;
    if (!description || !arena || !painter || room === 0) return;
    const scale = window.devicePixelRatio || 1;
    const tall = Math.max(TALL_MIN, Math.round(window.innerHeight * TALL));
    const key = [room, tall, scale, this.skin].join(' ');
    const fresh = key !== this.fitted;
    if (fresh) painter.fit(description, this.skin, { width: room, height: tall, scale });
    this.fitted = key;
    const last = this.log.at(-1);
    const ring = last && arena.status.tick - last.tick < RING_TICKS ? last.cell : null;
    painter.paint(arena.words, fresh ? 0 : this.tween, ring);
  }
}

/** The factor levels of a cell's name: `threat[twin=no,done=no]`. */
function levels(cell: string): string {
  const found = /\[(.*)\]/.exec(cell)?.[1];
  return found ? ` (${found.replaceAll('=', ' ').replaceAll(',', ', ').replaceAll('_', ' ')})` : '';
}

customElements.define('cw-arena', CwArena);
