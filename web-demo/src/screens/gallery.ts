// The first screen: a live pair from one seed, and beside it the effect that a native run measured. A
// file of the visitor's own takes the same place as a shipped scenario.

import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { type RecordedEffect, recorded } from '../engine/effect.ts';
import { command, dropped, FileError, read } from '../engine/local.ts';
import { Player, SPEEDS } from '../engine/player.ts';
import { list, type ScenarioEntry } from '../engine/scenarios.ts';
import type { Agent, Description, Look } from '../engine/types.ts';
import { t } from '../i18n/index.ts';
import { agentLetter, agentStyle } from '../render/palette.ts';
import { SKINS, type SkinName } from '../render/skin.ts';
import '../ui/arena.ts';
import '../ui/cards.ts';
import '../ui/effect.ts';
import '../ui/legend.ts';
import { type Icon, icon } from '../ui/icons.ts';
import { formatLink, type Link, parseLink, parseSeed } from '../ui/link.ts';
import { notes, sentence } from '../ui/notes.ts';
import * as prefs from '../ui/prefs.ts';

/** On show where the address names no scenario; the first of the list where this one is not shipped. */
const FIRST = 'commons_harvest';
/** A glide lasts as long as a tick, at most this many milliseconds; faster ticks have none. */
const GLIDE_MAX = 180;
const GLIDE_MIN = 60;
/** Screen readers hear of the arenas at most this often, in milliseconds. */
const LIVE_EVERY = 2000;
/** Lists that stay the same object, so that nothing is drawn again for them. */
const NO_ENTRIES: ScenarioEntry[] = [];
const NO_LOOKS: Look[] = [];
/** How long the page waits before it says that it is starting. */
const PATIENCE = 400;

export class CwGallery extends LitElement {
  private readonly player = new Player(() => this.requestUpdate());
  private entries: ScenarioEntry[] | undefined;
  private effects: RecordedEffect[] = [];
  private problem = '';
  private skin: SkinName = 'plain';
  private stage = false;
  private helping = false;
  private seedNote = '';
  private stale = '';
  /** What the address says of a file of the visitor's own that is not opened yet. */
  private awaited: Link | undefined;
  /** Why a file could not be read. */
  private fileNote = '';
  private dragging = false;
  private copied = false;
  private slow = false;
  private live = '';
  private liveTimer = 0;
  private readonly seen = new IntersectionObserver((found) => {
    this.onScreen = found.at(-1)?.isIntersecting ?? true;
    this.player.hide(!this.onScreen || document.hidden);
  });
  private onScreen = true;

  protected override createRenderRoot(): HTMLElement {
    // What the HTML showed before the scripts came.
    this.replaceChildren();
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    prefs.setTheme(prefs.theme());
    addEventListener('keydown', this.onKey);
    addEventListener('hashchange', this.onLink);
    addEventListener('dragover', this.onDrag);
    addEventListener('dragleave', this.onDragEnd);
    addEventListener('drop', this.onDrop);
    document.addEventListener('visibilitychange', this.onVisible);
    this.liveTimer = window.setInterval(() => this.tell(), LIVE_EVERY);
    window.setTimeout(() => {
      this.slow = true;
      this.requestUpdate();
    }, PATIENCE);
    void this.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('keydown', this.onKey);
    removeEventListener('hashchange', this.onLink);
    removeEventListener('dragover', this.onDrag);
    removeEventListener('dragleave', this.onDragEnd);
    removeEventListener('drop', this.onDrop);
    document.removeEventListener('visibilitychange', this.onVisible);
    window.clearInterval(this.liveTimer);
    this.seen.disconnect();
    this.player.pause();
  }

  protected override updated(): void {
    const pair = this.querySelector('.pair');
    if (pair) this.seen.observe(pair);
    const dialog = this.querySelector('dialog');
    if (dialog && this.helping && !dialog.open) dialog.showModal();
  }

  private async start(): Promise<void> {
    try {
      this.entries = await list();
    } catch (error) {
      this.problem = (error as Error).message;
    }
    if (this.entries?.length === 0) this.problem = t('error.empty');
    this.requestUpdate();
    if (this.entries?.length) await this.follow();
  }

  /** Opens what the address names; the usual scenario where it names none that can be opened. */
  private async follow(): Promise<void> {
    const link = parseLink(location.hash);
    this.stage = link.stage ?? this.stage;
    const { entry: shown } = this.player;
    if (link.file && shown?.local?.file === link.file) {
      await this.open(shown, link.seed, link.agent);
      return;
    }
    const named = this.entries?.find((entry) => entry.id === link.scenario);
    this.stale = link.scenario && !named ? t('link.stale', { id: link.scenario }) : '';
    const usual = this.entries?.find((entry) => entry.id === FIRST) ?? this.entries?.[0];
    const entry = named ?? usual;
    // Seed and agent of the address are those of the file.
    const ours = link.file === undefined;
    if (entry) {
      await this.open(entry, ours ? link.seed : undefined, named ? link.agent : undefined, link);
    }
  }

  /** `from`: the address that led here; it stays as it is while it waits for a file. */
  private async open(
    entry: ScenarioEntry,
    seed?: string,
    agent?: string,
    from?: Link,
  ): Promise<void> {
    this.fileNote = '';
    this.problem = '';
    if (!entry.local) {
      this.awaited = from?.file ? from : undefined;
      this.copied = false;
      if (this.player.entry !== entry) this.showEffects(entry);
    }
    if (typeof WebAssembly === 'undefined') {
      if (!entry.local) this.player.entry = entry;
      this.problem = t('error.wasm');
      this.requestUpdate();
      return;
    }
    await this.player.open(entry, seed, agent);
    const shown = this.player.entry;
    const mine = entry.local ? shown?.local === entry.local : shown === entry;
    if (this.player.phase !== 'ready' || !mine) return;
    if (entry.local) {
      this.awaited = undefined;
      this.stale = '';
      this.effects = [];
      this.copied = false;
    }
    if (!this.awaited) history.replaceState(null, '', formatLink(this.address()));
    if (!prefs.reducedMotion()) this.player.play();
    this.requestUpdate();
  }

  /** The address of what is on show. */
  private address(): Link {
    const { entry, seed, description } = this.player;
    const name = entry?.local ? { file: entry.local.file } : { scenario: entry?.id ?? '' };
    return { ...name, seed, agent: description?.policy ?? '', stage: this.stage };
  }

  private showEffects(entry: ScenarioEntry): void {
    this.effects = [];
    if (!entry.effect) return;
    recorded(entry.id).then(
      (effects) => {
        if (this.player.entry === entry) this.effects = effects;
        this.requestUpdate();
      },
      (error: Error) => {
        this.problem = error.message;
        this.requestUpdate();
      },
    );
  }

  /** Shows a file of the visitor's own; the same file again, changed meanwhile, keeps seed and agent. */
  private async show(file: File | Promise<File>): Promise<void> {
    try {
      const entry = await read(await file);
      const { entry: shown, seed, description } = this.player;
      const again = shown?.local?.file === entry.local?.file;
      const kept = again
        ? { seed, agent: description?.policy }
        : this.awaited?.file === entry.local?.file
          ? this.awaited
          : undefined;
      this.toHero();
      await this.open(entry, kept?.seed, kept?.agent);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.fileNote = t(`file.${error.fault}`, { file: error.file });
      this.toHero();
      this.requestUpdate();
    }
  }

  private readonly choose = (): void => {
    this.querySelector<HTMLInputElement>('input[type=file]')?.click();
  };

  private readonly onChosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    if (file) void this.show(file);
    // The same file can be chosen again.
    input.value = '';
  };

  private readonly onDrag = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    if (!this.dragging) this.drag(true);
  };

  private readonly onDragEnd = (event: DragEvent): void => {
    // Between two elements of the page it goes on.
    if (this.dragging && event.relatedTarget === null) this.drag(false);
  };

  private readonly onDrop = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    // The browser would leave the page for the file.
    event.preventDefault();
    this.drag(false);
    void this.show(dropped(event.dataTransfer));
  };

  private drag(on: boolean): void {
    this.dragging = on;
    this.requestUpdate();
  }

  private readonly onLink = (): void => {
    void this.follow();
  };

  private readonly onVisible = (): void => {
    this.player.hide(document.hidden || !this.onScreen);
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape' && this.stage && !this.helping) {
      this.setStage(false);
      return;
    }
    const target = event.target as HTMLElement;
    if (target.closest('input, select, textarea') || !prefs.shortcuts()) return;
    if (event.key === '?') this.help(true);
    else if (event.key.toLowerCase() === 'p') this.setStage(!this.stage);
    else if (event.key.toLowerCase() === 'g') this.toCards();
    else if (!target.closest('.pair') || !this.arenaKey(event.key)) return;
    event.preventDefault();
  };

  /** Keys that act while the arenas have the focus; false where the key is none of them. */
  private arenaKey(key: string): boolean {
    if (key === ' ') this.player.toggle();
    else if (key === 'ArrowRight') void this.player.move(1);
    else if (key === 'ArrowLeft') void this.player.move(-1);
    else if (key === 'Home') void this.player.restart();
    else if (key === '-') this.faster(-1);
    else if (key === '=' || key === '+') this.faster(1);
    else return false;
    return true;
  }

  private faster(by: number): void {
    const at = SPEEDS.indexOf(this.player.speed as (typeof SPEEDS)[number]) + by;
    this.player.setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at))] ?? 1);
  }

  private setStage(on: boolean): void {
    this.stage = on;
    this.requestUpdate();
    if (on && 'wakeLock' in navigator) {
      // A page without the permission still shows the stage.
      navigator.wakeLock.request('screen').catch(() => undefined);
    }
  }

  private help(on: boolean): void {
    this.helping = on;
    this.requestUpdate();
  }

  /** Renews the description that screen readers hear. */
  private tell(): void {
    const arena = this.player.frame?.arenas[1];
    if (!arena || !this.player.playing) return;
    const items = Object.entries(arena.status.items)
      .map(([kind, n]) => t('items', { n, kind }))
      .join(', ');
    const last = this.player.log[1]?.at(-1)?.caption ?? '';
    this.live = t('live', { tick: arena.status.tick, items, last });
    this.requestUpdate();
  }

  override render(): TemplateResult {
    document.documentElement.classList.toggle('stage', this.stage);
    return html`
      <a class="skip" href="#arenas" @click=${this.toArenas}>${t('skip')}</a>
      ${this.bar()}
      <main>
        ${this.hero()} ${this.cards()}
        <p class="muted foot">${t('offline')}</p>
      </main>
      ${this.dragging ? html`<p class="drop" role="status"><b>${t('file.drop')}</b></p>` : nothing}
      ${this.keys()}
    `;
  }

  private readonly toArenas = (event: Event): void => {
    // The address holds the state of the screen, not a place on it.
    event.preventDefault();
    this.querySelector<HTMLElement>('.pair')?.focus();
  };

  private bar(): TemplateResult {
    const other: prefs.Theme = prefs.theme() === 'dark' ? 'light' : 'dark';
    const change = (): void => {
      prefs.setTheme(other);
      this.requestUpdate();
    };
    return html`<header class="bar">
      <span class="name">${t('name')}</span>
      <h1>${t('headline')}</h1>
      <span class="tools">
        <button type="button" @click=${this.choose}>${t('file.open')}</button>
        <input type="file" accept=".toml,text/plain" hidden aria-label=${t('file.open')}
          @change=${this.onChosen} />
        <button type="button" class="stager" aria-pressed=${this.stage} @click=${() => this.setStage(!this.stage)}>
          ${t('stage')}
        </button>
        <button type="button" @click=${change}>${t(`theme.${other}`)}</button>
        <button type="button" aria-label=${t('help')} @click=${() => this.help(true)}>?</button>
      </span>
    </header>`;
  }

  private hero(): TemplateResult {
    const { player } = this;
    const entry = player.entry;
    const description = player.description;
    return html`<section class="hero" aria-labelledby="question">
      <div class="ask">
        <h2 id="question">${entry?.title ?? ''}</h2>
        <p class="question">${entry?.asks ?? ''}</p>
      </div>
      ${this.stale ? html`<p class="strip" role="status">${this.stale}</p>` : nothing}
      ${this.fromFile()} ${this.trouble()}
      <div class="pair" id="arenas" tabindex="0" role="group" data-loaded=${description?.id ?? ''}
        aria-label=${t('pair', { title: entry?.title ?? '' })}>
        ${(description?.shown.map((_, index) => index) ?? [0, 1]).map(
          (index) => html`<cw-arena
            .arena=${player.frame?.arenas[index]}
            .description=${description}
            .index=${index}
            .skin=${this.skin}
            .tween=${this.glide()}
            .log=${player.log[index] ?? []}
            .check=${player.checks[index] ?? null}
            .compared=${player.nativeTicks.length > 0}
          ></cw-arena>`,
        )}
      </div>
      <p class="sr" role="status" data-live>${this.live}</p>
      ${this.transport()}
      <div class="below">
        <section class="measured" aria-labelledby="effect">
          <h2 id="effect">${t('effect')}</h2>
          ${this.effect()}
        </section>
        ${this.settings()}
      </div>
    </section>`;
  }

  private glide(): number {
    const { player } = this;
    if (prefs.reducedMotion()) return 0;
    const tick = 1000 / (8 * player.speed);
    return tick < GLIDE_MIN ? 0 : Math.min(tick, GLIDE_MAX);
  }

  /** What there is to say of a file of the visitor's own: asked for, on show, or not to be read. */
  private fromFile(): TemplateResult {
    const { entry, warnings } = this.player;
    const file = entry?.local?.file;
    return html`${
      this.awaited
        ? html`<div class="strip" role="status" data-awaited>
            <p>${t('file.awaited', { file: this.awaited.file ?? '' })}</p>
            <button type="button" @click=${this.choose}>${t('file.choose')}</button>
          </div>`
        : nothing
    }${
      file
        ? html`<p class="strip" role="status" data-local>${t('file.shown', { file })}</p>`
        : nothing
    }${
      file && warnings.length > 0
        ? html`<details class="strip">
            <summary>${t('file.warnings', { n: warnings.length })}</summary>
            ${notes(file, warnings, entry?.local?.text ?? '')}
          </details>`
        : nothing
    }${this.fileNote ? html`<p class="strip bad" role="alert">${this.fileNote}</p>` : nothing}`;
  }

  private trouble(): TemplateResult | typeof nothing {
    const { player } = this;
    if (player.phase === 'loading' || (player.phase === 'empty' && !this.problem)) {
      return this.slow && !player.frame
        ? html`<p class="strip" role="status">${t('starting')}</p>`
        : nothing;
    }
    const broken = player.phase === 'error';
    const error = player.refused?.error ?? (broken ? player.error : undefined);
    const message = error?.message ?? this.problem;
    if (!message) return nothing;
    const refused = player.refused?.entry.local;
    const file = refused?.file ?? player.entry?.id ?? '';
    const list = error?.diagnostics ?? [];
    const again = (): void => {
      if (player.entry) void this.open(player.entry);
      else location.reload();
    };
    const copy = (): void => {
      const lines = [message, ...list.map((note) => sentence(file, note))];
      void navigator.clipboard.writeText(lines.join('\n'));
    };
    return html`<div class="strip bad" role="alert">
      <b>${refused ? t('file.refused', { file }) : t('error.title')}</b>
      ${error?.trapped ? html`<p>${t('error.broke')}</p>` : nothing}
      ${refused && list.length > 0 ? nothing : html`<p>${message}</p>`}
      ${list.length > 0 ? notes(file, list, refused?.text ?? '') : nothing}
      ${refused && !broken ? html`<p>${t('file.before', { title: player.entry?.title ?? '' })}</p>` : nothing}
      ${refused && !broken ? nothing : html`<button type="button" @click=${again}>${t('error.again')}</button>`}
      ${refused ? html`<button type="button" @click=${this.choose}>${t('file.again')}</button>` : nothing}
      <button type="button" @click=${copy}>${t('error.copy')}</button>
    </div>`;
  }

  private transport(): TemplateResult {
    const { player } = this;
    const idle = player.phase !== 'ready';
    const ticks = player.description?.ticks ?? 0;
    const button = (key: Icon, act: () => void, off = idle): TemplateResult =>
      html`<button type="button" aria-label=${t(key)} title=${t(key)} ?disabled=${off} @click=${act}>
        ${icon(key)}
      </button>`;
    return html`<div class="transport" role="group" aria-label=${t('transport')}>
      ${button('restart', () => void player.restart())}
      ${button('back', () => void player.move(-1), idle || player.tick === 0)}
      ${button(player.playing ? 'pause' : 'play', () => player.toggle(), idle || player.over)}
      ${button('step', () => void player.move(1), idle || player.over)}
      <label><span class="word">${t('speed')}</span>
        <select data-speed aria-label=${t('speed')} @change=${this.onSpeed}>
          ${SPEEDS.map(
            (speed) => html`<option value=${speed} ?selected=${speed === player.speed}>
              ${speed === Number.POSITIVE_INFINITY ? t('speed.max') : `${speed}×`}
            </option>`,
          )}
        </select>
      </label>
      <span class="now" data-tick=${player.tick}>
        ${t('tick.of', { tick: player.tick, ticks })}
      </span>
    </div>`;
  }

  private readonly onSpeed = (event: Event): void => {
    this.player.setSpeed(Number((event.target as HTMLSelectElement).value));
  };

  private settings(): TemplateResult {
    const { player } = this;
    const description = player.description;
    const agents = seated(description);
    const agent = agents.find(({ name }) => name === description?.policy);
    return html`<section class="settings" aria-labelledby="settings">
      <h2 id="settings">${t('settings')}</h2>
      <label>${t('agent')}
        <select data-agent @change=${this.onAgent}>
          ${agents.map(
            (b) => html`<option value=${b.name} ?selected=${b.name === description?.policy}>
              ${b.name} (${t(`agent.${b.kind}`)})
            </option>`,
          )}
        </select>
      </label>
      ${agent?.says ? html`<p class="muted">${agent.says}</p>` : nothing}
      <form class="seed" @submit=${this.onSeed}>
        <label>${t('seed')}
          <input name="seed" inputmode="numeric" autocomplete="off" .value=${player.seed}
            aria-describedby="seed-note" />
        </label>
        <button type="submit">${t('seed.set')}</button>
        <button type="button" @click=${this.nextSeed}>${t('seed.new')}</button>
      </form>
      <p id="seed-note" class="warn" role="status">${this.seedNote}</p>
      <label>${t('skin')}
        <select data-skin @change=${this.onSkin}>
          ${SKINS.map(
            (skin) => html`<option value=${skin} ?selected=${skin === this.skin}>
              ${t(`skin.${skin}`)}
            </option>`,
          )}
        </select>
      </label>
      <h3>${t('agents')}</h3>
      <ul class="who">
        ${description?.roles.map(
          ({ name }) => html`<li>
            ${description.slots.map((role, slot) => (role === name ? disc(slot) : nothing))} ${name}
          </li>`,
        )}
      </ul>
      <p class="muted">${t('legend')}</p>
      <cw-legend .looks=${description?.looks ?? NO_LOOKS} .skin=${this.skin}></cw-legend>
    </section>`;
  }

  private readonly onAgent = (event: Event): void => {
    const { entry, seed } = this.player;
    if (entry) void this.open(entry, seed, (event.target as HTMLSelectElement).value);
  };

  private readonly onSkin = (event: Event): void => {
    this.skin = (event.target as HTMLSelectElement).value as SkinName;
    this.requestUpdate();
  };

  private readonly onSeed = (event: Event): void => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    this.reseed(String(new FormData(form).get('seed') ?? ''));
  };

  private readonly nextSeed = (): void => {
    const next = BigInt(this.player.seed) + 1n;
    this.reseed(String(next % 2n ** 64n));
  };

  private reseed(text: string): void {
    const seed = parseSeed(text);
    this.seedNote = seed === null ? t('seed.wrong') : '';
    this.requestUpdate();
    const { entry, description } = this.player;
    if (seed !== null && entry) void this.open(entry, seed, description?.policy);
  }

  private effect(): TemplateResult {
    const { entry } = this.player;
    if (entry?.local) return this.unmeasured(t('effect.local'), command(entry.local.file));
    if (entry && !entry.effect) return this.unmeasured(t('effect.never'), command(entry.id));
    const policy = this.player.description?.policy;
    // Without an engine nobody sits in the seat: all recorded effects are shown, with their agents.
    const found = this.effects.filter((entry) => !policy || entry.policy === policy);
    if (found.length === 0) return html`<p class="strip">${t('effect.none')}</p>`;
    return html`<p class="muted">${t('effect.lead')}</p>
      ${found.map(
        (entry) => html`${policy ? nothing : html`<h3>${entry.policy}</h3>`}
          <cw-effect .effect=${entry.effect}></cw-effect>`,
      )}`;
  }

  /** A file of the visitor's own has no recorded run, nor has every shipped scenario; the command makes one. */
  private unmeasured(says: string, line: string): TemplateResult {
    const copy = (): void => {
      void navigator.clipboard.writeText(line).then(() => {
        this.copied = true;
        this.requestUpdate();
      });
    };
    return html`<div class="strip" data-unmeasured>
      <p>${says}</p>
      <p><code>${line}</code></p>
      <button type="button" @click=${copy}>${t('effect.copy')}</button>
      <span class="muted" role="status">${this.copied ? t('effect.copied') : nothing}</span>
    </div>`;
  }

  private cards(): TemplateResult {
    const { entry } = this.player;
    return html`<section class="gallery" aria-labelledby="cards">
      <h2 id="cards">${t('scenarios')}</h2>
      <p class="muted">${t('file.own')}</p>
      <cw-cards .entries=${this.entries ?? NO_ENTRIES} .chosen=${entry?.local ? '' : (entry?.id ?? '')}
        @choose=${this.onCard}></cw-cards>
    </section>`;
  }

  private readonly onCard = (event: CustomEvent<ScenarioEntry>): void => {
    void this.open(event.detail);
    this.toHero();
  };

  /** To the arenas, where they have left the window: what was chosen plays there. */
  private toHero(): void {
    const hero = this.querySelector('.hero');
    if (!hero || hero.getBoundingClientRect().top >= 0) return;
    this.querySelector<HTMLElement>('.pair')?.focus({ preventScroll: true });
    hero.scrollIntoView({ behavior: prefs.reducedMotion() ? 'auto' : 'smooth' });
  }

  /** To the card of what plays, or to the search. */
  private toCards(): void {
    const card = this.querySelector<HTMLElement>('.card[aria-pressed=true]');
    (card ?? this.querySelector<HTMLElement>('.find input'))?.focus();
  }

  private keys(): TemplateResult {
    const close = (): void => this.help(false);
    if (!this.helping) return html``;
    return html`<dialog aria-labelledby="keys" @close=${close}>
      <h2 id="keys">${t('keys.title')}</h2>
      <p>${t('keys.arena')}</p>
      <ul>
        <li>${t('keys.space')}</li><li>${t('keys.arrows')}</li>
        <li>${t('keys.home')}</li><li>${t('keys.speed')}</li>
      </ul>
      <p>${t('keys.global')}</p>
      <label class="check">
        <input type="checkbox" .checked=${prefs.shortcuts()}
          @change=${(event: Event) => prefs.setShortcuts((event.target as HTMLInputElement).checked)} />
        ${t('keys.on')}
      </label>
      <form method="dialog"><button>${t('close')}</button></form>
    </dialog>`;
  }
}

/** The agents on offer; who plays at random is named where nobody else sits in the seat. */
function seated(description: Description | undefined): Agent[] {
  const agents = description?.agents ?? [];
  const policy = description?.policy ?? '';
  if (!policy || agents.some(({ name }) => name === policy)) return agents;
  return [...agents, { name: policy, kind: 'random', says: '' }];
}

/** An agent as the maps draw it. */
function disc(slot: number): TemplateResult {
  const { fill, ink } = agentStyle(slot);
  return html`<span class="disc" style="background:${fill};color:${ink}">${agentLetter(slot)}</span>`;
}

customElements.define('cw-gallery', CwGallery);
