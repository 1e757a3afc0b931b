// <cw-effect>: the only place where a number about an arm stands, and only with its control,
// interval, n and method. No attribute hides a part.

import {
  css,
  html,
  LitElement,
  nothing,
  type SVGTemplateResult,
  svg,
  type TemplateResult,
} from 'lit';
import { Effect, type Interval, REFUSAL } from '../engine/effect.ts';
import { num, t } from '../i18n/index.ts';

/** Width of the drawn axis in its own units; the page scales it. */
const AXIS = 400;

export class CwEffect extends LitElement {
  static override properties = {
    effect: { attribute: false },
    report: { attribute: false },
    copied: { state: true },
  };

  /** A checked effect; null or anything else: the refusal is shown. */
  declare effect: Effect | null;
  /** An unchecked report, as an alternative to `effect`. */
  declare report: unknown;
  declare copied: boolean;

  static override styles = css`
    :host { display: block; color: var(--ink); font-variant-numeric: tabular-nums; }
    .box { border: 1px solid var(--line); border-radius: 6px; padding: 16px; background: var(--panel); }
    header, .result { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: baseline; }
    h3 { font-size: inherit; margin: 0; flex: 1 1 auto; line-height: 1.3; }
    .muted, .foot { color: var(--muted); font-size: 0.875rem; }
    .row { display: grid; grid-template-columns: 7.5rem 1fr 4.5rem; gap: 8px; align-items: center; }
    .bars { margin: 12px 0; display: grid; gap: 4px; }
    .control { color: var(--control); }
    .treatment { color: var(--treatment); }
    .value { text-align: end; font-weight: 700; }
    svg { width: 100%; height: 26px; overflow: visible; display: block; }
    .ticks { color: var(--muted); font-size: 0.875rem; display: flex; justify-content: space-between; }
    strong.verdict { text-transform: uppercase; letter-spacing: 0.04em; }
    .diff { font-weight: 700; }
    p { margin: 8px 0 0; max-width: 68ch; }
    details { margin-top: 8px; }
    summary { cursor: pointer; min-height: 44px; display: flex; align-items: center; color: var(--control); text-decoration: underline; }
    summary:focus-visible, button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; border-radius: 6px; }
    button { font: inherit; color: var(--ink); background: var(--bg); border: 1px solid var(--muted); border-radius: 6px; min-height: 44px; padding: 0 16px; cursor: pointer; }
    .refusal { border-color: var(--warn); }
    @media (max-width: 32rem) { .row { grid-template-columns: 6.6rem 1fr 3.2rem; gap: 4px; } .box { padding: 12px; } }
  `;

  constructor() {
    super();
    this.effect = null;
    this.report = undefined;
    this.copied = false;
  }

  override render(): TemplateResult {
    const effect = this.checked();
    return effect ? this.show(effect) : html`<div class="box refusal" role="note">${REFUSAL}</div>`;
  }

  private checked(): Effect | null {
    if (this.effect instanceof Effect) return this.effect;
    try {
      return Effect.parse(this.report);
    } catch {
      return null;
    }
  }

  private show(effect: Effect): TemplateResult {
    const { control, treatment, diff } = effect;
    const span = axis(control, treatment);
    const level = num(diff.level * 100);
    const sign = diff.est > 0 ? '+' : '';
    return html`<div class="box">
      <header>
        <h3>${effect.measure.label}</h3>
        <span class="muted">
          ${effect.measure.unit ? `${effect.measure.unit} · ` : ''}${t('effect.pairs', {
            pairs: effect.nPairs,
            distinct: effect.nDistinct,
          })}
        </span>
      </header>
      <div class="bars">
        ${bar('control', '○', control, span)} ${bar('treatment', '▲', treatment, span)}
        <div class="row" aria-hidden="true">
          <span></span>
          <span class="ticks"><span>${num(span[0])}</span><span>${num(span[1])}</span></span>
          <span></span>
        </div>
      </div>
      <div class="result">
        <span data-measure="diff">
          ${t('effect.difference')} <span class="diff">${sign}${num(diff.est)}</span>
          ${t('effect.interval', { level, lo: num(diff.lo), hi: num(diff.hi) })}
        </span>
        ${effect.M === null ? nothing : html`<span>${t('effect.m', { m: num(effect.M) })}</span>`}
        <strong class="verdict" data-verdict=${effect.verdict ?? 'none'}>${word(effect)}</strong>
      </div>
      <p>${effect.says}</p>
      <p class="foot">${foot(effect)}</p>
      <details>
        <summary>${t('effect.caveat')}</summary>
        <p>${effect.caveat}</p>
      </details>
      <button type="button" @click=${() => this.copy(effect)}>
        ${t(this.copied ? 'effect.copied' : 'effect.copy')}
      </button>
      <span class="muted" role="status">${this.copied ? t('effect.copied') : nothing}</span>
    </div>`;
  }

  private async copy(effect: Effect): Promise<void> {
    await navigator.clipboard.writeText(sentence(effect));
    this.copied = true;
  }
}

function word(effect: Effect): string {
  return t(effect.verdict === null ? 'effect.exploratory' : `effect.${effect.verdict}`);
}

/** How the limits were made, in words. */
function method(effect: Effect): string {
  const { method } = effect.diff;
  const known = {
    cp: 'effect.method.cp',
    mover: 'effect.method.mover',
    betting: 'effect.method.betting',
  } as const;
  return method in known ? t(known[method as keyof typeof known]) : method;
}

/** Ends of the axis: both intervals and zero. */
function axis(a: Interval, b: Interval): [number, number] {
  const low = Math.min(0, a.lo, b.lo);
  const high = Math.max(0, a.hi, b.hi);
  return high > low ? [low, high] : [low, low + 1];
}

/** One arm: dashed with a ring for the control, solid with a triangle for the treatment. */
function bar(
  name: 'control' | 'treatment',
  mark: string,
  value: Interval,
  [low, high]: [number, number],
): TemplateResult {
  const x = (v: number): number => ((v - low) / (high - low)) * AXIS;
  const says = t('effect.axis', {
    name: t(name),
    mean: num(value.mean),
    lo: num(value.lo),
    hi: num(value.hi),
  });
  return html`<div class="row ${name}" data-measure=${name}>
    <span><span aria-hidden="true">${mark}</span> ${t(name)}</span>
    <svg viewBox="0 0 ${AXIS} 26" preserveAspectRatio="none" role="img" aria-label=${says}>
      ${line(name, x(value.lo), x(value.hi))} ${point(name, x(value.mean))}
    </svg>
    <span class="value">${num(value.mean)}</span>
  </div>`;
}

function line(name: string, from: number, to: number): SVGTemplateResult {
  return svg`
    <path d="M0 13H${AXIS}" stroke="var(--line)" stroke-width="1" vector-effect="non-scaling-stroke" />
    <path d="M${from} 13H${to}" stroke="currentColor" stroke-width="3" vector-effect="non-scaling-stroke"
      stroke-dasharray=${name === 'control' ? '6 4' : 'none'} />
    <path d="M${from} 6V20M${to} 6V20" stroke="currentColor" stroke-width="2" vector-effect="non-scaling-stroke" />`;
}

/** A line of no length with a wide cap stays round however the axis is stretched. */
function point(name: string, at: number): SVGTemplateResult {
  const dot = (width: number, colour: string): SVGTemplateResult =>
    svg`<path d="M${at} 13h0.01" stroke=${colour} stroke-width=${width}
      stroke-linecap="round" vector-effect="non-scaling-stroke" />`;
  return name === 'control'
    ? svg`${dot(13, 'currentColor')}${dot(8, 'var(--panel)')}`
    : svg`${dot(13, 'currentColor')}`;
}

function foot(effect: Effect): string {
  const parts = [
    t('effect.foot', {
      method: method(effect),
      rules: effect.rulesVersion,
      hash: effect.scenarioHash.slice(0, 8),
      source: t(`effect.${effect.source}`),
    }),
  ];
  if (effect.opportunities !== null) {
    parts.push(t('effect.opportunities', { n: effect.opportunities }));
  }
  if (effect.competenceOk !== null) {
    parts.push(t('effect.competence', { yes: t(effect.competenceOk ? 'yes' : 'no') }));
  }
  return parts.join(' · ');
}

/** One sentence that holds all of an effect. */
export function sentence(effect: Effect): string {
  const { control, treatment, diff } = effect;
  return t('effect.sentence', {
    label: effect.measure.label,
    family: effect.family,
    control: num(control.mean),
    clo: num(control.lo),
    chi: num(control.hi),
    treatment: num(treatment.mean),
    tlo: num(treatment.lo),
    thi: num(treatment.hi),
    est: num(diff.est),
    level: num(diff.level * 100),
    lo: num(diff.lo),
    hi: num(diff.hi),
    method: method(effect),
    m: effect.M === null ? '–' : num(effect.M),
    pairs: effect.nPairs,
    distinct: effect.nDistinct,
    verdict: word(effect),
    rules: effect.rulesVersion,
    hash: effect.scenarioHash.slice(0, 8),
    source: t(`effect.${effect.source}`),
    caveat: effect.caveat,
  });
}

customElements.define('cw-effect', CwEffect);
