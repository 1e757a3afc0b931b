// <cw-cards>: all scenarios by folder, with chips and a search. Dispatches `choose` with an entry. Drawn
// again only when the list, the choice or the search changes, never by a tick.

import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { ScenarioEntry } from '../engine/scenarios.ts';
import { t } from '../i18n/index.ts';
import { found, groups, heading, nextCard } from './filter.ts';

export class CwCards extends LitElement {
  static override properties = {
    entries: { attribute: false },
    chosen: { attribute: false },
    group: { state: true },
    words: { state: true },
  };

  declare entries: readonly ScenarioEntry[];
  /** Name of the scenario on show; empty while none of the list is. */
  declare chosen: string;
  declare group: string | null;
  declare words: string;

  constructor() {
    super();
    this.entries = [];
    this.chosen = '';
    this.group = null;
    this.words = '';
  }

  // Light DOM: ids and styles are those of the screen.
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    const shown = found(this.entries, { group: this.group, words: this.words });
    const n = shown.reduce((sum, { entries }) => sum + entries.length, 0);
    return html`${this.entries.length > 1 ? this.search(n) : nothing}
      <div @keydown=${this.onKey}>
        ${shown.map(
          ({ name, entries }) => html`<section aria-labelledby="group-${name}">
            <h3 id="group-${name}">${heading(name)}</h3>
            <div class="cards">${entries.map((entry) => this.card(entry))}</div>
          </section>`,
        )}
      </div>
      ${n === 0 && this.entries.length > 0 ? this.nothingFound() : nothing}`;
  }

  private card(entry: ScenarioEntry): TemplateResult {
    const choose = (): void => {
      this.dispatchEvent(new CustomEvent('choose', { detail: entry }));
    };
    return html`<button type="button" class="card" data-scenario=${entry.id}
      aria-pressed=${entry.id === this.chosen} @click=${choose}>
      <b>${entry.title}</b><span>${entry.asks}</span>
    </button>`;
  }

  private search(n: number): TemplateResult {
    const chip = (name: string | null, label: string, size: number): TemplateResult => html`<button
      type="button" class="chip-button" aria-pressed=${this.group === name}
      @click=${() => {
        this.group = name;
      }}>${label} <span class="muted">${size}</span></button>`;
    return html`<div class="find" role="search" aria-label=${t('find')}>
      <label>${t('find.words')}
        <input type="search" autocomplete="off" spellcheck="false" .value=${this.words}
          @input=${(event: Event) => {
            this.words = (event.target as HTMLInputElement).value;
          }} />
      </label>
      <div class="chips" role="group" aria-label=${t('find.groups')}>
        ${chip(null, t('find.all'), this.entries.length)}
        ${groups(this.entries).map(({ name, entries }) => chip(name, heading(name), entries.length))}
      </div>
      <p class="muted" role="status" data-found=${n}>
        ${t('find.n', { n, all: this.entries.length })}
      </p>
    </div>`;
  }

  private nothingFound(): TemplateResult {
    const all = (): void => {
      this.group = null;
      this.words = '';
      this.querySelector<HTMLElement>('.find input')?.focus();
    };
    return html`<p class="strip">
      ${t('find.none')} <button type="button" @click=${all}>${t('find.reset')}</button>
    </p>`;
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const cards = [...this.querySelectorAll<HTMLElement>('.card')];
    const at = cards.indexOf(document.activeElement as HTMLElement);
    const places = cards.map((card) => {
      const { x, y } = card.getBoundingClientRect();
      return { x: Math.round(x), y: Math.round(y) };
    });
    const next = nextCard(places, at, event.key);
    if (next === null) return;
    cards[next]?.focus();
    event.preventDefault();
  };
}

customElements.define('cw-cards', CwCards);
